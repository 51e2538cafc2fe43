"""The choice among tilings: the best estimate, and what moves less among equal ones.

Among estimates that count as equal the least DRAM traffic wins, then the fewest tiles, then the
better estimate, then the first candidate: the choice is deterministic. Where one buffer makes tiles
wait for each other, only the best estimate of all counts: what does not overlap is lost for sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, prod

from npu.passes.map import contraction, strategies, tree, vector
from npu.passes.map.estimate import Estimate, estimate_of, transfer_bound
from npu.passes.map.footprint import footprint, movable
from npu.passes.map.problem import Problem, Stage
from npu.passes.map.strategies import AUTO, StrategyError
from npu.passes.map.tiling import Loops, Tiling, overlapped
from npu.passes.map.vector_cycles import vector_cycles
from npu.passes.map.work import VectorClock, Work

TOLERANCE = 0.16
"""Estimates this close count as equal, and the one that moves less wins.

The estimate takes the DRAM at its peak between refreshes. Two loads to one store, which is what a
matmul's tiles are, lose 16 % of that to bus turnarounds alone (Ramulator 2, HBM2 with JEDEC
timings, refresh off: 0.843 of the peak), and row misses come on top. What moves less also leaves
more to other cores.
"""

TOLERANCE_OF_ARRAYS = 0.05
"""As `TOLERANCE`, where the arrays decide, not the DRAM: small first and last tiles are worth more
than a little less traffic. That is so for convolutions, whose weights serve each tile for all taps,
and for trees of stages, the tiles of which do not overlap."""


@dataclass(frozen=True)
class Rules:
    """What a compiler keeps to, whether that is the best or not."""

    conv_strategy: str = AUTO
    """How convolutions meet the arrays (`strategies.py`)."""
    result_slots: int = 0
    """Buffers of the result of a matrix product; 0 is as many as pay."""
    scoped_kb: int = 0
    """KiB of scratchpad beside which the operands of a matrix product are copied whole, if they and
    the result fit there; 0 cuts every product into tiles."""


FREE = Rules()
"""Nothing is kept to: the best estimate is taken."""


def choose(
    problem: Problem, rules: Rules = FREE, clock: VectorClock = vector_cycles
) -> tuple[Tiling, Estimate]:
    """The best tiling, and its estimate, of all that `candidates` gives by some rules.

    `clock` times vector code; of a tree of stages that is left out.
    Raises TooLargeError if none fits the scratchpad, StrategyError if the strategy does not suit a
    convolution.
    """
    if problem.branches is not None:
        # Vector code is the same work however tiles are cut; `tree.candidates` deals it evenly.
        return best(problem, candidates(problem), _no_vector_code)
    if not problem.is_windowed:
        whole = whole_operands(problem, rules.scoped_kb)
        tilings = candidates(problem, slots=rules.result_slots) if whole is None else [whole]
        return best(problem, tilings, clock)
    if rules.conv_strategy != AUTO:
        return best(problem, candidates(problem, rules.conv_strategy), clock)
    found: list[tuple[Tiling, Estimate]] = []
    for name in strategies.COMPARED:
        try:
            found.append(best(problem, candidates(problem, name), clock))
        except StrategyError:
            continue
    return min(found, key=lambda one: one[1].total)


def whole_operands(problem: Problem, scoped_kb: int) -> Tiling | None:
    """The tiling that copies the operands of a matrix product whole, ahead of all work.

    None if there is no such rule, if they and the result do not fit, and for a single row, whose
    weights are read but once.
    """
    rows = prod(problem.extents[d] for d in problem.m)
    if not scoped_kb or not problem.is_contraction or rows == 1:
        return None
    tile = problem.extents
    buffers = (1,) * len(problem.operands)
    room = problem.device.spad_bytes - 1024 * scoped_kb
    is_single = all(tile[d] == 1 for d, dim in enumerate(problem.dims) if dim.is_single)
    fits = footprint(problem.operands, tile, buffers) <= room
    if not fits or not is_single or not movable(problem.operands, tile):
        return None
    return Tiling(tile, tile, (*problem.parallel, *problem.k), buffers)


def candidates(problem: Problem, strategy: str = "", slots: int = 0) -> Iterable[Tiling]:
    """The tilings to compare; `strategy` is one of `STRATEGIES` for a convolution, else empty.

    A contraction's result has `slots` buffers, or as many as pay if that is 0.
    Raises TooLargeError if none fits the scratchpad, StrategyError as `choose`.
    """
    if problem.branches is not None:
        return tree.candidates(problem, problem.branches)
    if not problem.is_contraction:
        return vector.candidates(problem)
    strategies.fold_for(strategy, problem)
    return contraction.candidates(problem, strategy, slots)


def best(
    problem: Problem, tilings: Iterable[Tiling], clock: VectorClock = vector_cycles
) -> tuple[Tiling, Estimate]:
    """The best of some tilings, of which there is one at least, and its estimate.

    Tilings whose work, or transfers, alone take too long are passed over: they can be neither the
    best nor close.
    """
    is_of_arrays = problem.taps or problem.branches is not None
    tolerance = TOLERANCE_OF_ARRAYS if is_of_arrays else TOLERANCE
    found: list[tuple[Estimate, int, Tiling]] = []
    limit, known, work = inf, None, None
    for tiling in tilings:
        if work is None or known != (tiling.tile, tiling.strategy):
            known = (tiling.tile, tiling.strategy)
            work = Work.of(problem, *known, clock)
        if work.bound(problem) > limit:
            continue
        loops = Loops.of(problem, tiling.tile, tiling.order)
        if transfer_bound(loops) > limit:
            continue
        estimate = estimate_of(loops, tiling, work)
        found.append((estimate, prod(loops.counts), tiling))
        limit = min(limit, estimate.total * (1 + tolerance))
    least = min(estimate.total for estimate, _, _ in found)
    close = [
        one
        for one in found
        if one[0].total == least or (one[0].total <= limit and _overlaps(problem, one[2]))
    ]
    estimate, _, tiling = min(close, key=lambda one: (one[0].dram_bytes, one[1], one[0].total))
    return tiling, estimate


def _overlaps(problem: Problem, tiling: Tiling) -> bool:
    """Whether no tile waits for the last use of the one before it."""
    needed = overlapped(Loops.of(problem, tiling.tile, tiling.order))
    return all(has >= wanted for has, wanted in zip(tiling.buffers, needed, strict=True))


def _no_vector_code(problem: Problem, stage: Stage, tile: Sequence[float]) -> float:  # noqa: ARG001
    """A clock that stands still."""
    return 0.0
