"""What is computed with some tiles: core cycles of the arrays and of the vector unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from npu.passes.map.array_cycles import array_cycles, piece_cycles, stage_cycles
from npu.passes.map.footprint import trips
from npu.passes.map.problem import Branches, Problem, Stage
from npu.passes.map.strategies import fold_for

VectorClock = Callable[[Problem, Stage, Sequence[float]], float]
"""Cycles of the vector code of a stage on a tile of given sizes, one for each dimension."""


@dataclass(frozen=True)
class Work:
    """What is computed with some tiles, in whatever order; cycles of one core for all of it."""

    array: float
    """Of the arrays."""
    piece: float
    """Of the arrays for one piece of weights, with all rows of a tile."""
    vector: float
    """Of the vector unit."""

    @staticmethod
    def of(problem: Problem, tile: Sequence[int], strategy: str, clock: VectorClock) -> Work:
        """The work of some tiles. Raises StrategyError for a strategy that does not suit."""
        if problem.branches is not None:
            return _of_tree(problem, problem.branches, tile, clock)
        counts = trips(problem.extents, tile)
        mean = [extent / count for extent, count in zip(problem.extents, counts, strict=True)]
        items = prod(counts[d] for d in problem.parallel)
        vector = sum(
            clock(problem, stage, mean) * prod(counts[d] for d in stage.loops)
            for stage in problem.stages
        )
        if not problem.is_contraction:
            return Work(0.0, 0.0, vector * items)
        fold = fold_for(strategy, problem)
        array = array_cycles(problem, tile, fold)
        return Work(array, piece_cycles(problem, tile, fold), vector * items)

    def bound(self, problem: Problem) -> float:
        """Cycles below which no order of the loops brings a launch."""
        device = problem.device
        return device.dram_latency_cycles + max(self.array, self.vector) / device.cores


def _of_tree(problem: Problem, branches: Branches, tile: Sequence[int], clock: VectorClock) -> Work:
    """As `Work.of`, of stages one behind the other in the loops of the trunk.

    An array drains ahead of the next stage, in each tile.
    """
    counts = trips(problem.extents, tile)
    items = prod(counts[d] for d in branches.trunk)
    array = sum(stage_cycles(problem, one, tile) for one in branches.products)
    whole = [
        extent / counts[d] if d in branches.trunk else float(extent)
        for d, extent in enumerate(problem.extents)
    ]
    vector = sum(clock(problem, stage, whole) for stage in problem.stages)
    return Work(array * items, 0.0, vector * items)
