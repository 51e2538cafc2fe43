"""The search for a contraction's tiles: all candidates that fit, the one with the best estimate.

Candidates of each loop: the whole loop; multiples of the array's size by powers of two; the loop cut
into 2, 3, 4, ... nearly equal tiles; of loops that no array walks, the divisors. The reduction loops are innermost, so that results stay in the
scratchpad until they are complete (output stationary). Ties go to the fewest tiles, then to the
first candidate: the choice is deterministic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from math import prod

from npu.passes.mapping.choice import Choice, TooLargeError
from npu.passes.mapping.contraction import Problem, cycles
from npu.passes.mapping.device import Device
from npu.passes.mapping.footprint import footprint, movable, pieces_agree, trips

SLOTS = 2
"""Slots of each streamed buffer: one is filled or drained while the other is used."""

MOST_CUTS = 16
"""Equal cuts tried beyond the multiples of the array's size."""


def search(problem: Problem, device: Device) -> Choice:
    """The best mapping. Raises TooLargeError if no candidate fits the scratchpad."""
    best: tuple[float, int, tuple[int, ...], tuple[int, ...]] | None = None
    smallest: int | None = None
    most = _most_items(problem, device)
    for tile in product(*(candidates(problem, device, d) for d in range(len(problem.extents)))):
        size = footprint(problem.buffers, tile, SLOTS)
        smallest = size if smallest is None else min(smallest, size)
        counts = trips(problem.extents, tile)
        items = prod(counts[d] for d in problem.parallel)
        if size > device.spad_bytes or items < most or not movable(problem.buffers, tile):
            continue
        for order in orders(problem, counts):
            key = (cycles(problem, device, tile, order), prod(counts), tile, order)
            if best is None or key[:2] < best[:2]:
                best = key
    if best is None:
        assert smallest is not None
        raise TooLargeError(smallest, device.spad_bytes)
    _, _, tile, order = best
    return Choice(tile, subtile(problem, device, tile), order, SLOTS)


def candidates(problem: Problem, device: Device, dim: int) -> list[int]:
    """Tile sizes to try for one loop, largest first."""
    extent = problem.extents[dim]
    if dim not in (problem.m[-1:] + problem.n[-1:] + problem.k[-1:]):
        return [d for d in range(extent, 0, -1) if extent % d == 0]
    size = device.array_size
    found = {extent}
    multiple = size
    while multiple < extent:
        found.add(multiple)
        multiple *= 2
    found |= {-(-extent // cuts) for cuts in range(2, MOST_CUTS + 1)}
    wanted = {t for t in found if t >= min(size, extent)}
    if dim not in problem.m:
        wanted = {t for t in wanted if pieces_agree(extent, t, size)}
    return sorted(wanted, reverse=True)


def orders(problem: Problem, counts: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Loop orders with the reduction innermost; loops of one trip do not multiply the choices."""
    moving = [d for d in problem.parallel if counts[d] > 1]
    still = [d for d in problem.parallel if counts[d] == 1]
    for some in permutations(moving):
        yield (*some, *still, *problem.k)


def subtile(problem: Problem, device: Device, tile: Sequence[int]) -> tuple[int, ...]:
    """Pieces for one DMA each: array-sized, so that a matmul waits for its own operands only."""
    main = problem.m[-1:] + problem.n[-1:] + problem.k[-1:]
    pieces: list[int] = []
    for dim, size in enumerate(tile):
        piece = min(size, device.array_size)
        fits = dim in main and pieces_agree(problem.extents[dim], size, piece)
        pieces.append(piece if fits else size)
    return tuple(pieces)


def _most_items(problem: Problem, device: Device) -> int:
    """Work items wanted: one for each core, as far as the loops can be cut at all."""
    finest = prod(
        max(1, -(-problem.extents[d] // min(candidates(problem, device, d))))
        for d in problem.parallel
    )
    return min(device.cores, finest)
