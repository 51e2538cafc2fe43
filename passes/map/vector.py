"""Tiles of vector groups: elementwise chains and row reductions.

Reduced dimensions stay whole where a row fits the scratchpad; else rows are cut into the tiles of
sweeps (`npu.passes.group.sweeps`). The others are cut so that loading, computing and storing of
different tiles overlap: with n tiles the stages hide each other but for 1/n of the transfers, while
each tile costs the DRAM latency once more. transfers / n + latency * n is least at n =
sqrt(transfers / latency): that is the wanted number of tiles, at least one for each core. Tiles
grow from the innermost dimension outwards, so that DMA runs are long and lanes are full.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isqrt, prod

from npu.passes.map.footprint import footprint, movable, tile_bytes
from npu.passes.map.problem import Problem
from npu.passes.map.tiling import AMPLE, OVERLAPPED, Loops, Tiling, TooLargeError, overlapped


def candidates(problem: Problem) -> Iterator[Tiling]:
    """The tiling of a vector group. Raises TooLargeError if the smallest tiles do not fit."""
    device = problem.device
    whole = [dim.kind.is_summed and not problem.cuts_rows for dim in problem.dims]
    tile = [
        extent if is_whole else 1 for extent, is_whole in zip(problem.extents, whole, strict=True)
    ]
    needed = _footprint(problem, tile)
    if needed > device.spad_bytes:
        raise TooLargeError(needed, device.spad_bytes)
    most = _elements_wanted(problem)
    for dim in reversed(problem.memory_order):
        if whole[dim]:
            continue
        grown = [*tile[:dim], _grown(problem, tile, dim, most), *tile[dim + 1 :]]
        if not movable(problem.operands, grown):
            break
        tile = grown
        if tile[dim] < problem.extents[dim]:
            break
    order = _order(problem)
    yield Tiling(tuple(tile), tuple(tile), order, _buffers(problem, tile, order))


def _buffers(problem: Problem, tile: Sequence[int], order: tuple[int, ...]) -> tuple[int, ...]:
    """As many buffers as there is room for, at least those that the tile was chosen for."""
    loops = Loops.of(problem, tile, order)
    tried = [overlapped(loops, result, streamed) for streamed, result in AMPLE]
    fitting = (
        one for one in tried if footprint(problem.operands, tile, one) <= problem.device.spad_bytes
    )
    return next(fitting, tried[-1])


def _order(problem: Problem) -> tuple[int, ...]:
    """Summed dimensions innermost, others in order."""
    dims = range(len(problem.dims))
    return tuple(sorted(dims, key=lambda d: (problem.dims[d].kind.is_summed, d)))


def _footprint(problem: Problem, tile: Sequence[int]) -> int:
    """Bytes of all buffers if everything streamed overlaps, on however many cores."""
    buffers = [
        OVERLAPPED if o.is_streamed and any(tile[d] < problem.extents[d] for d in o.dims) else 1
        for o in problem.operands
    ]
    return footprint(problem.operands, tile, buffers)


def _elements_wanted(problem: Problem) -> int:
    """Iterations of one tile that make the wanted number of tiles."""
    device = problem.device
    moved = sum(tile_bytes(o, problem.extents) for o in problem.operands if o.is_streamed)
    transfers = moved / device.rate(device.cores)
    tiles = max(device.cores, isqrt(int(transfers / max(device.dram_latency_cycles, 1.0))))
    return max(1, prod(problem.extents) // tiles)


def _grown(problem: Problem, tile: Sequence[int], dim: int, most: int) -> int:
    """The largest size of `dim` that fits, up to the wanted elements, in equal cuts."""
    others = prod(t for d, t in enumerate(tile) if d != dim)
    low, high = 1, max(1, min(problem.extents[dim], most // others))
    while low < high:
        middle = (low + high + 1) // 2
        grown = [*tile[:dim], middle, *tile[dim + 1 :]]
        if _footprint(problem, grown) <= problem.device.spad_bytes:
            low = middle
        else:
            high = middle - 1
    cuts = -(-problem.extents[dim] // low)
    return _whole_groups(problem, tile, dim, -(-problem.extents[dim] // cuts))


def _whole_groups(problem: Problem, tile: Sequence[int], dim: int, size: int) -> int:
    """`size`, or near it a multiple of the lines that run side by side: one for each vector unit.

    Lines that are left over run one by one, each about as long as a whole group. Of the dimension
    along lines any size is as good.
    """
    units = problem.device.vector_units
    is_along_lines = dim == problem.memory_order[-1]
    if is_along_lines or size % units == 0 or not units < size < problem.extents[dim]:
        return size
    more = min(size + units - size % units, problem.extents[dim])
    fits = _footprint(problem, [*tile[:dim], more, *tile[dim + 1 :]]) <= problem.device.spad_bytes
    return more if fits else size - size % units
