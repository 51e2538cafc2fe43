"""An analytic estimate of what a tiling costs: bytes, and core cycles of one launch on all cores.

Loads, multiplications, vector code and stores of different tiles overlap. So one of four things
decides, each from the first request to the last store:

    arrays       start + array + drain + vector of a tile + last store: the arrays wait for their
                 first operands only, because tiles are loaded in pieces
    vector       start + array of a tile + drain + vector + last store
    transfers    all transfers, the work of one piece of weights behind the last load, drain, and
                 the vector code of a tile
    buffers      of each operand of several tiles: (loads * latency + transfers + work) / buffers; a
                 buffer is held from the request of its load to the end of the work that reads it.
                 One that is stored waits for no other transfers than its own.

    total = latency + max(arrays, vector, transfers, buffers)

Of a tree of stages (`npu.passes.group.tree`) a tile's come one behind the other, each when the one
before has left its whole result, while the transfers of other tiles go on:

    total = latency + start + max(array + vector, transfers) + last store

start        The first tile of rows and the first piece of weights (L x L of all taps), over the
             DRAM rate; all of the weights if they are loaded in front of the rows' loop. Of a
             vector group, the first tile of all inputs; of a tree, that of rows.
array        Each L x L weight tile is loaded in min(k, L) cycles while the rows of the one before
             stream through in tm cycles: max(tm, min(k, L)) per weight tile, weight tiles dealt to
             the arrays of the core in turn. tm are the rows of a tile, all its m loops together.
             Each tap of a convolution has weight tiles of its own; folded ones share them.
drain        2 L - 1 cycles from the last push of a tile to its last result; of each tile, where its
             buffer is waited for. Of a tree `array` has 2 L for each tile and stage.
vector       By `vector_cycles.py`, or a clock of the caller's own.
transfers    The bytes of every tile, times how often the loop order has it moved: once per
             iteration of the loops down to the innermost one its dimensions depend on; over the
             rate of the DRAM, or of the busy cores' DMA engines if that is lower.

L is the array's size. No term is fitted to a measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, prod

from npu.passes.map.footprint import Operand, Role, footprint, tile_bytes
from npu.passes.map.pieces import pieces_of
from npu.passes.map.problem import Problem
from npu.passes.map.tiling import Loops, Tiling
from npu.passes.map.vector_cycles import vector_cycles
from npu.passes.map.work import VectorClock, Work


@dataclass(frozen=True)
class Estimate:
    """What a tiling costs; cycles are those of the busiest core."""

    scratchpad_bytes: int
    """Of one core, all buffers."""
    dram_bytes: float
    """Moved by all cores together."""
    array_cycles: float
    """In which the arrays are busy."""
    vector_cycles: float
    """In which the vector unit is busy."""
    dma_cycles: float
    """In which data moves."""
    ends: float
    """That nothing hides: the latency of the DRAM, the first rows or inputs, the way through the
    arrays, the last store."""
    tiles: int
    """Of all cores."""
    idle: float
    """The share of the busiest core, over that of work dealt evenly; at least 1."""
    total: float
    """From the launch to its end."""

    @property
    def without_vector_code(self) -> float:
        """About the total if vector code took no time."""
        return self.ends + max(self.array_cycles, self.dma_cycles)


def transfer_bound(loops: Loops) -> float:
    """Cycles below which no number of buffers brings a launch."""
    device = loops.problem.device
    busy = min(loops.items(), device.cores)
    return device.dram_latency_cycles + bytes_moved(loops, busy) / device.rate(busy)


def estimate(problem: Problem, tiling: Tiling, clock: VectorClock = vector_cycles) -> Estimate:
    """The estimate of one launch; `clock` times vector code.

    Raises StrategyError for a strategy that does not suit the problem.
    """
    work = Work.of(problem, tiling.tile, tiling.strategy, clock)
    return estimate_of(Loops.of(problem, tiling.tile, tiling.order), tiling, work)


def estimate_of(loops: Loops, tiling: Tiling, work: Work) -> Estimate:
    """As `estimate`, of loops and work that are known."""
    problem, device = loops.problem, loops.problem.device
    items = prod(loops.counts[d] for d in problem.trunk)
    dealt = loops.items()
    tiles = ceil(dealt / device.cores) * items // dealt
    busy = min(dealt, device.cores)
    moved = bytes_moved(loops, busy)
    array, vector = work.array * tiles / items, work.vector * tiles / items
    transfers = moved / device.rate(busy)
    first, weights, last = (n / device.rate(busy) for n in _end_bytes(loops, tiling))
    is_overlapped = problem.branches is None
    drain = 2.0 * device.array_size - 1 if problem.is_contraction and is_overlapped else 0.0
    total = max(array + vector, transfers) + first + last
    if is_overlapped:
        start, of_tile = first + weights, vector / tiles
        total = max(
            start + array + drain + of_tile + last,
            start + array / tiles + drain + vector + last,
            transfers + work.piece + drain + of_tile,
            _buffers_bound(loops, tiling, transfers, array + drain * tiles, vector, tiles / items),
        )
    return Estimate(
        footprint(problem.operands, tiling.tile, tiling.buffers),
        moved,
        array,
        vector,
        transfers,
        device.dram_latency_cycles + first + drain + last,
        items,
        loops.idle(),
        device.dram_latency_cycles + total,
    )


def _end_bytes(loops: Loops, tiling: Tiling) -> tuple[int, int, int]:
    """Bytes that move while nothing is computed: first rows or inputs, first weights, last results.

    A tree's weights are not waited for: what its estimate leaves out.
    """
    problem, tile = loops.problem, tiling.tile
    outputs = sum(tile_bytes(o, tile) for o in problem.operands if o.role is Role.OUTPUT)
    if problem.branches is not None:
        return _first_of_tree(problem, tile), 0, outputs
    if not problem.is_contraction:
        inputs = (o for o in problem.operands if o.role is Role.INPUT)
        return sum(tile_bytes(o, tile) for o in inputs), 0, outputs
    rows, weights = (problem.operand(role) for role in (Role.ROWS, Role.WEIGHTS))
    is_first = loops.depth(weights) < loops.depth(rows)
    first = tile if is_first else pieces_of(problem, tile)
    return tile_bytes(rows, tile), tile_bytes(weights, first), outputs


def _first_of_tree(problem: Problem, tile: Sequence[int]) -> int:
    """Bytes of the first tile of rows; of what they are made of, where vector code makes them."""
    loaded = [o for o in problem.operands if o.role is Role.ROWS]
    if not loaded:
        loaded = [o for o in problem.operands if o.role is Role.INPUT]
        return sum(tile_bytes(o, tile) for o in loaded)
    return tile_bytes(loaded[0], tile)


def bytes_moved(loops: Loops, busy_cores: int) -> float:
    """Bytes of all transfers; what stands before all loops is loaded by each busy core."""
    counts = loops.counts
    mean = [e / count for e, count in zip(loops.problem.extents, counts, strict=True)]
    return sum(_moved(loops, o, mean, busy_cores) for o in loops.problem.operands if o.is_streamed)


def _moved(loops: Loops, operand: Operand, mean: Sequence[float], busy_cores: int) -> float:
    """Bytes of one operand's transfers, whose tiles have a mean size."""
    size = operand.element_bytes * prod(axis.size(mean) for axis in operand.axes)
    is_shared = operand.role is not Role.OUTPUT and loops.depth(operand) == 0
    return size * loops.loads(operand) * (busy_cores if is_shared else 1)


def _buffers_bound(
    loops: Loops, tiling: Tiling, transfers: float, array: float, vector: float, share: float
) -> float:
    """Cycles in which the buffers of one operand are held one after the other; the longest.

    `share` is the part of all tiles that is the busiest core's.
    """
    problem, bound = loops.problem, 0.0
    latency, rate = problem.device.dram_latency_cycles, problem.device.rate(1)
    for number, (operand, count) in enumerate(zip(problem.operands, tiling.buffers, strict=True)):
        is_accumulator = number == problem.accumulator
        if not (operand.is_streamed or is_accumulator) or loops.trips_on_one_core(operand) == 1:
            continue
        moves = loops.loads(operand) * share
        if operand.role is Role.OUTPUT:
            held = moves * tile_bytes(operand, tiling.tile) / rate + vector
        elif is_accumulator:
            held = vector
        else:
            held = moves * latency + transfers
            held += 0.0 if operand.is_of_arrays else vector
        held += array if operand.is_of_arrays or is_accumulator else 0.0
        bound = max(bound, held / count)
    return bound
