"""The pieces of a tile that one DMA instruction moves."""

from __future__ import annotations

from collections.abc import Sequence

from npu.passes.map.problem import Problem


def pieces_of(problem: Problem, tile: Sequence[int]) -> tuple[int, ...]:
    """Array-sized pieces along k and n; all of the tile along other dimensions.

    So a matmul waits for its own weights and its own slice of the rows only. It pushes all rows of
    a tile, so m stays whole; the taps of a weight lie side by side in DRAM, so that they do, too.
    """
    if not problem.is_contraction:
        return tuple(tile)
    return tuple(
        min(size, problem.device.array_size) if dim in problem.walked else size
        for dim, size in enumerate(tile)
    )
