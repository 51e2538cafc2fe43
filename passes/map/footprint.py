"""What a group keeps in the scratchpad, and how many bytes of it a tile needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from math import prod
from typing import TypeVar

from npu.dialects.dma_descriptor import MAX_DIMS
from npu.dialects.element_types import NAMED, bytes_of
from npu.dialects.npu.attrs import SPAD_ALIGNMENT

MAX_TRANSFER_RANK = MAX_DIMS
"""Dimensions of one DMA transfer (rule D2); a tile's dimensions of extent 1 do not count."""


Number = TypeVar("Number", int, float)


class Role(Enum):
    """What an operand is for."""

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
class Operand:
    """What a group keeps in the scratchpad, by what a tile spans of the group's dimensions."""

    axes: tuple[Axis, ...]
    """Outermost first."""
    role: Role
    type: str = "f32"
    """Of its elements."""
    name: str = ""
    """Unlike that of any other operand of the problem."""

    @cached_property
    def element_bytes(self) -> int:
        """Bytes of one element."""
        return bytes_of(NAMED[self.type])

    @cached_property
    def dims(self) -> tuple[int, ...]:
        """The dimensions of the group that it depends on, as they occur."""
        return tuple(dict.fromkeys(d for axis in self.axes for d, _ in axis.terms))

    @property
    def is_streamed(self) -> bool:
        """Whether DMA fills or drains it, so that several buffers let it overlap."""
        return self.role is not Role.TEMPORARY

    @property
    def is_of_arrays(self) -> bool:
        """Whether the arrays read it."""
        return self.role in (Role.ROWS, Role.WEIGHTS)


def tile_bytes(operand: Operand, tile: Sequence[int]) -> int:
    """Bytes of one buffer of an operand for a tile."""
    return operand.element_bytes * prod(axis.size(tile) for axis in operand.axes)


def footprint(operands: Iterable[Operand], tile: Sequence[int], buffers: Iterable[int]) -> int:
    """Scratchpad bytes of all operands, each aligned, with their numbers of buffers."""
    return room((tile_bytes(operand, tile) for operand in operands), buffers)


def room(sizes: Iterable[int], buffers: Iterable[int]) -> int:
    """As `footprint`, of operands whose tiles have these bytes."""
    return sum(
        -(-count * size // SPAD_ALIGNMENT) * SPAD_ALIGNMENT
        for size, count in zip(sizes, buffers, strict=True)
    )


def movable(operands: Iterable[Operand], tile: Sequence[int]) -> bool:
    """Whether one DMA transfer can describe every streamed tile."""
    return all(
        sum(axis.size(tile) > 1 for axis in o.axes) <= MAX_TRANSFER_RANK
        for o in operands
        if o.is_streamed
    )


def trips(extents: Sequence[int], tile: Sequence[int]) -> tuple[int, ...]:
    """Tiles in each dimension."""
    return tuple(-(-extent // t) for extent, t in zip(extents, tile, strict=True))
