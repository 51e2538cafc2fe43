"""What a group costs by its estimate, vector code left out: to compare groups with their union."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod

from npu.passes.map.choice import choose
from npu.passes.map.footprint import Role, tile_bytes
from npu.passes.map.problem import Problem
from npu.passes.map.tiling import Loops, Tiling
from npu.passes.map.tree import tree_estimate


@dataclass(frozen=True)
class Cost:
    """Core cycles of one launch on all cores, part by part."""

    array: float
    """The arrays of the busiest core."""
    transfers: float
    """All transfers."""
    ends: float
    """What nothing hides: the first loads, the way through the arrays and the last store."""
    tiles: int
    idle: float
    """The share of the busiest core, over that of work dealt evenly; at least 1."""

    @property
    def cycles(self) -> float:
        """All of it where vector code takes no time."""
        return self.ends + max(self.array, self.transfers)


def cost_of(problem: Problem) -> Cost:
    """The cost with the best tiles. Raises TooLargeError if none fits."""
    tiling, estimate = choose(problem)
    loops = Loops.of(problem, tiling.tile, tiling.order)
    tiles = prod(loops.counts[d] for d in problem.trunk)
    if problem.branches is not None:
        made = tree_estimate(problem, problem.branches, tiling.tile)
        return Cost(made.array, made.transfers, made.ends, tiles, made.idle)
    device, dealt = problem.device, loops.items()
    idle = ceil(dealt / device.cores) * device.cores / dealt
    ends = device.dram_latency_cycles + _end_bytes(problem, tiling) / device.rate(
        min(dealt, device.cores)
    )
    ends += 2.0 * device.array_size if problem.is_contraction else 0.0
    return Cost(estimate.array_cycles, estimate.dma_cycles, ends, tiles, idle)


def _end_bytes(problem: Problem, tiling: Tiling) -> int:
    """Bytes of the first tiles that are loaded and of the last one that is stored."""
    roles = (Role.ROWS, Role.OUTPUT) if problem.is_contraction else (Role.INPUT, Role.OUTPUT)
    return sum(tile_bytes(o, tiling.tile) for o in problem.operands if o.role in roles)
