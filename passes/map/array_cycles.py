"""Cycles of the arrays for tiled contractions, by count of weight tiles and rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

from npu.passes.group.fold import Fold
from npu.passes.map.footprint import trips
from npu.passes.map.problem import Problem, Product


def array_cycles(problem: Problem, tile: Sequence[int], fold: Fold | None) -> float:
    """Cycles that the arrays of one core need for the whole problem, tails included."""
    weight_tiles = prod(
        _pieces(problem.extents[d], tile[d], _held(problem, fold, d))
        for d in (*problem.batch, *problem.n, *problem.k)
    )
    fill = _fill_cycles(problem, tile, fold)
    per_weight = sum(
        prod(count for count, _ in cuts) * max(prod(rows for _, rows in cuts), fill)
        for cuts in product(*(_cuts(problem.extents[d], tile[d]) for d in problem.m))
    )
    used = min(problem.device.arrays, weight_tiles)
    return problem.passes * weight_tiles * per_weight / used


def piece_cycles(problem: Problem, tile: Sequence[int], fold: Fold | None) -> float:
    """Cycles of one piece of weights with all rows of a tile."""
    one = max(prod(tile[d] for d in problem.m), _fill_cycles(problem, tile, fold))
    tiles = prod(_pieces(tile[d], tile[d], _held(problem, fold, d)) for d in problem.taps)
    return problem.passes * one * max(1.0, tiles / problem.device.arrays)


def stage_cycles(problem: Problem, product: Product, tile: Sequence[int]) -> float:
    """Cycles of one stage of a tree for one tile of the trunk, until its array has drained."""
    device, counts = problem.device, trips(problem.extents, tile)
    size = device.array_size
    weights = prod(-(-problem.extents[d] // size) for d in (*product.n[-1:], *product.k[-1:]))
    weights *= prod(problem.extents[d] for d in (*product.n[:-1], *product.k[:-1]))
    weights *= prod(tile[d] for d in product.batch)
    rows = prod(problem.extents[d] / counts[d] for d in product.m)
    held = min(tile[product.k[-1]], size)
    cycles = problem.passes * weights * max(rows, held)
    return cycles / min(device.arrays, weights) + 2 * size


def _held(problem: Problem, fold: Fold | None, dim: int) -> int:
    """Iterations of a loop of the weights that an array holds at a time."""
    if fold is not None and dim == fold.dim:
        return fold.taps
    return problem.device.array_size if dim in problem.walked else 1


def _fill_cycles(problem: Problem, tile: Sequence[int], fold: Fold | None) -> int:
    """Cycles to load one weight tile into an array: one row of it a cycle."""
    if fold is not None:
        return fold.taps * fold.channels
    size = problem.device.array_size
    return min(tile[problem.k[-1]], size) if problem.has_walked_k else 1


def _cuts(extent: int, tile: int) -> list[tuple[int, int]]:
    """(how many, how long) of the tiles of one loop: whole ones, and the last one if it is not."""
    full, tail = divmod(extent, tile)
    return [(full, tile), *([(1, tail)] if tail else [])]


def _pieces(extent: int, tile: int, size: int) -> int:
    """Array-sized pieces of all tiles along one dimension."""
    full, tail = divmod(extent, tile)
    return full * -(-tile // size) + -(-tail // size)
