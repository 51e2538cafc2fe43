"""The search for a contraction's tiles: all candidates that fit, the one with the best estimate.

Candidates of a loop that an array walks are counts of array-sized pieces: powers of two, and the
loop cut into 1, 2, 3, ... nearly equal tiles. The m loops are cut at one place: those inside are
whole, those outside have tiles of one iteration, so that rows lie close together in DRAM. Loops of
batches, and further n loops, have their divisors; the taps of a convolution stay whole. The
reduction loops are innermost, so that results stay in the scratchpad until they are complete
(output stationary). Among estimates that count as equal the least DRAM traffic wins, then the
fewest tiles, then the better estimate, then the first candidate: the choice is deterministic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from math import prod
from typing import NamedTuple

from npu.passes.map.choice import Choice, TooLargeError
from npu.passes.map.contraction import Problem, bytes_moved, cycles, subtile
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

TOLERANCE_WITH_TAPS = 0.05
"""As `TOLERANCE`, for convolutions: their weights serve each tile for all taps, so that the arrays
decide, not the DRAM, and small first and last tiles are worth more than a little less traffic."""

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
    fitting: list[tuple[int, ...]] = []
    smallest: int | None = None
    for tile in tiles(problem, device):
        size = footprint(problem.buffers, problem.extents, tile, SLOTS)
        smallest = size if smallest is None else min(smallest, size)
        if size <= device.spad_bytes:
            fitting.append(tile)
    found: list[_Candidate] = []
    for tile in [t for t in fitting if movable(problem.buffers, t)] or fitting:
        counts = trips(problem.extents, tile)
        for order in orders(problem, counts):
            estimate = cycles(problem, device, tile, order, SLOTS)
            moved = bytes_moved(problem, counts, order, device.cores)
            found.append(_Candidate(estimate, moved, prod(counts), tile, order))
    if not found:
        assert smallest is not None
        raise TooLargeError(smallest, device.spad_bytes)
    tolerance = TOLERANCE_WITH_TAPS if problem.taps else TOLERANCE
    limit = min(candidate.estimate for candidate in found) * (1 + tolerance)
    close = [candidate for candidate in found if candidate.estimate <= limit]
    best = min(close, key=lambda one: (one.moved, one.tiles, one.estimate))
    pieces = subtile(problem, device, best.tile)
    return Choice(best.tile, pieces, best.order, SLOTS, best.estimate)


def tiles(problem: Problem, device: Device) -> Iterator[tuple[int, ...]]:
    """The tiles to try, the largest sizes first."""
    others = [d for d in range(len(problem.extents)) if d not in problem.m]
    sizes = [candidates(problem, device, d) for d in others]
    for rows in row_tiles(problem, device):
        for some in product(*sizes):
            found = {**dict(zip(others, some, strict=True)), **rows}
            yield tuple(found[d] for d in range(len(problem.extents)))


def row_tiles(problem: Problem, device: Device) -> Iterator[dict[int, int]]:
    """Tile sizes of the m loops: one of them is cut, those inside are whole, those outside 1."""
    whole = {d: problem.extents[d] for d in problem.m}
    if problem.is_one_row:
        yield {d: 1 if d in problem.m[:-1] else whole[d] for d in problem.m}
        return
    yield whole
    for place, cut in enumerate(problem.m):
        inner = prod(whole[d] for d in problem.m[place + 1 :])
        outer = dict.fromkeys(problem.m[:place], 1)
        for size in _row_cuts(whole[cut], inner, device.array_size):
            if size < whole[cut] or any(whole[d] > 1 for d in outer):
                yield {**whole, **outer, cut: size}


def _row_cuts(extent: int, inner: int, array_size: int) -> list[int]:
    """Sizes of the cut m loop, each step of which has `inner` rows: near whole array pieces."""
    steps = max(1, array_size // inner)
    pieces = -(-extent // steps)
    return sorted({min(count * steps, extent) for count in _counts(pieces)}, reverse=True)


def candidates(problem: Problem, device: Device, dim: int) -> list[int]:
    """Tile sizes to try for one loop that is no row, largest first."""
    extent, size = problem.extents[dim], device.array_size
    if dim in problem.one_by_one:
        return [1]
    if dim in problem.taps:
        return [extent]
    if dim not in problem.walked:
        return [d for d in range(extent, 0, -1) if extent % d == 0]
    found = {min(count * size, extent) for count in _counts(-(-extent // size))}
    return sorted(found, reverse=True)


def _counts(pieces: int) -> set[int]:
    """Numbers of pieces to try: powers of two, and nearly equal cuts of all."""
    counts = {1, pieces, *(-(-pieces // cuts) for cuts in range(2, MOST_CUTS + 1))}
    return counts | {2**power for power in range(pieces.bit_length()) if 2**power < pieces}


def orders(problem: Problem, counts: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Loop orders with the reduction innermost; loops of one trip do not multiply the choices."""
    moving = [d for d in problem.parallel if counts[d] > 1]
    still = [d for d in problem.parallel if counts[d] == 1]
    for some in permutations(moving):
        yield (*some, *still, *problem.k)
