"""The iteration space that the operations of one group share.

Every operation of a group loops over some dimensions. Two operations that pass a tensor to one
another loop over the same thing where the tensor's dimension is the same, so their dimensions fall
into classes: the *dimensions of the group*. `softmax` has two, rows and columns, although its
reductions produce tensors of rank 1:

    max over columns   (rows, columns) -> (rows)
    x - max            (rows, columns), (rows) -> (rows, columns)

Tiles, buffers and loops are all expressed in the group's dimensions.

An operand that is read through a window, a step or padding (`access.py`) comes from outside of the
group: what is made inside is passed on element by element.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects.builtin import ShapedType
from xdsl.dialects.linalg.attrs import IteratorType
from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineMap

from npu.passes.group.access import Access, Read, is_windowed, read_of


class ConflictError(ValueError):
    """Two different loops of one operation would have to be the same loop."""


@dataclass(frozen=True)
class IterationSpace:
    """The dimensions of a group and where they occur."""

    extents: tuple[int, ...]
    """Elements of each dimension of the group."""

    reduced: tuple[bool, ...]
    """Whether some operation reduces over the dimension."""

    op_dims: dict[Operation, tuple[int, ...]]
    """The group dimension of each loop of an operation."""

    def operand_dims(self, op: Operation, index: int) -> tuple[int, ...]:
        """The group dimensions of the tensor that operand `index` of `op` reads or writes."""
        loops = self.op_dims[op]
        return tuple(loops[d] for d in operand_loops(op, index))

    def read(self, op: Operation, index: int) -> Read:
        """What operand `index` of `op` reads, by group dimensions; windows of one tap are none."""
        if not isinstance(op, GenericOp):
            plain = tuple(Access(((d, 1),)) for d in self.operand_dims(op, index))
            return Read(op.operands[index], plain, None)
        read, loops = read_of(op, index), self.op_dims[op]
        if not is_windowed(op, index):
            return Read(read.source, tuple(a.renamed(loops) for a in read.accesses), read.fill)
        taps = [d for d, n in enumerate(self.extents) if n == 1 and self.reduced[d]]
        known = tuple(a.renamed(loops).without(taps) for a in read.accesses)
        return Read(read.source, known, read.fill)

    def result_dims(self, op: Operation) -> tuple[int, ...]:
        """The group dimensions of the result of `op`, outermost first."""
        return self.operand_dims(op, len(op.operands) - 1)


def build(
    ops: Sequence[Operation], root: Operation | None = None, share_inputs: bool = True
) -> IterationSpace:
    """The iteration space of `ops` (`linalg.generic` and `linalg.fill`, producers first).

    The loops of `root` come first, in its order; by default that is the last of those with the most
    loops. With `share_inputs`, operations that read one outside tensor are taken to loop together
    wherever that does not contradict the rest.

    Raises `ConflictError` when the operations have no common iteration space.
    """
    classes = _Classes([(i, d) for i, op in enumerate(ops) for d in range(len(loop_extents(op)))])
    number = {op: i for i, op in enumerate(ops)}
    for op in ops:
        for index, operand in enumerate(op.operands):
            owner = operand.owner
            if isinstance(owner, Operation) and owner in number and not is_windowed(op, index):
                pairs = zip(result_loops(owner), operand_loops(op, index), strict=True)
                for a, b in pairs:
                    classes.join((number[owner], a), (number[op], b))
    if share_inputs:
        _join_shared_inputs(ops, number, classes)
    return _numbered(ops, number, classes, _default_root(ops) if root is None else root)


def loop_extents(op: Operation) -> tuple[int, ...]:
    """The trip count of each loop of a `linalg.generic` or `linalg.fill`."""
    if isinstance(op, FillOp):
        return shape_of(op.outputs[0])
    maps = [m.data for m in cast(GenericOp, op).indexing_maps]
    found = {
        result.position: extent
        for operand, map_ in zip(op.operands, maps, strict=True)
        for result, extent in zip(map_.results, shape_of(operand), strict=True)
        if isinstance(result, AffineDimExpr)
    }
    return tuple(found[d] for d in range(maps[0].num_dims))


def loops_of(map_: AffineMap) -> tuple[int, ...]:
    """The loops a projected permutation names. Raises ValueError for any other map."""
    loops: list[int] = []
    for result in map_.results:
        if not isinstance(result, AffineDimExpr) or result.position in loops:
            raise ValueError(f"{map_} is not a projected permutation")
        loops.append(result.position)
    return tuple(loops)


def operand_loops(op: Operation, index: int) -> tuple[int, ...]:
    """The loop of `op` that walks each dimension of its operand `index`."""
    if isinstance(op, FillOp):
        return tuple(range(len(shape_of(op.operands[index]))))
    return loops_of(cast(GenericOp, op).indexing_maps.data[index].data)


def result_loops(op: Operation) -> tuple[int, ...]:
    """The loop of `op` that walks each dimension of its one result."""
    return operand_loops(op, len(op.operands) - 1)


def reduction_loops(op: Operation) -> tuple[int, ...]:
    """The loops over which `op` reduces."""
    if not isinstance(op, GenericOp):
        return ()
    kinds = [kind.data for kind in op.iterator_types]
    return tuple(d for d, kind in enumerate(kinds) if kind == IteratorType.REDUCTION)


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """The static shape of a tensor or memref; () for a scalar."""
    if not isinstance(value.type, ShapedType):
        return ()
    return tuple(cast(Any, value.type).get_shape())


Loop = tuple[int, int]
"""(operation number, loop of that operation)."""


@dataclass(frozen=True, eq=False)
class _Class:
    """One set of loops."""

    loops: list[Loop]
    numbers: set[int]
    """The operations that they are of."""


class _Classes:
    """Disjoint sets of loops; two loops of one operation never share a set."""

    def __init__(self, loops: Sequence[Loop]) -> None:
        self._of: dict[Loop, _Class] = {loop: _Class([loop], {loop[0]}) for loop in loops}

    def clash(self, a: Loop, b: Loop) -> bool:
        """Whether joining would put two loops of one operation together."""
        if self._of[a] is self._of[b]:
            return False
        return not self._of[a].numbers.isdisjoint(self._of[b].numbers)

    def join(self, a: Loop, b: Loop) -> None:
        """Makes two sets one. Raises ConflictError if they clash."""
        if self.clash(a, b):
            raise ConflictError(f"loops {a} and {b} of one operation would be the same")
        small, large = sorted((self._of[a], self._of[b]), key=lambda one: len(one.loops))
        if small is large:
            return
        large.loops.extend(small.loops)
        large.numbers.update(small.numbers)
        for loop in small.loops:
            self._of[loop] = large

    def of(self, loop: Loop) -> _Class:
        """The set of a loop: one object for all its members."""
        return self._of[loop]


def _join_shared_inputs(
    ops: Sequence[Operation], number: dict[Operation, int], classes: _Classes
) -> None:
    """Joins the loops of operations that read one outside tensor, where nothing contradicts."""
    first: dict[SSAValue, list[Loop]] = {}
    for op in ops:
        for index, operand in enumerate(op.operands[:-1]):
            if not shape_of(operand) or operand.owner in number or is_windowed(op, index):
                continue
            loops = [(number[op], d) for d in operand_loops(op, index)]
            known = first.setdefault(operand, loops)
            pairs = list(zip(known, loops, strict=True))
            if any(classes.clash(a, b) for a, b in pairs):
                continue
            for a, b in pairs:
                if not classes.clash(a, b):
                    classes.join(a, b)


def _default_root(ops: Sequence[Operation]) -> Operation:
    most = max(len(loop_extents(op)) for op in ops)
    return [op for op in ops if len(loop_extents(op)) == most][-1]


def _numbered(
    ops: Sequence[Operation], number: dict[Operation, int], classes: _Classes, root: Operation
) -> IterationSpace:
    """Numbers the classes: the root's loops first, others in order of appearance."""
    found: dict[int, int] = {}
    extents: list[int] = []
    ordered = [root, *(op for op in ops if op is not root)]
    for op in ordered:
        for loop, extent in enumerate(loop_extents(op)):
            key = id(classes.of((number[op], loop)))  # identity only; the order is that of `ops`
            if key not in found:
                found[key] = len(extents)
                extents.append(extent)
    op_dims = {
        op: tuple(found[id(classes.of((number[op], d)))] for d in range(len(loop_extents(op))))
        for op in ops
    }
    reduced = {op_dims[op][d] for op in ops for d in reduction_loops(op)}
    return IterationSpace(tuple(extents), tuple(d in reduced for d in range(len(extents))), op_dims)
