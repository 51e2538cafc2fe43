"""The search for the tiles of a tree of stages (`npu.passes.group.tree`), and its estimate.

Shared dimensions stay whole; those of the trunk and the stages' own ones are cut, near equal pieces
of the array's size where an array walks them. Within a tile the stages come one behind the other,
each of them when the one before has left its whole result, while the transfers of other tiles go
on. So

    cycles = ends + max(tiles * sum over stages of (array + drain), transfers)

array        the weight tiles of one tile's stage, dealt to the arrays of a core: the rows of the
             tile, or the rows of the weight tile if those are more, for each
drain        2 L: until the last row has left the array of L x L
transfers    the bytes of all tiles, as often as the loops around them have them moved, over the
             rate of the DRAM or of the busy cores' DMA engines
ends         the latency of the DRAM, the first rows and weight tile, the last tile of the result

Vector code is left out, as for contractions alone (`contraction.py`): it is the same work however
tiles are cut, but for how evenly cores share it, which comes first. Among estimates that count as
equal the least DRAM traffic wins, then the fewest tiles, then the better estimate, then the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, prod

from npu.passes.map.estimate import Estimate, bytes_moved
from npu.passes.map.footprint import Role, footprint, movable, tile_bytes
from npu.passes.map.problem import Branches, Problem, Product
from npu.passes.map.tiling import Loops, Tiling, TooLargeError, overlapped
from npu.passes.map.vector_cycles import vector_cycles

TOLERANCE = 0.05
"""Estimates this close count as equal."""

IDLE_TOLERANCE = 0.1
"""Tiles that deal the vector code to the cores this much less evenly are tried all the same."""

CUTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)
"""Into how many pieces a dimension is cut at most to try, beside pieces of the array's size."""


def search(problem: Problem, branches: Branches) -> tuple[Tiling, Estimate]:
    """The best tiling, and its estimate. Raises TooLargeError if none fits the scratchpad."""
    found: list[tuple[TreeEstimate, Tiling]] = []
    smallest: int | None = None
    for tile in product(*(_sizes(problem, branches, d) for d in range(len(problem.dims)))):
        loops = Loops.of(problem, tile, _order(problem))
        buffers = overlapped(loops)
        size = footprint(problem.operands, tile, buffers)
        smallest = size if smallest is None else min(smallest, size)
        if size <= problem.device.spad_bytes and movable(problem.operands, tile):
            tiling = Tiling(tile, _pieces(problem, branches, tile), _order(problem), buffers)
            found.append((tree_estimate(problem, branches, tile), tiling))
    if not found:
        assert smallest is not None
        raise TooLargeError(smallest, problem.device.spad_bytes)
    idle = min(made.idle for made, _ in found) * (1 + IDLE_TOLERANCE)
    found = [one for one in found if one[0].idle <= idle]
    limit = min(made.cycles for made, _ in found) * (1 + TOLERANCE)
    found = [one for one in found if one[0].cycles <= limit]
    best, tiling = min(found, key=lambda one: one[0].rank)
    return tiling, _estimate(problem, tiling, best)


def _order(problem: Problem) -> tuple[int, ...]:
    """The loops, outermost first: the trunk's, own ones that are not summed, others."""
    rest = [d for d in range(len(problem.dims)) if d not in problem.trunk]
    return (*problem.trunk, *sorted(rest, key=lambda d: (d in problem.summed, d)))


def _pieces(problem: Problem, branches: Branches, tile: Sequence[int]) -> tuple[int, ...]:
    """Array-sized pieces where an array walks a dimension."""
    size = problem.device.array_size
    return tuple(min(t, size) if branches.walked(d) else t for d, t in enumerate(tile))


def _sizes(problem: Problem, branches: Branches, dim: int) -> list[int]:
    """Tile sizes to try, the largest first."""
    extent, size = problem.extents[dim], problem.device.array_size
    if dim not in (*branches.trunk, *branches.own):
        return [extent]
    if not branches.may_have_tail(dim):
        return [extent // cuts for cuts in CUTS if extent % cuts == 0]
    pieces = -(-extent // size)
    counts = {-(-pieces // cuts) for cuts in CUTS}
    return sorted({min(count * size, extent) for count in counts}, reverse=True)


@dataclass(frozen=True)
class TreeEstimate:
    """What a tile costs, for one launch on all cores."""

    counts: tuple[int, ...]
    """Tiles in each dimension."""
    bytes_moved: float
    transfers: float
    """Core cycles of all transfers."""
    array: float
    """Core cycles in which arrays of the busiest core work, or drain ahead of the next stage."""
    ends: float
    """Core cycles ahead of the first matmul and behind the last."""
    idle: float
    """The share of the busiest core, over that of work dealt evenly to all cores; at least 1."""

    @property
    def cycles(self) -> float:
        """Core cycles of it all, vector code left out."""
        return self.ends + max(self.array, self.transfers)

    @property
    def rank(self) -> tuple[float, int, float]:
        """What is least for the best of equally good ones."""
        return self.bytes_moved, prod(self.counts), self.cycles


def tree_estimate(problem: Problem, branches: Branches, tile: Sequence[int]) -> TreeEstimate:
    """The estimate of a tile."""
    device, loops = problem.device, Loops.of(problem, tile, _order(problem))
    counts = loops.counts
    items, dealt = prod(counts[d] for d in branches.trunk), loops.items()
    share = ceil(dealt / device.cores) * items // dealt
    array = sum(_stage_cycles(one, problem, counts, tile) for one in branches.products)
    busy = min(dealt, device.cores)
    rate = device.rate(busy)
    moved = bytes_moved(loops, busy)
    first = [o for o in problem.operands if o.role is Role.ROWS][:1]
    last = [o for o in problem.operands if o.role is Role.OUTPUT]
    ends = sum(tile_bytes(o, tile) for o in (*first, *last)) / rate
    ends += device.dram_latency_cycles
    idle = share * device.cores / items
    return TreeEstimate(counts, moved, moved / rate, share * array, ends, idle)


def _stage_cycles(
    stage: Product, problem: Problem, counts: Sequence[int], tile: Sequence[int]
) -> float:
    """Cycles of one stage for one tile of the trunk."""
    device = problem.device
    size = device.array_size
    weights = prod(-(-problem.extents[d] // size) for d in (*stage.n[-1:], *stage.k[-1:]))
    weights *= prod(problem.extents[d] for d in (*stage.n[:-1], *stage.k[:-1]))
    weights *= prod(tile[d] for d in stage.batch)
    rows = prod(problem.extents[d] / counts[d] for d in stage.m)
    held = min(tile[stage.k[-1]], size)
    return weights * max(rows, held) / min(device.arrays, weights) + 2 * size


def _estimate(problem: Problem, tiling: Tiling, made: TreeEstimate) -> Estimate:
    """The estimate as other groups have it, vector code included."""
    mean = [e / count for e, count in zip(problem.extents, made.counts, strict=True)]
    items = prod(made.counts[d] for d in problem.trunk)
    whole = [mean[d] if d in problem.trunk else float(e) for d, e in enumerate(problem.extents)]
    vector = sum(vector_cycles(problem, stage, whole) for stage in problem.stages)
    vector *= items * made.idle / problem.device.cores
    total = made.ends + max(made.array + vector, made.transfers)
    size = footprint(problem.operands, tiling.tile, tiling.buffers)
    return Estimate(size, made.bytes_moved, made.array, vector, made.transfers, total)
