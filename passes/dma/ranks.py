"""Copies of more dimensions than a descriptor has: which go, and what is moved without them.

A dimension of extent 1 is left out; of the others, loops go over some, outermost first, so that
each has one element at a time. A dimension that is left out must be inside of the tensor. Where it
may not be, an iteration has one transfer for when it is, and others that only fill; all but one are
empty, by the size of a dimension that stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from xdsl.builder import Builder
from xdsl.dialects import affine
from xdsl.dialects.builtin import AffineMapAttr
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from npu.dialects import npu
from npu.dialects.dma_descriptor import MAX_DIMS
from npu.passes.dma.piece_loops import Piece, Size, sizes_of, static_bound


def left_out(copy: npu.CopyOp) -> tuple[int, ...]:
    """The dimensions of the view that one transfer must not have, as many as it takes."""
    rank, sizes = copy.view_type.get_num_dims(), sizes_of(copy)

    def price(position: int) -> tuple[bool, bool, bool, int]:
        size = sizes[position]
        return may_leave(copy, position), size != 1, not isinstance(size, int), position

    return tuple(sorted(sorted(range(rank), key=price)[: max(0, rank - MAX_DIMS)]))


def may_leave(copy: npu.CopyOp, position: int) -> bool:
    """Whether a dimension of the view may walk out of the tensor."""
    dim = copy.permuted[position]
    offset, size, step = copy.box.offsets[dim], sizes_of(copy)[position], copy.box.steps[dim]
    if not copy.is_bounded:
        return False
    if not isinstance(offset, int):
        return True
    last = offset + (static_bound(size, copy) - 1) * step
    return min(offset, last) < 0 or max(offset, last) >= copy.tensor_type.get_shape()[dim]


@dataclass(frozen=True)
class Part:
    """What one transfer moves: offsets of its box, and sizes in the order of the view."""

    offsets: tuple[Size, ...]
    sizes: tuple[Size, ...]


def parts_of(
    builder: Builder, copy: npu.CopyOp, offsets: Sequence[Size], ranges: Sequence[Piece]
) -> list[Part]:
    """The transfers of one iteration, whose box starts at `offsets` and covers `ranges`."""
    without = left_out(copy)
    whole = Part(tuple(offsets), tuple(r.size for r in ranges))
    if not without:
        return [whole]
    terms = [_Term(ranges[i].size, 1, 0) for i in without if ranges[i].size != 1]
    whole = replace(whole, sizes=tuple(1 if i in without else s for i, s in enumerate(whole.sizes)))
    leaving = [(i, copy.permuted[i]) for i in without if may_leave(copy, i)]
    extents = copy.tensor_type.get_shape()
    inside = [t for _, dim in leaving for t in _in_tensor(offsets[dim], extents[dim])]
    parts = [_emptied(builder, copy, _allowed(whole, leaving, extents), [*terms, *inside])]
    if not copy.is_load:
        return parts
    fills = _outside(copy, whole, [dim for _, dim in leaving])
    sides = [
        side
        for _, dim in leaving
        for side in (_Term(offsets[dim], -1, 0), _Term(offsets[dim], 1, 1 - extents[dim]))
    ]
    return [*parts, *(_emptied(builder, copy, fills, [*terms, side]) for side in sides)]


def _allowed(part: Part, leaving: Sequence[tuple[int, int]], extents: Sequence[int]) -> Part:
    """The part, empty or not, with no constant offset outside along what is left out (rule D5)."""
    offsets = list(part.offsets)
    for _, dim in leaving:
        offset = offsets[dim]
        if isinstance(offset, int):
            offsets[dim] = min(max(0, offset), extents[dim] - 1)
    return replace(part, offsets=tuple(offsets))


@dataclass(frozen=True)
class _Term:
    """`value * factor + constant`: a transfer is empty where that is not positive."""

    value: Size
    factor: int
    constant: int


def _in_tensor(index: Size, extent: int) -> list[_Term]:
    """Both positive where `index` is one of `extent`."""
    return [_Term(index, 1, 1), _Term(index, -1, extent)]


def _outside(copy: npu.CopyOp, part: Part, leaving: Sequence[int]) -> Part:
    """A box of the same sizes that is wholly outside, along a dimension that stays."""
    offsets = [0 if dim in leaving else offset for dim, offset in enumerate(part.offsets)]
    dim = copy.permuted[_carrier(copy)]
    offsets[dim] = copy.tensor_type.get_shape()[dim] if copy.box.steps[dim] >= 0 else -1
    return replace(part, offsets=tuple(offsets))


def _carrier(copy: npu.CopyOp) -> int:
    """The dimension of the view whose size makes a transfer empty."""
    return next(i for i in range(len(copy.permuted)) if i not in left_out(copy))


def _emptied(builder: Builder, copy: npu.CopyOp, part: Part, terms: Sequence[_Term]) -> Part:
    """The part with nothing in it where one of the terms is not positive."""
    if not terms:
        return part
    position = _carrier(copy)
    size, many = part.sizes[position], static_bound(sizes_of(copy)[position], copy)
    values: list[SSAValue] = []

    def value(entry: Size) -> AffineExpr:
        if isinstance(entry, int):
            return AffineExpr.constant(entry)
        values.append(entry)
        return AffineExpr.dimension(len(values) - 1)

    forms = [value(size), *((value(t.value) * t.factor + t.constant) * many for t in terms)]
    map_ = AffineMapAttr(AffineMap(len(values), 0, tuple(forms)))
    least = builder.insert(affine.MinOp(values, map_)).result
    least.name_hint = "tp"
    sizes = (*part.sizes[:position], least, *part.sizes[position + 1 :])
    return replace(part, sizes=sizes)
