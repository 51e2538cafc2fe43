"""Timing of the DMA engine: one load and one store in service, who goes first."""

from npu.togsim.graph import Access, Const, Iv, Loop
from tests.togsim.timing import ZERO, load_rows, part, run, store_rows, times, vector


def test_one_load_is_in_service_at_a_time() -> None:
    first = load_rows("a", part("x", 0, 3))
    second = load_rows("b", part("x", 8, 9))
    assert times(run(first, second)) == [(1, 33), (4, 34)]


def test_loads_inject_before_stores() -> None:
    four = load_rows("a", part("x", 0, 4))
    one = store_rows("b", part("x", 100, 101))
    ports = {"icnt_injection_ports_per_core": 2}
    # the load has both ports at 1 and 2; the store, there from 2 on, starts at 3
    assert times(run(four, one, **ports))[1][0] == 3
    three = load_rows("a", part("x", 0, 3))
    assert times(run(three, one, **ports))[1][0] == 2  # with the port the load leaves


def test_store_ends_with_its_acknowledgement_and_frees_its_rows_when_sent() -> None:
    rows = part("x", 0, 1)
    body = (vector("f10", (), (rows,)), store_rows("s", rows), load_rows("l", rows))
    assert times(run(*body)) == [(1, 11), (11, 41), (12, 42)]


def test_an_empty_transfer_is_over_in_a_cycle() -> None:
    piece = Access("x", ZERO, (ZERO, ZERO), (Iv("i"), Const(8)))
    pieces = Loop("i", 0, 2, 1, (load_rows("t", piece),))
    assert times(run(pieces)) == [(1, 2), (2, 32)]
