"""Loops over the pieces of a rectangle: constant bounds, exact tails, affine mathematics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.dialects import affine, scf
from xdsl.dialects.builtin import DYNAMIC_INDEX, AffineMapAttr, IndexType, StringAttr
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import AffineConstantExpr, AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint

from npu.configs.errors import UserError
from npu.dialects import npu
from npu.dialects.places import place
from npu.passes.group.access import NotLinearError, access_of
from npu.passes.kernel.constants import constant_for
from npu.passes.kernel.loops import ITERATION, PIECE, kernel_name

Size = int | SSAValue
"""Elements of a dimension: a constant, or an `affine.min` over induction variables."""


@dataclass(frozen=True)
class Piece:
    """The range that one iteration covers in one dimension."""

    offset: Size
    size: Size


def sizes_of(copy: npu.CopyOp) -> list[Size]:
    """The size of each dimension of a copy's view, as a constant where there is one."""
    sizes, shape = copy.box.sizes, copy.view_type.get_shape()
    walked = zip(shape, copy.permuted, strict=True)
    return [sizes[dim] if held == DYNAMIC_INDEX else held for held, dim in walked]


def static_bound(size: Size, where: Operation) -> int:
    """The largest value that a size can have."""
    found = _bound(size)
    if found is None:
        raise UserError(
            f"{place(where)}"
            f"kernel '{kernel_name(where)}': {where.name} moves a view whose size has no constant "
            "bound; expected a constant, an affine.min with a constant among its results, or sums "
            "of multiples of such"
        )
    return found


def _bound(size: Size) -> int | None:
    """The largest value as far as the operation tells that makes the size."""
    if isinstance(size, int):
        return size
    owner = size.owner
    if isinstance(owner, affine.MinOp):
        constants = [e.value for e in owner.map.data.results if isinstance(e, AffineConstantExpr)]
        return min(constants, default=None)
    if not isinstance(owner, affine.ApplyOp) or owner.map.data.num_symbols:
        return None
    try:
        access = access_of(owner.map.data.results[0])
    except NotLinearError:
        return None
    total = access.constant
    for position, factor in access.terms:
        bound = _bound(owner.mapOperands[position])
        if bound is None or factor < 0:
            return None
        total += factor * bound
    return total


def open_piece_loops(
    builder: Builder, sizes: Sequence[Size], pieces: Sequence[int]
) -> tuple[Builder, list[Piece]]:
    """A loop for each dimension with more than one piece, outermost first.

    Returns the builder inside the innermost loop, and the ranges of one piece.
    """
    ranges: list[Piece] = []
    for size, piece in zip(sizes, pieces, strict=True):
        bound = static_bound(size, _place(builder))
        if piece >= bound:
            ranges.append(Piece(0, size))
            continue
        builder, offset = _open_loop(builder, bound, piece)
        ranges.append(Piece(offset, _piece_size(builder, size, piece, offset)))
    return builder, ranges


def moved(builder: Builder, offset: Size, elements: Size, step: int) -> Size:
    """The index of a tensor that is `elements` steps of a box behind `offset`."""
    if step == 0 or isinstance(elements, int):
        assert step == 0 or elements == 0, "a piece without a loop starts where the box does"
        return offset
    if offset == 0 and step == 1:
        return elements
    values, way = [elements], AffineExpr.dimension(0)
    if not isinstance(offset, int):
        values, way = [offset, elements], AffineExpr.dimension(1)
    start = AffineExpr.constant(offset) if isinstance(offset, int) else AffineExpr.dimension(0)
    map_ = AffineMapAttr(AffineMap(len(values), 0, (start + way * step,)))
    at = builder.insert(affine.ApplyOp(values, map_)).result
    at.name_hint = "at"
    return at


def _open_loop(builder: Builder, bound: int, step: int) -> tuple[Builder, SSAValue]:
    """A loop from 0 to `bound`; returns the builder in front of its yield, and its variable."""
    place = _place(builder)
    lower, upper, stride = (constant_for(place, value) for value in (0, bound, step))
    body = Block(arg_types=[IndexType()])
    body.args[0].name_hint = "p"
    body.add_op(scf.YieldOp())
    loop = builder.insert(scf.ForOp(lower, upper, stride, [], body))
    loop.attributes[ITERATION] = StringAttr(PIECE)
    last = body.last_op
    assert last is not None
    return Builder(InsertPoint.before(last)), body.args[0]


def _piece_size(builder: Builder, size: Size, piece: int, offset: SSAValue) -> Size:
    """min(piece, size - offset), and 0 where the piece lies past the end of a tail."""
    d0, d1 = AffineExpr.dimension(0), AffineExpr.dimension(1)
    full = AffineExpr.constant(piece)
    if isinstance(size, int):
        if size % piece == 0:
            return piece
        return _minimum(builder, "tp", [offset], [full, AffineExpr.constant(size) - d0])
    start = _minimum(builder, "start", [offset, size], [d0, d1])
    return _minimum(builder, "tp", [start, size], [full, d1 - d0])


def _minimum(
    builder: Builder, name: str, values: Sequence[SSAValue], terms: Sequence[AffineExpr]
) -> SSAValue:
    map_ = AffineMapAttr(AffineMap(len(values), 0, tuple(terms)))
    least = builder.insert(affine.MinOp(values, map_)).result
    least.name_hint = name
    return least


def _place(builder: Builder) -> Operation:
    """Where the builder stands, for messages."""
    before = builder.insertion_point.insert_before
    assert before is not None
    return before
