"""Buffers, views and copies: `memref`, `tensor`, and the scratchpad side of `npu`."""

from __future__ import annotations

from typing import cast

import numpy as np
from xdsl.dialects import memref, tensor
from xdsl.dialects.builtin import MemRefType
from xdsl.ir import Attribute, Operation, SSAValue

from npu.dialects import npu
from npu.dialects.views import kept_dims, offsets_of, sizes_of
from npu.runtime.reference.frame import Array, Frame, Handler, refuse
from npu.runtime.reference.types import element_type, never_written, shape_of


def check_view(op: Operation, array: Array, type_: Attribute) -> None:
    """Raises unless the array has the static sizes and strides that the memref type promises."""
    memref_type = cast(MemRefType[Attribute], type_)
    strides = memref_type.get_strides()
    for d, size in enumerate(memref_type.get_shape()):
        if size >= 0 and size != array.shape[d]:
            raise refuse(op, f"dimension {d} has {array.shape[d]} elements", f"{size} by its type")
        stride = None if strides is None else strides[d]
        actual = array.strides[d] // array.itemsize
        if stride is not None and array.shape[d] > 1 and stride != actual:
            raise refuse(op, f"dimension {d} has stride {actual}", f"{stride} by its type")


def _fresh(op: Operation, frame: Frame) -> None:
    frame.set(op, never_written(op.results[0].type))


def _alloc(op: Operation, frame: Frame) -> None:
    """A buffer of its own before `npu-place`; afterwards a part of the core's scratchpad."""
    alloc = cast(npu.AllocOp, op)
    if alloc.offset is None:
        _fresh(op, frame)
        return
    assert frame.spad is not None
    dtype, shape = element_type(alloc.buffer.type), shape_of(alloc.buffer.type)
    start = alloc.offset.value.data
    stop = start + dtype.itemsize * int(np.prod(shape))
    frame.set(op, frame.spad[start:stop].view(dtype).reshape(shape))


def _subview(op: Operation, frame: Frame) -> None:
    view = cast(memref.SubviewOp, op)
    source = frame.array(view.source)
    offsets = [_number(frame, v) for v in offsets_of(view)]
    sizes = [_number(frame, v) for v in sizes_of(view)]
    for d, (offset, size) in enumerate(zip(offsets, sizes, strict=True)):
        # An empty view may lie past the end: the pieces of a tail tile that do not exist.
        if offset < 0 or size < 0 or (size > 0 and offset + size > source.shape[d]):
            raise refuse(
                op,
                f"dimension {d} covers {offset} to {offset + size}",
                f"a range within 0 to {source.shape[d]}",
            )
    part = source[tuple(slice(o, o + s) for o, s in zip(offsets, sizes, strict=True))]
    kept = kept_dims(view)
    result = part[tuple(slice(None) if d in kept else 0 for d in range(part.ndim))]
    check_view(op, result, view.result.type)
    frame.set(op, result)


def _number(frame: Frame, value: int | SSAValue) -> int:
    return value if isinstance(value, int) else int(frame.get(value))


def _reshape(op: Operation, frame: Frame) -> None:
    """Another shape of the same contiguous memory (memref) or of the same values (tensor)."""
    source = frame.array(op.operands[0])
    if not source.flags.c_contiguous:
        raise refuse(op, f"strides {source.strides}", "a contiguous row-major operand")
    frame.set(op, source.reshape(shape_of(op.results[0].type)))


def _copy(op: Operation, frame: Frame) -> None:
    source, destination = map(frame.array, op.operands)
    move(op, source, destination)


def _dma(op: Operation, frame: Frame) -> None:
    dma = cast("npu.DmaLoadOp | npu.DmaStoreOp", op)
    source, destination = frame.array(dma.source), frame.array(dma.destination)
    move(op, source.transpose(dma.permuted), destination)
    frame.set(op, None)


def move(op: Operation, source: Array, destination: Array) -> None:
    """Copies; shapes must be equal, since numpy would broadcast."""
    if source.shape != destination.shape:
        raise refuse(op, f"{source.shape} into {destination.shape}", "equal shapes")
    destination[...] = source


def _wait(op: Operation, frame: Frame) -> None:
    """Transfers complete at once here."""
    frame.get(op.operands[0])


HANDLERS: dict[type[Operation], Handler] = {
    tensor.EmptyOp: _fresh,
    tensor.ExpandShapeOp: _reshape,
    tensor.CollapseShapeOp: _reshape,
    memref.AllocOp: _fresh,
    memref.ExpandShapeOp: _reshape,
    memref.CollapseShapeOp: _reshape,
    memref.SubviewOp: _subview,
    memref.CopyOp: _copy,
    npu.AllocOp: _alloc,
    npu.DmaLoadOp: _dma,
    npu.DmaStoreOp: _dma,
    npu.WaitOp: _wait,
}
"""How each operation on memory is executed."""
