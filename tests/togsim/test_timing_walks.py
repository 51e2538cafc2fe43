"""Timing of walks: what lies outside a tensor, steps, directions, and transfers after others."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npu.togsim.graph import Bounds, Const, DmaDim, Load, Loop, Store
from npu.togsim.report.result import Result
from tests.togsim.timing import ZERO, load_rows, part, run, store_rows, times, vector, walk_of

BLOCK = 32


def rows_from(first: int, rows: int, extent: int, step: int = 1) -> Load:
    """A load of `rows` rows of a block each, of a tensor that has `extent`, from row `first` on."""
    access = part("x", 0, rows)
    dims = (
        DmaDim(Const(rows), BLOCK * step, Bounds(Const(first), extent, step)),
        walk_of(access)[1],
    )
    return Load("t", 0, Const(BLOCK * first), dims, 4, access)


def requests(result: Result) -> int:
    return result.cores[0].dma.read_requests + result.cores[0].dma.write_requests


def test_what_lies_outside_is_not_requested() -> None:
    # rows -1 to 4 of 4: those at the ends are filled
    result = run(rows_from(-1, 6, 4))
    assert times(result) == [(1, 34)]  # requests at 1, 2, 3, 4
    assert result.cores[0].work.load_bytes == 4 * BLOCK
    assert result.cores[0].work.spad_write_bytes == 6 * BLOCK


def test_a_store_drops_what_lies_outside() -> None:
    load = rows_from(3, 6, 5)
    store = Store("s", 0, load.offset, load.dims, 4, load.writes)
    result = run(store)
    assert times(result) == [(1, 32)]  # rows 3 and 4
    assert result.cores[0].work.store_bytes == 2 * BLOCK
    assert result.cores[0].work.spad_read_bytes == 6 * BLOCK


def test_the_whole_rectangle_is_busy() -> None:
    reader = vector("f10", (part("x", 5, 6),), ())
    assert times(run(rows_from(-1, 6, 4), reader)) == [(1, 34), (34, 44)]


@pytest.mark.parametrize("first", [-6, 4, 1000])
def test_a_walk_outside_is_over_in_a_cycle(first: int) -> None:
    result = run(rows_from(first, 6, 4), load_rows("u", part("x", 8, 9)))
    assert times(result) == [(1, 2), (2, 32)]
    assert requests(result) == 1


def test_every_second_row() -> None:
    # rows -2, 0, 2, 4, 6 of 6
    result = run(rows_from(-2, 5, 6, step=2))
    assert times(result) == [(1, 33)]  # requests at 1, 2, 3


def test_a_row_again_and_again_is_requested_once() -> None:
    assert times(run(rows_from(3, 6, 4, step=0))) == [(1, 31)]
    assert times(run(rows_from(4, 6, 4, step=0))) == [(1, 2)]


def test_rows_of_two_blocks_are_requested_again_each_time() -> None:
    access = part("x", 0, 6)
    dims = (DmaDim(Const(3), 0), DmaDim(Const(16), 4))
    result = run(Load("t", 0, ZERO, dims, 4, access))
    assert times(result) == [(1, 36)]  # block 0, 1, 0, 1, 0, 1


def test_each_element_again_and_again_is_requested_once() -> None:
    dims = (DmaDim(Const(16), 4), DmaDim(Const(3), 0))
    assert times(run(Load("t", 0, ZERO, dims, 4, part("x", 0, 6)))) == [(1, 32)]  # blocks 0, 1


def test_backwards_takes_as_long_as_forwards() -> None:
    """Elements of a run are gathered in its blocks, in whichever order they are wanted."""
    access = part("x", 0, 4)
    forwards = Load("t", 0, ZERO, (DmaDim(Const(32), 4),), 4, access)
    backwards = replace(forwards, offset=Const(31 * 4), dims=(DmaDim(Const(32), -4),))
    assert times(run(forwards)) == times(run(backwards)) == [(1, 34)]
    rows = replace(forwards, dims=(DmaDim(Const(4), -64), DmaDim(Const(8), 4)), offset=Const(192))
    assert times(run(rows)) == [(1, 34)]


@given(
    first=st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
    size=st.tuples(st.integers(1, 6), st.integers(1, 8)),
    extent=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    step=st.tuples(st.integers(-2, 2), st.integers(-2, 2)),
)
def test_bounds_are_a_clipped_walk(
    first: tuple[int, int], size: tuple[int, int], extent: tuple[int, int], step: tuple[int, int]
) -> None:
    """A tensor of rows of 36 bytes, as its bounds say and as a walk over what exists."""
    units = (36, 4)
    dims: list[DmaDim] = []
    clipped: list[DmaDim] = []
    begin = 0
    for f, n, e, s, unit in zip(first, size, extent, step, units, strict=True):
        dims.append(DmaDim(Const(n), s * unit, Bounds(Const(f), e, s)))
        indices = sorted(index for index in (f + i * s for i in range(n)) if 0 <= index < e)
        clipped.append(DmaDim(Const(len(indices)), abs(s) * unit))
        begin += min(indices, default=0) * unit
    offset = sum(f * unit for f, unit in zip(first, units, strict=True))
    tile = part("x", 0, size[0])
    tile = replace(tile, size=(Const(size[0]), Const(size[1])))
    whole = run(Load("t", 0, Const(offset), tuple(dims), 4, tile))
    if min(dim.size.value for dim in clipped if isinstance(dim.size, Const)) == 0:
        assert times(whole) == [(1, 2)]
        assert requests(whole) == 0
        return
    small = replace(tile, size=tuple(dim.size for dim in clipped))
    parts = run(Load("t", 0, Const(begin), tuple(clipped), 4, small))
    assert times(whole) == times(parts)
    assert replace(whole.cores[0].work, spad_write_bytes=0) == replace(
        parts.cores[0].work, spad_write_bytes=0
    )
    assert (whole.channels, whole.cores[0].dma) == (parts.channels, parts.cores[0].dma)


def after(node: Load | Store, *tokens: str) -> Load | Store:
    return replace(node, after=tokens)


def test_a_transfer_starts_when_those_before_it_are_complete() -> None:
    three, one = load_rows("a", part("x", 0, 3)), part("x", 100, 101)
    # requests at 1, 2, 3; the last response is back at 33, and there is no request at 32
    assert times(run(three, store_rows("s", one))) == [(1, 33), (4, 34)]
    assert times(run(three, after(store_rows("s", one), "a"))) == [(1, 33), (33, 63)]
    assert times(run(three, after(load_rows("b", one), "a"))) == [(1, 33), (33, 63)]
    # an acknowledgement is back at 31
    store = store_rows("s", part("x", 0, 1))
    assert times(run(store, after(load_rows("b", one), "s"))) == [(1, 31), (31, 61)]


def test_it_waits_for_the_last_of_several() -> None:
    body = (
        load_rows("a", part("x", 0, 3)),
        store_rows("s", part("x", 8, 9)),  # from 4 on, back at 34
        after(load_rows("b", part("x", 100, 101)), "s", "a"),
    )
    assert times(run(*body))[2] == (34, 64)


def test_nobody_waits_for_what_is_complete() -> None:
    """Not even when another instruction, still under way, has its place."""
    many = Loop("i", 0, 50, 1, (vector("f10", (part("acc", 0, 1),), ()),))
    body = (load_rows("a", part("x", 0, 1)), many)
    late = after(load_rows("b", part("x", 100, 101)), "a")
    assert (52, 82) in times(run(*body, late))  # decoded at 51


def test_tokens_are_those_of_the_latest_execution() -> None:
    loop = Loop("i", 0, 2, 1, (after(load_rows("t", part("x", 0, 1, slot=1)), "t"),))
    body = (load_rows("t", part("x", 0, 1)), loop)
    assert times(run(*body)) == [(1, 31), (31, 61), (61, 91)]


def test_transfers_behind_it_in_its_queue_wait_too() -> None:
    body = (
        store_rows("s", part("x", 0, 1)),
        after(load_rows("a", part("x", 8, 9)), "s"),
        load_rows("b", part("x", 16, 17)),
    )
    assert times(run(*body)) == [(1, 31), (31, 61), (32, 62)]


def test_the_wait_is_one_for_a_transfer() -> None:
    """The engine had descriptors that could not start; whoever needs the load waits for DMA."""
    rows = part("x", 8, 9)
    body = (
        store_rows("s", part("x", 0, 1)),
        after(load_rows("a", rows), "s"),
        vector("f10", (rows,), ()),
    )
    result = run(*body)
    assert times(result) == [(1, 31), (31, 61), (61, 71)]
    assert result.cores[0].dma.waiting_hazard_cycles == 31 - 2
    assert result.cores[0].vector.waiting_dma_cycles == 61 - 3
