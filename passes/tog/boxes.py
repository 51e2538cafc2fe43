"""The box of a transfer resolved to a walk through its tensor: the start, and each dimension."""

from __future__ import annotations

from dataclasses import dataclass

from npu.dialects import npu
from npu.dialects.dram_tensors import element_bytes
from npu.passes.tog.access import ByIndex, Within
from npu.passes.tog.effects import Part
from npu.passes.tog.errors import refuse
from npu.passes.tog.index import IndexValues
from npu.passes.tog.indexed import indices_of
from npu.passes.tog.minimum import Minimum, NoFormError, number
from npu.passes.tog.views import Views


@dataclass(frozen=True)
class WalkedDim:
    """One dimension of the tensor that a transfer walks."""

    size: Minimum
    """Elements, with those outside of the tensor."""

    stride: int
    """Bytes from one element to the next, with the step."""

    within: Within | ByIndex | None
    """None where all elements are known to be in the tensor."""

    @property
    def minima(self) -> tuple[Minimum, ...]:
        """All its expressions."""
        return (self.size,) if self.within is None else (self.size, self.within.first)


class Boxes:
    """The boxes of one kernel."""

    def __init__(self, index: IndexValues, views: Views) -> None:
        self._index = index
        self._views = views

    def offset(self, op: npu.DmaOp) -> Minimum:
        """Bytes from the tensor's start to the box's first element. Raises UserError (R1)."""
        total = number(0)
        try:
            for offset, stride in zip(op.box.offsets, _stride_bytes(op), strict=True):
                distance = self._index.of(offset, op).times(stride, self._index.ranges)
                total = total.plus(distance, self._index.ranges)
        except NoFormError as error:
            refuse(op, "R1", f"the address is {error}")
        if len(total.forms) != 1:
            refuse(op, "R1", "the address is a minimum")
        return total

    def walked(self, op: npu.DmaOp) -> list[WalkedDim]:
        """The dimensions of the tensor that the view walks, outermost first."""
        return [self._walked(op, dim) for dim in sorted(op.permuted)]

    def _size(self, op: npu.DmaOp, dim: int) -> Minimum:
        return self._views.size(op.box.sizes[dim], op)

    def _walked(self, op: npu.DmaOp, dim: int) -> WalkedDim:
        size, step = self._size(op, dim), op.box.steps[dim]
        if op.by is not None and op.by.dim == dim:
            indices = indices_of(op, op.by, self._index, self._views)
            return WalkedDim(size, _stride_bytes(op)[dim], indices)
        first, extent = self._index.of(op.box.offsets[dim], op), op.tensor_type.get_shape()[dim]
        is_partly_outside = op.is_bounded and not self._is_inside(first, size, step, extent)
        within = Within(first, extent, step) if is_partly_outside else None
        return WalkedDim(size, _stride_bytes(op)[dim] * step, within)

    def part(self, op: npu.DmaOp) -> Part:
        """The part of the tensor in which all that a transfer touches lies, in every iteration."""
        shape = op.tensor_type.get_shape()
        return Part(tuple(shape), tuple(self._ends_in(op, dim, n) for dim, n in enumerate(shape)))

    def _ends_in(self, op: npu.DmaOp, dim: int, extent: int) -> tuple[int, int]:
        if op.by is not None and op.by.dim == dim:
            return 0, extent - 1
        first, size = self._index.of(op.box.offsets[dim], op), self._size(op, dim)
        ends = self._ends(first, size, op.box.steps[dim])
        return (0, extent - 1) if ends is None else (max(ends[0], 0), min(ends[1], extent - 1))

    def _is_inside(self, first: Minimum, size: Minimum, step: int, extent: int) -> bool:
        """Whether bounds of the expressions show that no element is outside of the tensor."""
        ends = self._ends(first, size, step)
        return ends is not None and ends[0] >= 0 and ends[1] < extent

    def _ends(self, first: Minimum, size: Minimum, step: int) -> tuple[int, int] | None:
        """Bounds of the first and the last element of a dimension; None where they have no form."""
        ranges = self._index.ranges
        try:
            way = size.plus(number(-1), ranges).times(abs(step), ranges)
            last = first.plus(way, ranges) if step >= 0 else first.minus(way, ranges)
        except NoFormError:
            return None
        low, high = (first, last) if step >= 0 else (last, first)
        return low.bounds(ranges)[0], high.bounds(ranges)[1]


def _stride_bytes(op: npu.DmaOp) -> tuple[int, ...]:
    """Bytes between neighbours in each dimension of the tensor."""
    strides = op.tensor_type.get_strides()
    assert strides is not None, "rule D1: the tensor is whole"
    size = element_bytes(op.tensor_type)
    return tuple(stride * size for stride in strides if stride is not None)
