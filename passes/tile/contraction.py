"""The array loops of a contraction: weight tiles of at most L x L, the tile's rows through each.

    for kk = 0 to tile k step L              (absent where the tile has one piece)
      for nn = 0 to tile n step L
        %w = npu.preload weights[kk, nn]
        npu.matmul rows[:, kk], %w into accumulator[:, nn] accumulate(k > 0 or kk > 0)

k is outside of n because the pieces of a tile arrive in that order: the matmuls follow the loads
closely. Loops of the contraction that the array does not walk run one by one: batches and further
n loops around this, further k loops inside, since a piece has all the taps of a convolution. So
weights are loaded once for all rows of a tile: the last three m loops are leading dimensions of the
rows. Rows that are read through windows are a view of their halo, a step of the window's apart.
Where taps are folded, several of them are one weight tile, and the rows are windows of a line of
the halo. Loops have constant bounds: a partial tile has a shorter last piece, and pieces past its
end whose size comes out negative, which means empty.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, memref, scf
from xdsl.dialects.builtin import i1
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineExpr

from npu.dialects.npu import MatmulOp, PreloadOp
from npu.passes.group.contraction import Contraction
from npu.passes.group.fold import Fold
from npu.passes.kernel.value_names import inner_name
from npu.passes.map.footprint import Axis
from npu.passes.map.problem import MAX_ROW_LOOPS
from npu.passes.tile.buffers import Buffers
from npu.passes.tile.nest import Index, Nest, counted_loop, loop_body, minimum, view, weighted_sum


def array_loops(
    contraction: Contraction, buffers: Buffers, array_size: int, fold: Fold | None = None
) -> list[Operation]:
    """The operations that multiply the current tiles; `fold` says which taps go side by side."""
    return _ArrayLoops(contraction, buffers, array_size, fold).build()


class _ArrayLoops:
    """The loops inside a tile, from the outside in."""

    def __init__(
        self, contraction: Contraction, buffers: Buffers, array_size: int, fold: Fold | None
    ) -> None:
        self.c = contraction
        self.fold = fold
        self.buffers = buffers
        self.nest: Nest = buffers.nest
        self.array_size = array_size
        self.m = contraction.m[-MAX_ROW_LOOPS:]
        """The loops that are rows of one matmul."""
        self.k = () if contraction.walked_k is None else (contraction.walked_k,)
        self.variables: dict[int, SSAValue] = {}
        """The induction variable of each dimension that has a loop in here."""
        self.steps = self._steps()

    def _steps(self) -> list[tuple[int, int]]:
        """(dimension, step) of the loops, outermost first."""
        c = self.c
        taps = c.k if c.walked_k is None else c.k[:-1]
        alone = (*c.batch, *c.m[: -len(self.m) or None], *c.n[:-1])
        walked = [(d, self._at_once(d)) for d in (*alone, *self.k, *c.n[-1:], *taps)]
        return [(d, step) for d, step in walked if self.nest.tile[d] > step]

    def _at_once(self, dim: int) -> int:
        """Iterations that one weight tile takes."""
        if self.fold is not None and dim == self.fold.dim:
            return self.fold.taps
        return self.array_size if dim in (*self.k, *self.c.n[-1:]) else 1

    def build(self) -> list[Operation]:
        bodies = [loop_body(inner_name(self.nest.names[dim])) for dim, _ in self.steps]
        for (dim, _), body in zip(self.steps, bodies, strict=True):
            self.variables[dim] = body.args[0]
        ops = self._innermost()
        for (dim, step), body in reversed(list(zip(self.steps, bodies, strict=True))):
            body.add_ops([*ops, scf.YieldOp()])
            lower, upper = self.nest.constant(0), self.nest.constant(self.nest.tile[dim])
            ops = list[Operation]([counted_loop(lower, upper, self.nest.constant(step), body)])
        return ops

    def _innermost(self) -> list[Operation]:
        """One preload and one matmul, with the views they need."""
        c, of = self.c, self.buffers.plan.buffer_of
        ops: list[Operation] = []
        n = self._piece(c.n, ops)
        k = self._piece(self.k, ops)
        sizes = {**_named(c.n, n), **_named(self.k, k), **{d: self.nest.size(d) for d in self.m}}
        accumulate = self._accumulate(ops)
        weights = of[c.op.inputs[c.weights]]
        rows, result = of[c.op.inputs[c.rows]], of[c.op.results[0]]
        held, line, step = [self.k, c.n[-1:]], None, None
        if self.fold is not None:
            taps = sizes[self.fold.dim] = self._piece((self.fold.dim,), ops)
            held, step = [(self.fold.dim,), *held], self.fold.step
            line = self._positions(self.fold, taps, ops)
        preload = PreloadOp(self._matrix(weights, sizes, held, ops).result)
        preload.weights.name_hint = "w"
        ops.append(preload)
        m = [(d,) for d in self.m if self.nest.tile[d] > 1 or self._is_line(d)] or [self.m[-1:]]
        read = self._matrix(rows, sizes, [*m, self.k], ops, line)
        written = self._matrix(result, sizes, [*m, c.n[-1:]], ops)
        return [*ops, MatmulOp(read.result, preload.weights, written.result, accumulate, step)]

    def _is_line(self, dim: int) -> bool:
        """Whether the windows of folded taps move along a dimension."""
        return self.fold is not None and dim == self.m[-1]

    def _positions(self, fold: Fold, taps: Index, ops: list[Operation]) -> Index:
        """The positions of a line that `taps` taps read for all rows of a tile along it."""
        terms = [(self.nest.size(self.m[-1]), fold.step), (taps, 1)]
        fixed = sum(n * f for n, f in terms if isinstance(n, int)) - fold.step
        moving = [(n, f) for n, f in terms if not isinstance(n, int)]
        if not moving:
            return fixed
        op = weighted_sum(moving, fixed)
        op.result.name_hint = "positions"
        ops.append(op)
        return op.result

    def _piece(self, dims: Sequence[int], ops: list[Operation]) -> Index:
        """The length of the current array piece along the last of `dims`."""
        if not dims:
            return 1
        dim = dims[-1]
        if dim not in self.variables:
            return self.nest.size(dim)
        size, tile, extent = self._at_once(dim), self.nest.tile[dim], self.nest.extents[dim]
        is_cut = extent % tile != 0
        if not is_cut and tile % size == 0:
            return size
        inner = AffineExpr.dimension(0)
        results = [AffineExpr.constant(size)]
        operands = [self.variables[dim]]
        if tile % size:
            results.append(AffineExpr.constant(tile) - inner)
        if is_cut:
            start = self.nest.offset(dim)
            assert isinstance(start, SSAValue)
            operands.append(start)
            results.append(AffineExpr.constant(extent) - inner - AffineExpr.dimension(1))
        op = minimum(f"t{inner_name(self.nest.names[dim])}", operands, results)
        ops.append(op)
        return op.result

    def _matrix(
        self,
        number: int,
        pieces: dict[int, Index],
        sides: Sequence[Sequence[int]],
        ops: list[Operation],
        line: Index | None = None,
    ) -> memref.SubviewOp:
        """The view of a buffer whose dimensions are `sides`: a loop each, or () for none.

        With `line` so many positions of the last m loop's dimension are seen, each of them.
        """
        axes = self.buffers.axes(number)
        sizes: list[Index] = [1] * (len(axes) + 1)
        steps = [1] * (len(axes) + 1)
        kept: list[int] = []
        for side in sides:
            place = next(i for i, axis in enumerate(axes) if _is_side(axis, side))
            kept.append(place + 1)
            axis = axes[place]
            if line is not None and side == self.m[-1:]:
                sizes[place + 1] = line
            elif axis is not None:
                sizes[place + 1] = pieces[side[0]]
                steps[place + 1] = dict(axis.terms)[side[0]]
        offsets: list[Index] = [0, *(self._offset(axis, ops) for axis in axes)]
        dropped = [i for i in range(len(sizes)) if i not in kept]
        buffer = self.buffers.allocs[number].buffer
        op = view(buffer, offsets, sizes, dropped, steps=steps, part="piece")
        ops.append(op)
        return op

    def _offset(self, axis: Axis | None, ops: list[Operation]) -> Index:
        """Where the loops in here have come along an axis."""
        terms = () if axis is None else axis.terms
        moving = [(self.variables[d], f) for d, f in terms if d in self.variables]
        if not moving:
            return 0
        if [f for _, f in moving] == [1]:
            return moving[0][0]
        op = weighted_sum(moving)
        op.result.name_hint = "at"
        ops.append(op)
        return op.result

    def _accumulate(self, ops: list[Operation]) -> SSAValue | None:
        """Whether anything was added to this piece of the accumulator before."""
        started: list[Index] = [self.nest.offset(d) for d in self.c.k]
        started += [self.variables.get(d, 0) for d in self.c.k]
        total: SSAValue | None = None
        for variable in started:
            if isinstance(variable, int):
                continue
            later = arith.CmpiOp(variable, self.nest.constant(0), "ne")
            later.result.name_hint = "later"
            ops.append(later)
            if total is None:
                total = later.result
                continue
            either = arith.OrIOp(total, later.result, i1)
            either.result.name_hint = "later"
            ops.append(either)
            total = either.result
        return total


def _named(dims: Sequence[int], size: Index) -> dict[int, Index]:
    """The size of the last of `dims`, if there is one."""
    return {dims[-1]: size} if dims else {}


def _is_side(axis: Axis | None, side: Sequence[int]) -> bool:
    """Whether an axis is walked by the loop of `side`; without a loop, the one put in."""
    if axis is None:
        return not side
    return bool(side) and any(dim == side[0] for dim, _ in axis.terms)
