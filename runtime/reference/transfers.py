"""Transfers between DRAM and scratchpad: a box of a tensor, and what is outside of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from xdsl.ir import Operation

from npu.dialects import npu
from npu.runtime.reference.frame import Array, Frame, Handler, refuse
from npu.runtime.reference.halves import packed
from npu.runtime.reference.memory import number


@dataclass(frozen=True)
class _Transfer:
    """What a transfer says, read once: a loop runs it many times."""

    box: npu.Box
    permuted: tuple[int, ...]
    dropped: tuple[int, ...]
    is_load: bool
    fill: float | int | None
    is_bounded: bool
    by: npu.Indexed | None


def _read(op: npu.TransferOp) -> _Transfer:
    permuted = op.permuted
    dropped = tuple(d for d in range(op.tensor_type.get_num_dims()) if d not in permuted)
    fill = None if op.fill is None else op.fill.value.data
    return _Transfer(op.box, permuted, dropped, op.is_load, fill, op.is_bounded, op.by)


@dataclass(frozen=True)
class _Range:
    """The indices of one dimension of the tensor: `count` of them from `first` on."""

    first: int
    count: int
    step: int
    extent: int
    data: Array | None = None
    """The indices themselves where they are data: a view of where they lie."""
    from_end: bool = False
    """Whether those of `data` below 0 count from the end."""

    @property
    def indices(self) -> Array:
        """All of them, those outside of the tensor included."""
        if self.data is not None:
            given = self.data.astype(np.int64)
            return np.where(given < 0, given + self.extent, given) if self.from_end else given
        return self.first + self.step * np.arange(self.count)

    @property
    def inside(self) -> Array:
        """The positions, from 0 on, of those in the tensor."""
        indices = self.indices
        return np.flatnonzero((indices >= 0) & (indices < self.extent))

    @property
    def is_inside(self) -> bool:
        """Whether all of them are in the tensor."""
        if self.data is not None:
            return bool(((self.indices >= 0) & (self.indices < self.extent)).all())
        last = self.first + (self.count - 1) * self.step
        return min(self.first, last) >= 0 and max(self.first, last) < self.extent


@dataclass(frozen=True)
class Move:
    """One transfer whose box is known, checked to be inside of the tensor where it has to be."""

    op: npu.TransferOp
    transfer: _Transfer
    ranges: list[_Range]
    tensor: Array
    view: Array

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to move."""
        return not all(one.count for one in self.ranges)

    def load(self) -> None:
        """Fills the view."""
        if not self.is_empty:
            self._check_indices()
            _load(self.transfer, self.ranges, self.tensor, self.view)

    def store(self, values: Array) -> None:
        """Writes what the view held into the tensor."""
        if not self.is_empty:
            self._check_indices()
            _store(self.transfer, self.ranges, values, self.tensor)

    def hold_indices(self) -> None:
        """Keeps the indices as they are now: what they lie in may be written from here on."""
        self.ranges[:] = [
            one if one.data is None else replace(one, data=one.data.copy()) for one in self.ranges
        ]

    def _check_indices(self) -> None:
        """Raises UserError for an index outside of the tensor, once the indices are there."""
        for one in self.ranges:
            if one.data is None or one.is_inside:
                continue
            at = int(np.flatnonzero((one.indices < 0) | (one.indices >= one.extent))[0])
            least = -one.extent if one.from_end else 0
            raise refuse(
                self.op,
                f"index {one.data[at]} at position {at}",
                f"{least} to {one.extent - 1}",
            )


def prepare(op: Operation, frame: Frame) -> Move:
    """What a transfer is about to do. Raises UserError where its sizes or its box do not fit."""
    transfer = frame.views.get(op)
    if transfer is None:
        transfer = frame.views[op] = _read(cast(npu.TransferOp, op))
    tensor, view = _sides(op, transfer, frame)
    move = Move(cast(npu.TransferOp, op), transfer, _ranges(transfer, tensor, frame), tensor, view)
    counts = tuple(move.ranges[dim].count for dim in transfer.permuted)
    if view.shape != counts:
        raise refuse(op, f"a view of {view.shape} for a box of {counts}", "equal sizes")
    if not move.is_empty:
        _check_inside(cast(npu.TransferOp, op), transfer, move.ranges)
    return move


def _transfer(op: Operation, frame: Frame) -> None:
    """Moves the box between tensor and view; tokens are complete at once here."""
    move = prepare(op, frame)
    if move.transfer.is_load:
        move.load()
    else:
        move.store(move.view)
    for result in op.results:
        frame.values[result] = None


def _sides(op: Operation, transfer: _Transfer, frame: Frame) -> tuple[Array, Array]:
    """The tensor and the view."""
    source, destination = frame.array(op.operands[0]), frame.array(op.operands[1])
    return (source, destination) if transfer.is_load else (destination, source)


def _ranges(transfer: _Transfer, tensor: Array, frame: Frame) -> list[_Range]:
    box, by = transfer.box, transfer.by
    ranges = [
        _Range(number(frame, offset), max(0, number(frame, size)), step, extent)
        for offset, size, step, extent in zip(
            box.offsets, box.sizes, box.steps, tensor.shape, strict=True
        )
    ]
    if by is not None:
        one, data = ranges[by.dim], frame.array(by.indices)
        ranges[by.dim] = _Range(0, one.count, 1, one.extent, data, by.from_end)
    return ranges


def _check_inside(op: npu.TransferOp, transfer: _Transfer, ranges: list[_Range]) -> None:
    """Raises where a dimension leaves the tensor and nothing says what is there."""
    for dim, one in enumerate(ranges):
        if one.data is not None:
            continue
        if one.is_inside or (transfer.is_bounded and dim not in transfer.dropped):
            continue
        ends = sorted((one.first, one.first + (one.count - 1) * one.step))
        expected = f"a range within 0 to {one.extent - 1}"
        if dim not in transfer.dropped:
            expected += ", a fill" if transfer.is_load else ", bounds"
        raise refuse(op, f"dimension {dim} of the tensor covers {ends[0]} to {ends[1]}", expected)


def _load(transfer: _Transfer, ranges: list[_Range], tensor: Array, view: Array) -> None:
    """Copies what is inside and fills the rest."""
    at_tensor, at_view = _inside(transfer, ranges)
    if transfer.fill is not None:
        view[...] = packed(np.asarray(transfer.fill), view.dtype)
    box = tensor[at_tensor].transpose([*transfer.dropped, *transfer.permuted])
    view[at_view] = box.reshape(box.shape[len(transfer.dropped) :])


def _store(transfer: _Transfer, ranges: list[_Range], view: Array, tensor: Array) -> None:
    """Copies what is inside."""
    at_tensor, at_view = _inside(transfer, ranges)
    box = np.expand_dims(view[at_view], tuple(range(len(transfer.dropped))))
    values = box.transpose(np.argsort([*transfer.dropped, *transfer.permuted]))
    if transfer.by is None:
        tensor[at_tensor] = values
        return
    scatter_in_order(tensor, at_tensor, values, transfer.by.dim, transfer.by.combine)


COMBINES = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}
"""What a scatter makes of what is there and what it brings."""


def scatter_in_order(tensor: Array, at: Any, values: Array, dim: int, combine: str | None) -> None:
    """Writes `values` at the open mesh `at` of `tensor`, one element of `dim` after the other."""
    for position in range(values.shape[dim]):
        part: list[Any] = list(at)
        part[dim] = at[dim].take([position], dim)
        place = tuple(part)
        new = values.take([position], dim)
        tensor[place] = new if combine is None else COMBINES[combine](tensor[place], new)


def _inside(transfer: _Transfer, ranges: list[_Range]) -> tuple[Any, Any]:
    """Indices of the tensor, and of the view, of what is in both."""
    inside = [one.inside for one in ranges]
    at_tensor = np.ix_(*(one.indices[i] for one, i in zip(ranges, inside, strict=True)))
    return at_tensor, np.ix_(*(inside[dim] for dim in transfer.permuted))


HANDLERS: dict[type[Operation], Handler] = {
    npu.CopyOp: _transfer,
    npu.DmaLoadOp: _transfer,
    npu.DmaStoreOp: _transfer,
}
"""How each transfer is executed."""
