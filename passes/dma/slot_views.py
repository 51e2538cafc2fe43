"""Giving a buffer its slots: its type, the slot index, and every view of it."""

from __future__ import annotations

from xdsl.builder import Builder
from xdsl.dialects import affine
from xdsl.dialects.builtin import (
    AffineMapAttr,
    DenseArrayBase,
    MemRefType,
    StridedLayoutAttr,
    i64,
)
from xdsl.dialects.memref import SubviewOp
from xdsl.ir import Attribute, Block, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.utils.hints import isa

from npu.configs.errors import UserError
from npu.dialects import npu
from npu.dialects.places import place
from npu.dialects.views import offsets_of, sizes_of
from npu.passes.dma.rotation import Rotation
from npu.passes.kernel.loops import Loop, kernel_name

_DYNAMIC = -(2**63)
"""MLIR's mark of an entry that is an operand."""


def give_slots(rotation: Rotation, slots: int, cores: int) -> None:
    """Makes the buffer `slots` deep and every view of it one of the slot of its iteration."""
    alloc = rotation.alloc
    views = [_view(alloc, use.operation) for use in list(alloc.buffer.uses)]
    type_ = _memref(alloc.buffer)
    deeper = MemRefType(
        type_.element_type, (slots, *type_.get_shape()[1:]), type_.layout, type_.memory_space
    )
    Rewriter.replace_value_with_new_type(alloc.buffer, deeper)
    slot = _slot_index(rotation, slots, cores)
    for view in views:
        _retarget(view, slot)


def slot_expression(loops: tuple[Loop, ...], slots: int, cores: int) -> AffineExpr:
    """The row-major number of a core's iteration modulo `slots`; dimension i is `loops[i].iv`."""
    parallel = [i for i, loop in enumerate(loops) if loop.is_dealt]
    number = AffineExpr.constant(0)
    for i, loop in enumerate(loops):
        steps = AffineExpr.dimension(i) - loop.lower if loop.lower else AffineExpr.dimension(i)
        own = steps if loop.step == 1 else steps // loop.step
        if loop.trips > 1:
            number = number * loop.trips + own
        if cores > 1 and parallel and i == parallel[-1]:
            number //= cores
    return number % slots


def _slot_index(rotation: Rotation, slots: int, cores: int) -> SSAValue:
    """The slot of this iteration, computed once at the start of the innermost loop's body."""
    body = rotation.loops[-1].body
    map_ = AffineMap(len(rotation.loops), 0, (slot_expression(rotation.loops, slots, cores),))
    ivs = [loop.iv for loop in rotation.loops]
    found = _existing(body, ivs, map_)
    if found is not None:
        return found
    apply = Builder(InsertPoint.at_start(body)).insert(affine.ApplyOp(ivs, AffineMapAttr(map_)))
    apply.result.name_hint = "slot"
    return apply.result


def _existing(body: Block, ivs: list[SSAValue], map_: AffineMap) -> SSAValue | None:
    """The same index, computed for another buffer."""
    for op in body.ops:
        if not isinstance(op, affine.ApplyOp):
            return None
        if op.map.data == map_ and list(op.operands) == ivs:
            return op.result
    return None


def _view(alloc: npu.AllocOp, user: object) -> SubviewOp:
    """The user of a buffer, which must be a view of its slot 0."""
    if isinstance(user, SubviewOp) and offsets_of(user)[0] == 0 and sizes_of(user)[0] == 1:
        return user
    raise UserError(
        f"{place(alloc)}"
        f"kernel '{kernel_name(alloc)}': a buffer of type {alloc.buffer.type} is used otherwise "
        "than through a memref.subview of slot 0 with slot size 1; expected such views only"
    )


def _retarget(view: SubviewOp, slot: SSAValue) -> None:
    """Makes a view of slot 0 one of slot `slot`."""
    offsets = view.static_offsets.get_values()
    moved = SubviewOp(
        view.source,
        [slot, *view.offsets],
        list(view.sizes),
        list(view.strides),
        DenseArrayBase.from_list(i64, [_DYNAMIC, *offsets[1:]]),
        view.static_sizes,
        view.static_strides,
        _anywhere(_memref(view.result)),
    )
    moved.result.name_hint = view.result.name_hint
    block = view.parent_block()
    assert block is not None
    block.insert_op_before(moved, view)
    view.result.replace_all_uses_with(moved.result)
    view.detach()
    view.erase()
    _propagate(moved.result)


def _propagate(view: SSAValue) -> None:
    """Makes the offset dynamic in the types of everything that is derived from a view."""
    for use in list(view.uses):
        op = use.operation
        if isinstance(op, SubviewOp):
            _make_dynamic(op.result)
        elif isinstance(op, npu.ComputeOp):
            _make_dynamic(op.body.block.args[use.index])


def _make_dynamic(view: SSAValue) -> None:
    type_ = _memref(view)
    wanted = _anywhere(type_)
    if wanted != type_:
        _propagate(Rewriter.replace_value_with_new_type(view, wanted))


def _anywhere(type_: MemRefType[Attribute]) -> MemRefType[Attribute]:
    """The same view at an offset known only at run time."""
    strides = type_.get_strides()
    assert strides is not None
    layout = StridedLayoutAttr(list(strides), None)
    return MemRefType(type_.element_type, type_.get_shape(), layout, type_.memory_space)


def _memref(value: SSAValue) -> MemRefType[Attribute]:
    type_ = value.type
    assert isa(type_, MemRefType[Attribute])
    return type_
