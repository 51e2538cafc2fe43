"""The tilings of a contraction that are worth an estimate.

Along a loop that an array walks they are counts of array-sized pieces: powers of two, and the loop
cut into 1, 2, 3, ... nearly equal tiles. The m loops are cut at one place: those inside are whole,
those outside have tiles of one iteration, so that rows lie close together in DRAM. Loops of
batches, and further n loops, have their divisors; the taps of a convolution stay whole. The
reduction loops are innermost, so that results stay in the scratchpad until they are complete
(output stationary).

What is loaded again and again, and results, have three buffers or two, whatever there is room for.
A result may have one: then its store holds back the next tile, but there is room for larger ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from math import prod

from npu.passes.map.footprint import Role, footprint, movable, room, tile_bytes, trips
from npu.passes.map.pieces import pieces_of
from npu.passes.map.problem import Problem
from npu.passes.map.strategies import ROW
from npu.passes.map.tiling import AMPLE, OVERLAPPED, Loops, Tiling, TooLargeError, overlapped

MOST_CUTS = 16
"""Most equal cuts that are tried."""


def candidates(problem: Problem, strategy: str, slots: int = 0) -> Iterator[Tiling]:
    """The tilings of a contraction that fit the scratchpad and can be moved.

    Its result has `slots` buffers; if that is 0, as many as may pay.

    Those that need several transfers for one tile come only if there are no others. Raises
    TooLargeError if none fits.
    """
    fitting: list[tuple[int, ...]] = []
    smallest: int | None = None
    for tile in tiles(problem, is_one_row=strategy == ROW):
        size = footprint(problem.operands, tile, _fewest(problem, tile))
        smallest = size if smallest is None else min(smallest, size)
        if size <= problem.device.spad_bytes:
            fitting.append(tile)
    if not fitting:
        assert smallest is not None
        raise TooLargeError(smallest, problem.device.spad_bytes)
    for tile in [t for t in fitting if movable(problem.operands, t)] or fitting:
        pieces = pieces_of(problem, tile)
        sizes = [tile_bytes(operand, tile) for operand in problem.operands]
        for order in orders(problem, trips(problem.extents, tile)):
            for buffers in _buffers(problem, Loops.of(problem, tile, order), sizes, slots):
                yield Tiling(tile, pieces, order, buffers, strategy)


def _fewest(problem: Problem, tile: Sequence[int]) -> list[int]:
    """Buffers of each operand below which loads do not overlap."""
    return [
        OVERLAPPED
        if o.is_streamed
        and o.role is not Role.OUTPUT
        and any(tile[d] < problem.extents[d] for d in o.dims)
        else 1
        for o in problem.operands
    ]


def _buffers(
    problem: Problem, loops: Loops, sizes: Sequence[int], slots: int
) -> Iterator[tuple[int, ...]]:
    """The numbers of buffers that may pay, of operands whose tiles have these bytes."""
    most: tuple[int, ...] | None = None
    ample = [(streamed, slots) for streamed, _ in AMPLE] if slots else AMPLE
    for streamed, result in ample:
        buffers = _with_free_sums(problem, overlapped(loops, result, streamed), loops, slots)
        if room(sizes, buffers) <= problem.device.spad_bytes:
            most = buffers
            yield buffers
            break
    fewest = _with_free_sums(problem, overlapped(loops, 1), loops, slots)
    if slots < OVERLAPPED and fewest != most and room(sizes, fewest) <= problem.device.spad_bytes:
        yield fewest


def _with_free_sums(
    problem: Problem, buffers: tuple[int, ...], loops: Loops, slots: int
) -> tuple[int, ...]:
    """Where the slots of results are given, those are of sums that are stored as they are.

    Sums from which an epilogue makes something have two: it and the store of a tile hold back the
    tile behind the next one.
    """
    number = problem.accumulator
    assert number is not None, "it is a contraction"
    if not slots or len(problem.stages) == 1:
        return buffers
    sums = min(OVERLAPPED, loops.trips_on_one_core(problem.operands[number]))
    return (*buffers[:number], max(sums, buffers[number]), *buffers[number + 1 :])


def tiles(problem: Problem, *, is_one_row: bool) -> Iterator[tuple[int, ...]]:
    """The tiles to try, the largest sizes first."""
    others = [d for d in range(len(problem.extents)) if d not in problem.m]
    sizes = [sizes_of(problem, d) for d in others]
    for rows in row_tiles(problem, is_one_row=is_one_row):
        for some in product(*sizes):
            found = {**dict(zip(others, some, strict=True)), **rows}
            yield tuple(found[d] for d in range(len(problem.extents)))


def row_tiles(problem: Problem, *, is_one_row: bool) -> Iterator[dict[int, int]]:
    """Tile sizes of the m loops: one of them is cut, those inside are whole, those outside 1."""
    whole = {d: problem.extents[d] for d in problem.m}
    if is_one_row:
        yield {d: 1 if d in problem.m[:-1] else whole[d] for d in problem.m}
        return
    yield whole
    for place, cut in enumerate(problem.m):
        inner = prod(whole[d] for d in problem.m[place + 1 :])
        outer = dict.fromkeys(problem.m[:place], 1)
        for size in _row_cuts(whole[cut], inner, problem.device.array_size):
            if size < whole[cut] or any(whole[d] > 1 for d in outer):
                yield {**whole, **outer, cut: size}


def _row_cuts(extent: int, inner: int, array_size: int) -> list[int]:
    """Sizes of the cut m loop, each step of which has `inner` rows: near whole array pieces."""
    steps = max(1, array_size // inner)
    pieces = -(-extent // steps)
    return sorted({min(count * steps, extent) for count in _counts(pieces)}, reverse=True)


def sizes_of(problem: Problem, dim: int) -> list[int]:
    """Tile sizes to try for one loop that is no row, largest first."""
    extent, size = problem.extents[dim], problem.device.array_size
    if problem.dims[dim].is_single:
        return [1]
    if dim in problem.taps:
        return [extent]
    if dim not in problem.walked:
        return [d for d in range(extent, 0, -1) if extent % d == 0]
    found = {min(count * size, extent) for count in _counts(-(-extent // size))}
    return sorted(found, reverse=True)


def _counts(pieces: int) -> set[int]:
    """Numbers of pieces to try: powers of two, and nearly equal cuts of all."""
    counts = {1, pieces, *(-(-pieces // cuts) for cuts in range(2, MOST_CUTS + 1))}
    return counts | {2**power for power in range(pieces.bit_length()) if 2**power < pieces}


def orders(problem: Problem, counts: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Loop orders with the reduction innermost; loops of one trip do not multiply the choices."""
    moving = [d for d in problem.parallel if counts[d] > 1]
    still = [d for d in problem.parallel if counts[d] == 1]
    for some in permutations(moving):
        yield (*some, *still, *problem.k)
