"""The search for a contraction's tiles: all candidates that fit, the one with the best estimate.

Candidates of each loop are counts of array-sized pieces: powers of two, and the loop cut into 1, 2,
3, ... nearly equal tiles; of loops that no array walks, the divisors. The reduction loops are
innermost, so that results stay in the scratchpad until they are complete (output stationary). Among
estimates that count as equal the least DRAM traffic wins, then the fewest tiles, then the better
estimate, then the first candidate: the choice is deterministic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from math import prod
from typing import NamedTuple

from npu.passes.map.choice import Choice, TooLargeError
from npu.passes.map.contraction import Problem, bytes_moved, cycles
from npu.passes.map.device import Device
from npu.passes.map.footprint import footprint, movable, trips

SLOTS = 2
"""Slots of each streamed buffer: one is filled or drained while the other is used."""

TOLERANCE = 0.16
"""Estimates this close count as equal, and the one that moves less wins.

The estimate takes the DRAM at its peak between refreshes. Two loads to one store, which is what a
matmul's tiles are, lose 16 % of that to bus turnarounds alone (Ramulator 2, HBM2 with JEDEC
timings, refresh off: 0.843 of the peak), and row misses come on top. What moves less also leaves
more to other cores.
"""

MOST_CUTS = 16
"""Most equal cuts that are tried."""


class _Candidate(NamedTuple):
    """One mapping that fits."""

    estimate: float
    """Core cycles."""
    moved: float
    """Bytes between DRAM and scratchpads."""
    tiles: int
    tile: tuple[int, ...]
    order: tuple[int, ...]


def search(problem: Problem, device: Device) -> Choice:
    """The best mapping. Raises TooLargeError if no candidate fits the scratchpad."""
    found: list[_Candidate] = []
    smallest: int | None = None
    for tile in product(*(candidates(problem, device, d) for d in range(len(problem.extents)))):
        size = footprint(problem.buffers, problem.extents, tile, SLOTS)
        smallest = size if smallest is None else min(smallest, size)
        counts = trips(problem.extents, tile)
        if size > device.spad_bytes or not movable(problem.buffers, tile):
            continue
        for order in orders(problem, counts):
            estimate = cycles(problem, device, tile, order, SLOTS)
            moved = bytes_moved(problem, counts, order, device.cores)
            found.append(_Candidate(estimate, moved, prod(counts), tile, order))
    if not found:
        assert smallest is not None
        raise TooLargeError(smallest, device.spad_bytes)
    limit = min(candidate.estimate for candidate in found) * (1 + TOLERANCE)
    close = [candidate for candidate in found if candidate.estimate <= limit]
    best = min(close, key=lambda one: (one.moved, one.tiles, one.estimate))
    return Choice(best.tile, subtile(problem, device, best.tile), best.order, SLOTS)


def candidates(problem: Problem, device: Device, dim: int) -> list[int]:
    """Tile sizes to try for one loop, largest first."""
    extent, size = problem.extents[dim], device.array_size
    if dim in problem.one_by_one:
        return [1]
    if dim not in (problem.m[-1:] + problem.n[-1:] + problem.k[-1:]):
        return [d for d in range(extent, 0, -1) if extent % d == 0]
    pieces = -(-extent // size)
    counts = {1, pieces, *(-(-pieces // cuts) for cuts in range(2, MOST_CUTS + 1))}
    counts |= {2**power for power in range(pieces.bit_length()) if 2**power < pieces}
    found = {min(count * size, extent) for count in counts}
    return sorted(found, reverse=True)


def orders(problem: Problem, counts: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Loop orders with the reduction innermost; loops of one trip do not multiply the choices."""
    moving = [d for d in problem.parallel if counts[d] > 1]
    still = [d for d in problem.parallel if counts[d] == 1]
    for some in permutations(moving):
        yield (*some, *still, *problem.k)


def subtile(problem: Problem, device: Device, tile: Sequence[int]) -> tuple[int, ...]:
    """Pieces for one DMA each: array-sized along k and n.

    So a matmul waits for its own weights and its own slice of the rows only. It pushes all rows of
    a tile, so m stays whole.
    """
    walked = problem.n[-1:] + problem.k[-1:]
    return tuple(
        min(size, device.array_size) if dim in walked else size for dim, size in enumerate(tile)
    )
