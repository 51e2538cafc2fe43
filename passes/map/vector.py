"""Tiles of vector groups: elementwise chains and row reductions.

Reduced dimensions stay whole where a row fits the scratchpad; else rows are cut into the tiles of
sweeps (`npu.passes.group.sweeps`). The others are cut so that loading, computing and storing of
different tiles overlap: with n tiles the stages hide each other but for 1/n of the transfers, while
each tile costs the DRAM latency once more. transfers / n + latency * n is least at n =
sqrt(transfers / latency): that is the wanted number of tiles, at least one for each core. Tiles
grow from the innermost dimension outwards, so that DMA runs are long and lanes are full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt, prod

from npu.passes.map.choice import Choice, TooLargeError
from npu.passes.map.device import Device
from npu.passes.map.footprint import Buffer, footprint, movable, tile_bytes

SLOTS = 2
"""Slots of each streamed buffer."""


@dataclass(frozen=True)
class VectorProblem:
    """A vector group: extents, which dimensions are reduced, and its buffers."""

    extents: tuple[int, ...]
    reduced: tuple[bool, ...]
    buffers: tuple[Buffer, ...]
    growth: tuple[int, ...]
    """All dimensions in the order in which tiles grow: what lies innermost first."""
    cuts_rows: bool = False
    """Whether the buffers are those of sweeps, so that reduced dimensions are cut like others."""


def choose(problem: VectorProblem, device: Device) -> Choice:
    """The tiles of a vector group. Raises TooLargeError if the smallest do not fit."""
    whole = [reduced and not problem.cuts_rows for reduced in problem.reduced]
    tile = [
        extent if is_whole else 1 for extent, is_whole in zip(problem.extents, whole, strict=True)
    ]
    needed = footprint(problem.buffers, problem.extents, tile, SLOTS)
    if needed > device.spad_bytes:
        raise TooLargeError(needed, device.spad_bytes)
    most = _elements_wanted(problem, device)
    for dim in problem.growth:
        if whole[dim]:
            continue
        grown = [*tile[:dim], _grown(problem, device, tile, dim, most), *tile[dim + 1 :]]
        if not movable(problem.buffers, grown):
            break
        tile = grown
        if tile[dim] < problem.extents[dim]:
            break
    order = tuple(sorted(range(len(tile)), key=lambda d: (problem.reduced[d], d)))
    return Choice(tuple(tile), tuple(tile), order, SLOTS)


def _elements_wanted(problem: VectorProblem, device: Device) -> int:
    """Iterations of one tile that make the wanted number of tiles."""
    moved = sum(tile_bytes(b, problem.extents) for b in problem.buffers if b.is_streamed)
    transfers = moved / device.rate(device.cores)
    tiles = max(device.cores, isqrt(int(transfers / max(device.dram_latency_cycles, 1.0))))
    return max(1, prod(problem.extents) // tiles)


def _grown(problem: VectorProblem, device: Device, tile: Sequence[int], dim: int, most: int) -> int:
    """The largest size of `dim` that fits, up to the wanted elements, in equal cuts."""
    others = prod(t for d, t in enumerate(tile) if d != dim)
    low, high = 1, max(1, min(problem.extents[dim], most // others))
    while low < high:
        middle = (low + high + 1) // 2
        grown = [*tile[:dim], middle, *tile[dim + 1 :]]
        if footprint(problem.buffers, problem.extents, grown, SLOTS) <= device.spad_bytes:
            low = middle
        else:
            high = middle - 1
    cuts = -(-problem.extents[dim] // low)
    return -(-problem.extents[dim] // cuts)
