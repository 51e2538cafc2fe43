"""What a group keeps in the scratchpad, and how many bytes of it a tile needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from math import prod
from typing import TypeVar

from xdsl.dialects.builtin import f32
from xdsl.ir import Attribute

from npu.dialects.dma_descriptor import MAX_DIMS
from npu.dialects.element_types import bytes_of
from npu.dialects.npu.attrs import SPAD_ALIGNMENT

MAX_TRANSFER_RANK = MAX_DIMS
"""Dimensions of one DMA transfer (rule D2); a tile's dimensions of extent 1 do not count."""


Number = TypeVar("Number", int, float)


class Role(Enum):
    """What a buffer is for."""

    ROWS = "rows"
    """The operand whose rows stream through the array."""
    WEIGHTS = "weights"
    """The operand that the array holds."""
    INPUT = "input"
    """Read by vector code."""
    OUTPUT = "output"
    """Stored to DRAM."""
    TEMPORARY = "temporary"
    """Neither loaded nor stored."""


@dataclass(frozen=True)
class Axis:
    """One dimension of a buffer: the elements that a tile of the group's dimensions touches there.

    With one term of factor 1 those are the tile's; with several they are a window's way, the halo
    included: 1 + sum(factor * (tile - 1)) elements.
    """

    terms: tuple[tuple[int, int], ...]
    """(dimension of the group, factor); factors are positive."""

    @property
    def dim(self) -> int | None:
        """The one dimension of the group that it is; None for a window and for a single element."""
        if len(self.terms) == 1 and self.terms[0][1] == 1:
            return self.terms[0][0]
        return None

    def size(self, tile: Sequence[Number]) -> Number | int:
        """Elements for a tile, or for tiles of a mean size."""
        return 1 + sum(factor * (tile[d] - 1) for d, factor in self.terms)


def plain(dims: Sequence[int]) -> tuple[Axis, ...]:
    """Axes that are dimensions of the group."""
    return tuple(Axis(((d, 1),)) for d in dims)


@dataclass(frozen=True)
class Buffer:
    """A scratchpad buffer by what it spans of the group's dimensions, outermost first."""

    axes: tuple[Axis, ...]
    role: Role
    element: Attribute = f32
    """The type of its elements."""

    @property
    def element_bytes(self) -> int:
        """Bytes of one element."""
        return bytes_of(self.element)

    @property
    def dims(self) -> tuple[int, ...]:
        """The dimensions of the group that it depends on, as they occur."""
        return tuple(dict.fromkeys(d for axis in self.axes for d, _ in axis.terms))

    @property
    def is_streamed(self) -> bool:
        """Whether DMA fills or drains it, so that it needs more than one slot to overlap."""
        return self.role is not Role.TEMPORARY


def tile_bytes(buffer: Buffer, tile: Sequence[int]) -> int:
    """Bytes of one slot of `buffer` for a tile."""
    return buffer.element_bytes * prod(axis.size(tile) for axis in buffer.axes)


def footprint(
    buffers: Iterable[Buffer], extents: Sequence[int], tile: Sequence[int], slots: int
) -> int:
    """Bytes of all buffers, each aligned: `slots` of each that is filled or drained repeatedly."""
    total = 0
    for buffer in buffers:
        is_refilled = any(tile[d] < extents[d] for d in buffer.dims)
        count = slots if buffer.is_streamed and is_refilled else 1
        total += -(-count * tile_bytes(buffer, tile) // SPAD_ALIGNMENT) * SPAD_ALIGNMENT
    return total


def movable(buffers: Iterable[Buffer], tile: Sequence[int]) -> bool:
    """Whether one DMA transfer can describe every streamed tile."""
    return all(
        sum(axis.size(tile) > 1 for axis in b.axes) <= MAX_TRANSFER_RANK
        for b in buffers
        if b.is_streamed
    )


def trips(extents: Sequence[int], tile: Sequence[int]) -> tuple[int, ...]:
    """Tiles in each dimension."""
    return tuple(-(-extent // t) for extent, t in zip(extents, tile, strict=True))
