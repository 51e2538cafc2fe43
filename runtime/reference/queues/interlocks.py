"""Interlocks: instructions that touch the same scratchpad, one of them writing, keep their order.

The rules are togsim's (docs/timing-model.md, "Interlocks"): rectangles of one slot conflict where
they overlap, slots of different buffers that share bytes as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from xdsl.ir import Operation

from npu.runtime.reference.frame import Array
from npu.runtime.reference.queues.moments import Instruction


@dataclass(frozen=True)
class Rectangle:
    """Half-open ranges of one slot of a buffer."""

    buffer: Operation
    slot: int
    low: tuple[int, ...]
    high: tuple[int, ...]

    def overlaps(self, other: Rectangle) -> bool:
        """Whether two of one slot have an element in common."""
        ranges = zip(self.low, self.high, other.low, other.high, strict=True)
        return all(low < end and first < high for low, high, first, end in ranges)

    def contains(self, other: Rectangle) -> bool:
        """Whether this one has all elements of another one of its slot."""
        ranges = zip(self.low, self.high, other.low, other.high, strict=True)
        return all(low <= first and end <= high for low, high, first, end in ranges)


@dataclass(eq=False)
class _Slot:
    """Who reads and writes one slot, those left out whom a later writer has waited for."""

    readers: list[tuple[Instruction, Rectangle]] = field(
        default_factory=list[tuple[Instruction, Rectangle]]
    )
    writers: list[tuple[Instruction, Rectangle]] = field(
        default_factory=list[tuple[Instruction, Rectangle]]
    )
    aliases: list[_Slot] = field(default_factory=list["_Slot"])
    """Slots of other buffers that share bytes with this one."""


class Interlocks:
    """Those of one core in one launch."""

    def __init__(self) -> None:
        self._arrays: dict[Operation, Array] = {}
        self._slots: dict[Operation, list[_Slot]] = {}

    def add(self, buffer: Operation, array: Array) -> None:
        """A buffer of slots x shape, in the memory that it has been placed in."""
        slots = [_Slot() for _ in array]
        for other, there in self._arrays.items():
            for mine, part in zip(slots, array, strict=True):
                for theirs, rest in zip(self._slots[other], there, strict=True):
                    if np.may_share_memory(part, rest):
                        mine.aliases.append(theirs)
                        theirs.aliases.append(mine)
        self._arrays[buffer], self._slots[buffer] = array, slots

    def rectangle(self, buffer: Operation, view: Array) -> Rectangle | None:
        """What a view looks at, elements that its steps leave out included; None if empty."""
        whole = self._arrays[buffer]
        if view.size == 0:
            return None
        bytes_ = _address(view) - _address(whole)
        last = bytes_ + sum((n - 1) * s for n, s in zip(view.shape, view.strides, strict=True))
        low, high = _index(bytes_, whole.strides), _index(last, whole.strides)
        return Rectangle(buffer, low[0], low[1:], tuple(index + 1 for index in high[1:]))

    def enter(
        self, mine: Instruction, reads: Sequence[Rectangle], writes: Sequence[Rectangle]
    ) -> None:
        """Orders an instruction behind the earlier ones it conflicts with, and remembers it."""
        for rectangle in reads:
            self._order(mine, rectangle, writes=False)
        for rectangle in writes:
            self._order(mine, rectangle, writes=True)
        for rectangle in reads:
            self._slot(rectangle).readers.append((mine, rectangle))
        for rectangle in writes:
            self._remember_writer(mine, rectangle)

    def _slot(self, rectangle: Rectangle) -> _Slot:
        return self._slots[rectangle.buffer][rectangle.slot]

    def _order(self, mine: Instruction, rectangle: Rectangle, *, writes: bool) -> None:
        slot = self._slot(rectangle)
        for other, there in slot.writers:
            if not rectangle.overlaps(there):
                continue
            if writes and mine.is_matmul and other.is_matmul and rectangle == there:
                # Results leave the arrays in the order in which rows were pushed.
                mine.start.after(other.start)
                mine.complete.after(other.complete)
            else:
                mine.start.after(other.complete)
        if writes:
            for other, there in slot.readers:
                if rectangle.overlaps(there):
                    mine.start.after(other.reads_done)
        for alias in slot.aliases:
            for other, _ in alias.writers:
                mine.start.after(other.complete)
            for other, _ in alias.readers if writes else ():
                mine.start.after(other.reads_done)

    def _remember_writer(self, mine: Instruction, rectangle: Rectangle) -> None:
        """Who conflicts with something older inside of `rectangle` conflicts with `mine` too."""
        slot = self._slot(rectangle)
        for lane in (slot.readers, slot.writers):
            lane[:] = [
                (other, there)
                for other, there in lane
                if other is mine or not rectangle.contains(there)
            ]
        slot.writers.append((mine, rectangle))


def _address(array: Array) -> int:
    return array.__array_interface__["data"][0]


def _index(offset: int, strides: Sequence[int]) -> tuple[int, ...]:
    """The element at a byte offset of a row-major array."""
    index: list[int] = []
    for stride in strides:
        at, offset = divmod(offset, stride)
        index.append(at)
    return tuple(index)
