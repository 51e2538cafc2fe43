"""The tilings of a tree of stages (`npu.passes.group.tree`) that are worth an estimate.

Shared dimensions stay whole; those of the trunk and the stages' own ones are cut, near equal pieces
of the array's size where an array walks them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from npu.passes.map.footprint import footprint, movable
from npu.passes.map.problem import Branches, Problem
from npu.passes.map.tiling import Loops, Tiling, TooLargeError, overlapped

IDLE_TOLERANCE = 0.1
"""Tiles that deal the vector code to the cores this much less evenly are tried all the same."""

CUTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)
"""Into how many pieces a dimension is cut at most to try, beside pieces of the array's size."""


def candidates(problem: Problem, branches: Branches) -> list[Tiling]:
    """The tilings that fit the scratchpad and deal their work evenly to the cores.

    Raises TooLargeError if none fits.
    """
    found: list[tuple[float, Tiling]] = []
    smallest: int | None = None
    order = _order(problem)
    for tile in product(*(_sizes(problem, branches, d) for d in range(len(problem.dims)))):
        loops = Loops.of(problem, tile, order)
        buffers = overlapped(loops)
        size = footprint(problem.operands, tile, buffers)
        smallest = size if smallest is None else min(smallest, size)
        if size <= problem.device.spad_bytes and movable(problem.operands, tile):
            tiling = Tiling(tile, _pieces(problem, branches, tile), order, buffers)
            found.append((loops.idle(), tiling))
    if not found:
        assert smallest is not None
        raise TooLargeError(smallest, problem.device.spad_bytes)
    limit = min(idle for idle, _ in found) * (1 + IDLE_TOLERANCE)
    return [tiling for idle, tiling in found if idle <= limit]


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
