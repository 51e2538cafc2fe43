"""A kernel's loops under construction: a tree of loops over tiles, sizes of partial tiles, views.

The trunk is the loops over parallel dimensions. In the innermost of them stand, one behind the
other, stages: each is what it does, within loops of its own over dimensions that are cut (the k
loops of a contraction; the n loops of one of several; one sweep over a row that is too long for the
scratchpad).

Level 0 is the kernel's own block, level i the body of the i-th loop of the trunk and a stage's; a
dimension that one tile covers has no loop. Each level has operations before and behind the next
loop. A value belongs to the deepest level whose loop it depends on: what does not depend on a loop
is not repeated by it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

from xdsl.dialects import affine, arith, memref, scf
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    AffineMapAttr,
    IndexType,
    MemRefType,
    StridedLayoutAttr,
    StringAttr,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from npu.passes.kernel.constants import index_constant
from npu.passes.kernel.loops import ITERATION, PARALLEL, REDUCTION
from npu.passes.kernel.value_names import view_name
from npu.passes.map.footprint import Axis

Index = int | SSAValue
"""A static or a dynamic index."""


class Nest:
    """The loops around one stage, those of the trunk included, and the operations in them."""

    def __init__(
        self,
        extents: Sequence[int],
        tile: Sequence[int],
        loops: Sequence[int],
        names: Sequence[str],
    ) -> None:
        """The trunk: loops over those dimensions of `loops`, in order, that are cut."""
        self.names = tuple(names)
        """How the loop of each dimension is called in the text."""
        self.extents = tuple(extents)
        self.tile = tuple(min(t, e) for t, e in zip(tile, extents, strict=True))
        self.loops = self._cut(loops)
        self.before: list[list[Operation]] = [[] for _ in range(len(self.loops) + 1)]
        self.behind: list[list[Operation]] = [[] for _ in range(len(self.loops) + 1)]
        self._trunk: Nest | None = None
        self._accumulating: frozenset[int] = frozenset()
        self._stages: list[Nest] = []
        self._constants: dict[int, arith.ConstantOp] = {}
        self._bodies = [loop_body(self.names[dim]) for dim in self.loops]
        self._sizes: dict[int, Index] = {}
        self._sums: dict[tuple[str, tuple[tuple[SSAValue, int], ...], int], SSAValue] = {}

    def _cut(self, dims: Sequence[int]) -> tuple[int, ...]:
        return tuple(d for d in dims if self.tile[d] < self.extents[d])

    def stage(self, loops: Sequence[int], accumulating: Collection[int]) -> Nest:
        """One more stage of a trunk, in loops over those dimensions of `loops` that are cut.

        Of these the `accumulating` ones depend on the iterations before.
        """
        stage = Nest(self.extents, self.tile, loops, self.names)
        shared = len(self.loops)
        stage.before = [*self.before[:shared], *stage.before]
        stage.behind = [*self.behind[:shared], *stage.behind]
        stage.loops = (*self.loops, *stage.loops)
        stage._trunk, stage._accumulating = self, frozenset(accumulating)
        stage._constants = self._constants
        self._stages.append(stage)
        return stage

    @property
    def deepest(self) -> int:
        """The innermost level."""
        return len(self.loops)

    @property
    def trunk_level(self) -> int:
        """The level of the trunk's innermost loop, where its stages stand."""
        return self.deepest if self._trunk is None else self._trunk.deepest

    def level(self, dims: Sequence[int]) -> int:
        """The deepest level on whose loop one of `dims` depends."""
        return max((i + 1 for i, d in enumerate(self.loops) if d in dims), default=0)

    def _is_of_trunk(self, dims: Sequence[int]) -> bool:
        """Whether values that depend on `dims` are made once for all stages."""
        return self._trunk is not None and self.level(dims) <= self._trunk.deepest

    def constant(self, value: int) -> SSAValue:
        """An index constant at the top of the kernel."""
        if value not in self._constants:
            self._constants[value] = index_constant(value)
        return self._constants[value].result

    def offset(self, dim: int) -> Index:
        """Where the current tile of `dim` starts."""
        if dim not in self.loops:
            return 0
        if self._trunk is not None and self._is_of_trunk([dim]):
            return self._trunk.offset(dim)
        return self._bodies[self.loops.index(dim) - self._inherited].args[0]

    def size(self, dim: int) -> Index:
        """How long the current tile of `dim` is: exact, also at the end."""
        tile, extent = self.tile[dim], self.extents[dim]
        if extent % tile == 0:
            return tile
        if self._trunk is not None and self._is_of_trunk([dim]):
            return self._trunk.size(dim)
        if dim not in self._sizes:
            variable = cast(SSAValue, self.offset(dim))
            rest = AffineExpr.constant(extent) - AffineExpr.dimension(0)
            op = minimum(f"t{self.names[dim]}", [variable], [AffineExpr.constant(tile), rest])
            self.before[self.level([dim])].append(op)
            self._sizes[dim] = op.result
        return self._sizes[dim]

    def span(self, axis: Axis) -> Index:
        """How long an axis of a buffer is for the current tile."""
        if axis.dim is not None:
            return self.size(axis.dim)
        sizes = [(self.size(dim), factor) for dim, factor in axis.terms]
        fixed = 1 + sum((n - 1) * f if isinstance(n, int) else -f for n, f in sizes)
        moving = [(n, f) for n, f in sizes if not isinstance(n, int)]
        return self._linear(axis, "t", moving, fixed)

    def start(self, axis: Axis, step: int, first: int) -> Index:
        """The tensor's element at which the current tile of an axis starts."""
        offsets = [(self.offset(dim), factor * step) for dim, factor in axis.terms]
        fixed = first + sum(n * f for n, f in offsets if isinstance(n, int))
        moving = [(n, f) for n, f in offsets if not isinstance(n, int)]
        if fixed == 0 and [f for _, f in moving] == [1]:
            return moving[0][0]
        return self._linear(axis, "", moving, fixed)

    def _linear(
        self, axis: Axis, prefix: str, terms: Sequence[tuple[SSAValue, int]], constant: int
    ) -> Index:
        """A constant plus multiples of values of the current tile, at the level of `axis`."""
        if not terms:
            return constant
        dims = [dim for dim, _ in axis.terms]
        if self._trunk is not None and self._is_of_trunk(dims):
            return self._trunk._linear(axis, prefix, terms, constant)
        key = (prefix, tuple(terms), constant)
        if key not in self._sums:
            op = weighted_sum(terms, constant)
            op.result.name_hint = prefix + "h" + self.names[axis.terms[0][0]]
            self.before[self.level(dims)].append(op)
            self._sums[key] = op.result
        return self._sums[key]

    def assemble(self, kernel: Block, allocs: Sequence[Operation], last: Operation) -> None:
        """Puts everything into `kernel`: constants, buffers, then the loops, then `last`."""
        ops = self._from(0)
        kernel.add_ops([*self._constants.values(), *allocs, *ops, last])

    def _from(self, level: int) -> list[Operation]:
        """What stands at a level and in the loops within."""
        inner: list[Operation] = []
        if level < self.deepest:
            body = self._bodies[level - self._inherited]
            body.add_ops([*self._from(level + 1), scf.YieldOp()])
            inner = [self._loop(self.loops[level], body)]
        for stage in self._stages if level == self.deepest else ():
            inner += stage._from(level)
        return [*self.before[level], *inner, *self.behind[level]]

    @property
    def _inherited(self) -> int:
        """Loops that are the trunk's."""
        return 0 if self._trunk is None else self._trunk.deepest

    def _loop(self, dim: int, body: Block) -> scf.ForOp:
        lower, upper, step = map(self.constant, (0, self.extents[dim], self.tile[dim]))
        loop = counted_loop(lower, upper, step, body)
        kind = REDUCTION if dim in self._accumulating else PARALLEL
        loop.attributes[ITERATION] = StringAttr(kind)
        return loop


def counted_loop(lower: SSAValue, upper: SSAValue, step: SSAValue, body: Block) -> scf.ForOp:
    """An `scf.for` without carried values around `body`."""
    return scf.ForOp(lower, upper, step, [], Region(body))


def loop_body(name: str) -> Block:
    """The empty body of a loop with the induction variable `name`."""
    body = Block(arg_types=[IndexType()])
    body.args[0].name_hint = name
    return body


def weighted_sum(terms: Sequence[tuple[SSAValue, int]], constant: int = 0) -> affine.ApplyOp:
    """`affine.apply` of a constant plus each value times its factor."""
    result = AffineExpr.constant(0)
    for position, (_, factor) in enumerate(terms):
        result = result + AffineExpr.dimension(position) * factor
    map_ = AffineMap(len(terms), 0, (result + constant,))
    return affine.ApplyOp([value for value, _ in terms], AffineMapAttr(map_))


def minimum(name: str, operands: Sequence[SSAValue], results: Sequence[AffineExpr]) -> affine.MinOp:
    """`affine.min` of expressions over `operands`."""
    map_ = AffineMap(len(operands), 0, tuple(results))
    op = affine.MinOp(list(operands), AffineMapAttr(map_))
    op.result.name_hint = name
    return op


def view(
    source: SSAValue,
    offsets: Sequence[Index],
    sizes: Sequence[Index],
    dropped: Sequence[int] = (),
    *,
    steps: Sequence[int] | None = None,
    part: str = "tile",
) -> memref.SubviewOp:
    """A `memref.subview` that leaves out the dimensions `dropped` (of size 1).

    `steps` are 1 unless given. It is called after `source` and `part`.
    """
    type_ = cast(MemRefType[Attribute], source.type)
    strides = cast(Sequence[int], type_.get_strides())
    walked = [1] * len(sizes) if steps is None else list(steps)
    kept = [d for d in range(len(sizes)) if d not in dropped]
    offset = _offset(offsets, strides)
    result = MemRefType(
        type_.element_type,
        [_static(sizes[d]) for d in kept],
        StridedLayoutAttr([strides[d] * walked[d] for d in kept], offset),
        type_.memory_space,
    )
    op = memref.SubviewOp.get(source, list(offsets), list(sizes), walked, cast(Any, result))
    op.result.name_hint = view_name(source, part)
    return op


def _offset(offsets: Sequence[Index], strides: Sequence[int]) -> int | None:
    """Elements from the source's start, None if that is dynamic."""
    total = 0
    for offset, stride in zip(offsets, strides, strict=True):
        if not isinstance(offset, int):
            return None
        total += offset * stride
    return total


def _static(size: Index) -> int:
    return size if isinstance(size, int) else DYNAMIC_INDEX
