"""Buffers and views: `memref`, `tensor`, and the scratchpad of `npu`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from xdsl.dialects import memref, tensor
from xdsl.ir import Operation, SSAValue

from npu.dialects import npu
from npu.dialects.views import kept_dims, offsets_of, sizes_of, steps_of
from npu.passes.group.access import pad_value
from npu.runtime.reference.frame import Array, Frame, Handler, refuse
from npu.runtime.reference.halves import packed
from npu.runtime.reference.types import memory_type, never_written, shape_of


def _fresh(op: Operation, frame: Frame) -> None:
    frame.set(op, never_written(op.results[0].type))


def _alloc(op: Operation, frame: Frame) -> None:
    """A buffer of its own before `npu-place`; afterwards a part of the core's scratchpad."""
    alloc = cast(npu.AllocOp, op)
    if alloc.offset is None:
        _fresh(op, frame)
        return
    assert frame.spad is not None
    dtype, shape = memory_type(alloc.buffer.type), shape_of(alloc.buffer.type)
    start = alloc.offset.value.data
    stop = start + dtype.itemsize * int(np.prod(shape))
    frame.set(op, frame.spad[start:stop].view(dtype).reshape(shape))


@dataclass(frozen=True)
class _View:
    """What a `memref.subview` says, read once: a loop runs it many times."""

    offsets: list[int | SSAValue]
    sizes: list[int | SSAValue]
    steps: tuple[int, ...]
    kept: tuple[int, ...]
    shape: tuple[int, ...]
    strides: Sequence[int | None]


def _read_view(op: memref.SubviewOp) -> _View:
    result = op.result.type
    strides = result.get_strides() or [None] * result.get_num_dims()
    return _View(
        offsets_of(op), sizes_of(op), steps_of(op), kept_dims(op), result.get_shape(), strides
    )


def _subview(op: Operation, frame: Frame) -> None:
    view = frame.views.get(op)
    if view is None:
        view = frame.views[op] = _read_view(cast(memref.SubviewOp, op))
    source = frame.array(op.operands[0])
    ranges: list[slice | int] = []
    for d, (offset, size) in enumerate(zip(view.offsets, view.sizes, strict=True)):
        low, count = number(frame, offset), max(0, number(frame, size))
        # An empty view may lie past the end: the pieces of a tail tile that do not exist.
        end = low + (count - 1) * view.steps[d] + 1 if count else low
        if low < 0 or (count > 0 and end > source.shape[d]):
            raise refuse(
                op,
                f"dimension {d} covers {low} to {end}",
                f"a range within 0 to {source.shape[d]}",
            )
        ranges.append(slice(low, end, view.steps[d]) if d in view.kept else low)
    result = source[tuple(ranges)]
    _check(op, result, view)
    frame.set(op, result)


def _check(op: Operation, array: Array, view: _View) -> None:
    """Raises unless the array has the static sizes and strides that the memref type promises."""
    for d, (size, stride) in enumerate(zip(view.shape, view.strides, strict=True)):
        if size >= 0 and size != array.shape[d]:
            raise refuse(op, f"dimension {d} has {array.shape[d]} elements", f"{size} by its type")
        actual = array.strides[d] // array.itemsize
        if stride is not None and array.shape[d] > 1 and stride != actual:
            raise refuse(op, f"dimension {d} has stride {actual}", f"{stride} by its type")


def number(frame: Frame, value: int | SSAValue) -> int:
    """An index that is a constant or a value."""
    return value if isinstance(value, int) else int(frame.get(value))


def _reshape(op: Operation, frame: Frame) -> None:
    """Another shape of the same contiguous memory (memref) or of the same values (tensor)."""
    source = frame.array(op.operands[0])
    if not source.flags.c_contiguous:
        raise refuse(op, f"strides {source.strides}", "a contiguous row-major operand")
    frame.set(op, source.reshape(shape_of(op.results[0].type)))


def _concat(op: Operation, frame: Frame) -> None:
    concat = cast(tensor.ConcatOp, op)
    parts = [frame.array(part) for part in concat.inputs]
    frame.set(op, np.concatenate(parts, concat.dim.value.data))


def _pad(op: Operation, frame: Frame) -> None:
    pad = cast(tensor.PadOp, op)
    source, shape = frame.array(pad.source), shape_of(pad.result.type)
    value = packed(np.asarray(constant_of(pad)), source.dtype)
    frame.set(op, put_inside(pad, np.full(shape, value, source.dtype), source))


def constant_of(pad: tensor.PadOp) -> float:
    """The constant that a padding fills in. Raises UserError if it has none."""
    value = pad_value(pad)
    if value is None or pad.low or pad.high:
        raise refuse(pad, "amounts or a value that are not constant", "constants")
    return value


def put_inside(pad: tensor.PadOp, whole: Array, source: Array) -> Array:
    """`whole` with the source of a padding in it; negative amounts leave elements out."""
    target: list[slice] = []
    origin: list[slice] = []
    for low, size, extent in zip(
        pad.static_low.get_values(), source.shape, whole.shape, strict=True
    ):
        target.append(slice(max(0, low), min(extent, low + size)))
        origin.append(slice(max(0, -low), min(size, extent - low)))
    whole[tuple(target)] = source[tuple(origin)]
    return whole


def _wait(op: Operation, frame: Frame) -> None:
    """Transfers complete at once here."""
    frame.get(op.operands[0])


HANDLERS: dict[type[Operation], Handler] = {
    tensor.EmptyOp: _fresh,
    tensor.PadOp: _pad,
    tensor.ConcatOp: _concat,
    tensor.ExpandShapeOp: _reshape,
    tensor.CollapseShapeOp: _reshape,
    memref.AllocOp: _fresh,
    memref.ExpandShapeOp: _reshape,
    memref.CollapseShapeOp: _reshape,
    memref.SubviewOp: _subview,
    npu.AllocOp: _alloc,
    npu.WaitOp: _wait,
}
"""How each operation on memory is executed."""
