"""The array loops of a contraction: weight tiles of at most L x L, the tile's rows through each.

    for kk = 0 to tile k step L              (absent where the tile has one piece)
      for nn = 0 to tile n step L
        %w = npu.preload weights[kk, nn]
        npu.matmul rows[:, kk], %w into accumulator[:, nn] accumulate(k > 0 or kk > 0)

k is outside of n because the pieces of a tile arrive in that order: the matmuls follow the loads
closely. Loops of the contraction that the array does not walk (batches, further m, n, k loops) run
one by one around this. Loops have constant bounds: a partial tile has a shorter last piece, and
pieces past its end whose size comes out negative, which means empty.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import i1
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineExpr

from npu.dialects.npu import MatmulOp, PreloadOp
from npu.passes.group.contraction import Contraction
from npu.passes.kernel.value_names import inner_name
from npu.passes.tile.buffers import Buffers
from npu.passes.tile.nest import Index, Nest, counted_loop, loop_body, minimum, view


def array_loops(contraction: Contraction, buffers: Buffers, array_size: int) -> list[Operation]:
    """The operations that multiply the current tiles."""
    return _ArrayLoops(contraction, buffers, array_size).build()


class _ArrayLoops:
    """The loops inside a tile, from the outside in."""

    def __init__(self, contraction: Contraction, buffers: Buffers, array_size: int) -> None:
        self.c = contraction
        self.buffers = buffers
        self.nest: Nest = buffers.nest
        self.array_size = array_size
        self.variables: dict[int, SSAValue] = {}
        """The induction variable of each dimension that has a loop in here."""
        self.steps = self._steps()

    def _steps(self) -> list[tuple[int, int]]:
        """(dimension, step) of the loops, outermost first."""
        c = self.c
        walked = [(d, 1) for d in (*c.batch, *c.m[:-1], *c.n[:-1], *c.k[:-1])]
        walked += [(d, self.array_size) for d in (c.k[-1], *c.n[-1:])]
        return [(d, step) for d, step in walked if self.nest.tile[d] > step]

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
        k = self._piece(c.k, ops)
        m = self.nest.size(c.m[-1]) if c.m else 1
        pieces = {**_named(c.n, n), **_named(c.k, k), **_named(c.m, m)}
        weights = self._matrix(of[c.op.inputs[c.weights]], pieces, (c.k, c.n))
        rows = self._matrix(of[c.op.inputs[c.rows]], pieces, (c.m, c.k))
        result = self._matrix(of[c.op.results[0]], pieces, (c.m, c.n))
        accumulate = self._accumulate(ops)
        preload = PreloadOp(weights.results[0])
        preload.weights.name_hint = "w"
        matmul = MatmulOp(rows.results[0], preload.weights, result.results[0], accumulate)
        return [*ops, weights, preload, rows, result, matmul]

    def _piece(self, dims: Sequence[int], ops: list[Operation]) -> Index:
        """The length of the current array piece along the last of `dims`."""
        if not dims:
            return 1
        dim = dims[-1]
        if dim not in self.variables:
            return self.nest.size(dim)
        size, tile, extent = self.array_size, self.nest.tile[dim], self.nest.extents[dim]
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
        self, number: int, pieces: dict[int, Index], sides: tuple[Sequence[int], Sequence[int]]
    ) -> Operation:
        """The rank-2 view of a buffer whose sides are the last of each of `sides`."""
        kept = {side[-1] if side else None for side in sides}
        axes = self.buffers.axes(number)
        sizes: list[Index] = [1, *(1 if d is None else pieces.get(d, 1) for d in axes)]
        offsets: list[Index] = [0, *(0 if d is None else self._offset(d) for d in axes)]
        dropped = [0, *(i + 1 for i, d in enumerate(axes) if d not in kept)]
        return view(self.buffers.allocs[number].buffer, offsets, sizes, dropped, part="piece")

    def _offset(self, dim: int) -> Index:
        return self.variables.get(dim, 0)

    def _accumulate(self, ops: list[Operation]) -> SSAValue | None:
        """Whether anything was added to this piece of the accumulator before."""
        started: list[Index] = [self.nest.offset(d) for d in self.c.k]
        started += [self._offset(d) for d in self.c.k]
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
