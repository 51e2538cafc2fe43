"""A mapping by numbers: what search and estimates compute with, and where its transfers stand.

`nest.py` makes the tree of it that `#npu.mapping` prints, and back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, prod

from npu.passes.map.footprint import Operand, Role, trips
from npu.passes.map.problem import Problem

OVERLAPPED = 2
"""Buffers of what is streamed: one is filled or drained while the other is used."""

AMPLE = ((3, 3), (2, 3), (2, 2))
"""Buffers of what is loaded and of results, the first of which there is room for. One of a result
is written into, another waits for its last elements, the third is stored; with a third one of what
is loaded, requests go on while the last elements of a tile arrive and the one before is used."""


@dataclass(frozen=True)
class Tiling:
    """Tile, piece and place of each dimension of a problem, buffers of each operand."""

    tile: tuple[int, ...]
    """Elements that the scratchpad holds at once; tails are exact."""
    piece: tuple[int, ...]
    """Elements that one DMA instruction moves."""
    order: tuple[int, ...]
    """The loops, outermost first; summed dimensions last."""
    buffers: tuple[int, ...]
    """Of each operand, used in turn."""
    strategy: str = ""
    """How a convolution meets the arrays (`strategies.py`); empty for what is none."""


class TooLargeError(ValueError):
    """Not even the smallest tile fits into the scratchpad."""

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(f"{needed} bytes needed, {available} there")
        self.needed = needed
        self.available = available


@dataclass(frozen=True)
class Loops:
    """The loops over tiles that there are: those of one trip do not exist."""

    problem: Problem
    counts: tuple[int, ...]
    """Tiles of each dimension."""
    dims: tuple[int, ...]
    """Outermost first."""

    @staticmethod
    def of(problem: Problem, tile: Sequence[int], order: Sequence[int]) -> Loops:
        """The loops of some tiles in some order."""
        counts = trips(problem.extents, tile)
        return Loops(problem, counts, tuple(d for d in order if counts[d] > 1))

    def depth(self, operand: Operand) -> int:
        """The number of loops around a transfer: down to the innermost one that moves it."""
        for depth in range(len(self.dims), 0, -1):
            if self.dims[depth - 1] in operand.dims:
                return depth
        return 0

    def loads(self, operand: Operand) -> int:
        """How often a tile is moved: once an iteration of the loops around it; results once."""
        if operand.role is Role.OUTPUT:
            return prod(self.counts[d] for d in operand.dims)
        return prod(self.counts[d] for d in self.dims[: self.depth(operand)])

    @cached_property
    def dealt(self) -> tuple[int, ...]:
        """The loops whose iterations are dealt to cores: outer ones with no load between."""
        loops = [d for d in self.dims if d in self.problem.trunk]
        homes = {self.depth(o) for o in self.problem.operands if o.role is not Role.OUTPUT}
        inner = next((depth for depth in range(1, len(loops)) if depth in homes), len(loops))
        return tuple(loops[:inner])

    def items(self) -> int:
        """Iterations that can be dealt to cores."""
        return prod(self.counts[d] for d in self.dealt)

    def idle(self) -> float:
        """The share of the busiest core, over that of work dealt evenly; at least 1."""
        cores, dealt = self.problem.device.cores, self.items()
        return ceil(dealt / cores) * cores / dealt

    def trips_on_one_core(self, operand: Operand) -> int:
        """The most tiles of an operand that one core sees."""
        around, dealt = self.dims[: self.depth(operand)], self.dealt
        shared = prod(self.counts[d] for d in dealt) if around else 1
        own = prod(self.counts[d] for d in around if d not in dealt)
        return -(-shared // self.problem.device.cores) * own


def overlapped(
    loops: Loops, result: int = OVERLAPPED, streamed: int = OVERLAPPED
) -> tuple[int, ...]:
    """Buffers that let tiles overlap: `result` for what is stored, `streamed` for what is loaded.

    One for what a core sees one tile of, and for what only passes between vector operations, which
    run in order.
    """
    problem = loops.problem
    found: list[int] = []
    for number, operand in enumerate(problem.operands):
        is_result = operand.role is Role.OUTPUT or number == problem.accumulator
        trips_on_one_core = loops.trips_on_one_core(operand)
        if trips_on_one_core == 1:
            found.append(1)
        elif is_result:
            found.append(min(result, trips_on_one_core))
        else:
            found.append(min(streamed, trips_on_one_core) if operand.is_streamed else 1)
    return tuple(found)
