"""Which scratchpad buffers the operations of a kernel touch, and through which views."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import FixedBitwidthType, MemRefType
from xdsl.dialects.memref import SubviewOp
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.utils.hints import isa

from npu.configs.errors import UserError
from npu.dialects import npu
from npu.dialects.npu.attrs import SPAD_ALIGNMENT
from npu.dialects.places import place
from npu.passes.kernel.loops import kernel_name


def buffer_of(value: SSAValue) -> npu.AllocOp | None:
    """The `npu.alloc` that a view is a part of; None for a view of DRAM."""
    owner = value.owner
    while isinstance(owner, SubviewOp):
        owner = owner.source.owner
    return owner if isinstance(owner, npu.AllocOp) else None


def users_of(alloc: npu.AllocOp) -> list[Operation]:
    """The operations that touch the buffer's data, in program order: not the views of it."""
    kernel = alloc.parent_op()
    assert isinstance(kernel, npu.KernelOp)
    return [op for op in kernel.walk() if alloc in buffers_touched(op)]


def buffers_touched(op: Operation) -> list[npu.AllocOp]:
    """The buffers among the operands of a transfer or an execution; none for a view."""
    if isinstance(op, SubviewOp):
        return []
    found = [buffer_of(operand) for operand in op.operands]
    return [alloc for alloc in found if alloc is not None]


def allocs_of(kernel: npu.KernelOp) -> Iterator[npu.AllocOp]:
    """The kernel's buffers in program order."""
    return (op for op in kernel.body.block.ops if isinstance(op, npu.AllocOp))


def slots_of(alloc: npu.AllocOp) -> int:
    """Number of slots: the leading dimension."""
    return _type(alloc).get_shape()[0]


def slot_bytes(alloc: npu.AllocOp) -> int:
    """Bytes of one slot."""
    type_ = _type(alloc)
    element = type_.element_type
    if not isinstance(element, FixedBitwidthType):
        raise UserError(
            f"{place(alloc)}"
            f"kernel '{kernel_name(alloc)}': a buffer of type {type_} has elements of unknown "
            "size; expected a type of fixed width"
        )
    count = 1
    for size in type_.get_shape()[1:]:
        count *= size
    return count * element.size


def aligned_bytes(alloc: npu.AllocOp, slots: int | None = None) -> int:
    """Bytes of the buffer rounded up to the alignment, with another number of slots if given."""
    size = (slots_of(alloc) if slots is None else slots) * slot_bytes(alloc)
    return -(-size // SPAD_ALIGNMENT) * SPAD_ALIGNMENT


def _type(alloc: npu.AllocOp) -> MemRefType[Attribute]:
    type_ = alloc.buffer.type
    assert isa(type_, MemRefType[Attribute])
    return type_
