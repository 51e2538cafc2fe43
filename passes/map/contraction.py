"""An analytic estimate of a tiled contraction's cycles.

Loads, multiplications and stores of different tiles overlap. So one of three things decides:

    arrays       start + array + last store: the arrays wait for their first operands only, because
                 tiles are loaded in pieces, and then for nothing but the last store
    transfers    all transfers, and the work of one piece of weights behind the last load
    slots        steps * (latency + transfer + array) / slots, each of one step of the innermost
                 tile loop: a slot is held from the request of its load to the end of its use

    cycles = latency + max(arrays, transfers, slots)

start        The first tile of rows and the first piece of weights (L x L of all taps), over the
             DRAM rate; all of the weights if they are loaded in front of the rows' loop.
array        Each L x L weight tile is loaded in min(k, L) cycles while the rows of the one before
             stream through in tm cycles: max(tm, min(k, L)) per weight tile, weight tiles dealt to
             the arrays of the core in turn. tm are the rows of a tile, all its m loops together.
             Each tap of a convolution has weight tiles of its own; folded ones share them.
transfers    The bytes of every tile, times how often the loop order has it moved: once per
             iteration of the loops down to the innermost one its dimensions depend on; over the
             rate of the DRAM, or of the busy cores' DMA engines if that is lower.

L is the array's size. Vector code behind the contraction is left out. No term is fitted to a
measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, prod

from npu.passes.group.fold import Fold
from npu.passes.map.device import Device
from npu.passes.map.footprint import Buffer, Role, tile_bytes, trips


@dataclass(frozen=True)
class Problem:
    """A contraction with its epilogue: extents by loop, the roles of loops, and all buffers."""

    extents: tuple[int, ...]
    batch: tuple[int, ...]
    m: tuple[int, ...]
    n: tuple[int, ...]
    k: tuple[int, ...]
    buffers: tuple[Buffer, ...]
    one_by_one: tuple[int, ...] = ()
    """Loops whose tiles hold one iteration."""
    has_walked_k: bool = True
    """Whether an array holds several elements of the last k loop: not if that one is a tap, too."""

    taps: tuple[int, ...] = ()
    """Reduced loops that move a window."""

    fold: Fold | None = None
    """Taps that an array holds side by side."""

    is_one_row: bool = False
    """Whether a tile holds one iteration of all m loops but the last."""

    @property
    def walked(self) -> tuple[int, ...]:
        """The loops whose elements an array holds: the last n and the last k."""
        return self.n[-1:] + (self.k[-1:] if self.has_walked_k else ())

    @property
    def parallel(self) -> tuple[int, ...]:
        """Loops that are not reduced."""
        return (*self.batch, *self.m, *self.n)


def cycles(
    problem: Problem, device: Device, tile: Sequence[int], order: Sequence[int], slots: int
) -> float:
    """The estimate, in core cycles, of one launch on all cores."""
    counts = trips(problem.extents, tile)
    items = prod(counts[d] for d in problem.parallel)
    dealt = work_items(problem, counts, order)
    share = ceil(dealt / device.cores) * items // dealt
    steps = share * prod(counts[d] for d in problem.k)
    array = array_cycles(problem, device, tile) * share / items
    busy = min(dealt, device.cores)
    rate = device.rate(busy)
    transfers = bytes_moved(problem, counts, order, busy) / rate
    slot = (steps * device.dram_latency_cycles + transfers + array) / slots
    ends = _end_bytes(problem, device, tile, counts, order) / rate
    return device.dram_latency_cycles + max(
        array + ends, transfers + _piece_cycles(problem, device, tile), slot
    )


def _end_bytes(
    problem: Problem,
    device: Device,
    tile: Sequence[int],
    counts: Sequence[int],
    order: Sequence[int],
) -> int:
    """Bytes that move while no array works: before the first matmul and behind the last."""
    rows, weights = (_only(problem, role) for role in (Role.ROWS, Role.WEIGHTS))
    total = tile_bytes(rows, tile)
    if _depth(weights, counts, order) < _depth(rows, counts, order):
        total += tile_bytes(weights, tile)
    else:
        total += tile_bytes(weights, subtile(problem, device, tile))
    outputs = [b for b in problem.buffers if b.role is Role.OUTPUT]
    return total + sum(tile_bytes(b, tile) for b in outputs)


def _only(problem: Problem, role: Role) -> Buffer:
    """The one buffer of a role."""
    return next(b for b in problem.buffers if b.role is role)


def work_items(problem: Problem, counts: Sequence[int], order: Sequence[int]) -> int:
    """Iterations that can be dealt to cores: of the outer parallel loops with no load between."""
    loops = [d for d in order if d in problem.parallel and counts[d] > 1]
    homes = {_depth(b, counts, order) for b in problem.buffers if b.role is not Role.OUTPUT}
    inner = next((depth for depth in range(1, len(loops)) if depth in homes), len(loops))
    return prod(counts[d] for d in loops[:inner])


def bytes_moved(
    problem: Problem, counts: Sequence[int], order: Sequence[int], busy_cores: int
) -> float:
    """Bytes of all transfers; what stands before all loops is loaded by each busy core."""
    mean = [extent / count for extent, count in zip(problem.extents, counts, strict=True)]
    total = 0.0
    for buffer in problem.buffers:
        if not buffer.is_streamed:
            continue
        size = buffer.element_bytes * prod(axis.size(mean) for axis in buffer.axes)
        is_shared = buffer.role is not Role.OUTPUT and _depth(buffer, counts, order) == 0
        total += size * loads(buffer, counts, order) * (busy_cores if is_shared else 1)
    return total


def array_cycles(problem: Problem, device: Device, tile: Sequence[int]) -> float:
    """Cycles that the arrays of one core need for the whole problem, tails included."""
    weight_tiles = prod(
        _pieces(problem.extents[d], tile[d], _held(problem, device, d))
        for d in (*problem.batch, *problem.n, *problem.k)
    )
    fill = _fill_cycles(problem, device, tile)
    per_weight = sum(
        prod(count for count, _ in cuts) * max(prod(rows for _, rows in cuts), fill)
        for cuts in product(*(_cuts(problem.extents[d], tile[d]) for d in problem.m))
    )
    used = min(device.arrays, weight_tiles)
    return weight_tiles * per_weight / used


def _held(problem: Problem, device: Device, dim: int) -> int:
    """Iterations of a loop of the weights that an array holds at a time."""
    if problem.fold is not None and dim == problem.fold.dim:
        return problem.fold.taps
    return device.array_size if dim in problem.walked else 1


def _cuts(extent: int, tile: int) -> list[tuple[int, int]]:
    """(how many, how long) of the tiles of one loop: whole ones, and the last one if it is not."""
    full, tail = divmod(extent, tile)
    return [(full, tile), *([(1, tail)] if tail else [])]


def _piece_cycles(problem: Problem, device: Device, tile: Sequence[int]) -> float:
    """Cycles of one piece of weights with all rows of a tile."""
    one = max(prod(tile[d] for d in problem.m), _fill_cycles(problem, device, tile))
    tiles = prod(_pieces(tile[d], tile[d], _held(problem, device, d)) for d in problem.taps)
    return one * max(1.0, tiles / device.arrays)


def subtile(problem: Problem, device: Device, tile: Sequence[int]) -> tuple[int, ...]:
    """Pieces for one DMA each: array-sized along k and n.

    So a matmul waits for its own weights and its own slice of the rows only. It pushes all rows of
    a tile, so m stays whole; the taps of a weight lie side by side in DRAM, so that they do, too.
    """
    return tuple(
        min(size, device.array_size) if dim in problem.walked else size
        for dim, size in enumerate(tile)
    )


def _fill_cycles(problem: Problem, device: Device, tile: Sequence[int]) -> int:
    """Cycles to load one weight tile into an array: one row of it a cycle."""
    if problem.fold is not None:
        return problem.fold.taps * problem.fold.channels
    return min(tile[problem.k[-1]], device.array_size) if problem.has_walked_k else 1


def loads(buffer: Buffer, counts: Sequence[int], order: Sequence[int]) -> int:
    """How often a tile of `buffer` is moved: the trips down to its innermost loop."""
    if buffer.role is Role.OUTPUT:
        return prod(counts[d] for d in buffer.dims)
    loops = [d for d in order if counts[d] > 1]
    return prod(counts[d] for d in loops[: _depth(buffer, counts, order)])


def _depth(buffer: Buffer, counts: Sequence[int], order: Sequence[int]) -> int:
    """The number of loops around the transfer of `buffer`; loops of one trip do not exist."""
    loops = [d for d in order if counts[d] > 1]
    return max((i + 1 for i, d in enumerate(loops) if d in buffer.dims), default=0)


def _pieces(extent: int, tile: int, size: int) -> int:
    """Array-sized pieces of all tiles along one dimension."""
    full, tail = divmod(extent, tile)
    return full * -(-tile // size) + -(-tail // size)
