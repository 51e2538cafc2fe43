"""Timing of the front and the execute queue: who waits behind whom."""

from npu.togsim.graph import Loop, Wait
from npu.togsim.report.result import Result
from tests.togsim.timing import load_rows, part, preload, run, times, vector


def test_wait_holds_what_stands_behind_it_until_the_token() -> None:
    # the load: decoded 0, injected 1, back at 31; the wait goes at 31, the preload at 32
    result = run(load_rows("t", part("x", 0, 1)), Wait("t"), preload(100))
    assert times(result) == [(1, 31), (31, 32), (32, 40)]


def test_loads_go_on_behind_a_wait() -> None:
    result = run(
        load_rows("a", part("x", 0, 1)), Wait("a"), preload(100), load_rows("b", part("x", 8, 9))
    )
    assert times(result)[3] == (4, 34)  # decoded at 3


def test_the_vector_unit_works_while_an_array_does() -> None:
    result = run(preload(), vector("f10", (), (part("acc", 0, 8),)))
    assert times(result) == [(1, 9), (2, 12)]


def test_a_unit_takes_eight_instructions_ahead() -> None:
    def preload_start(vectors: int) -> int:
        calls = [vector("f10", (), (part("acc", 8 * i, 8 * i + 8),)) for i in range(vectors)]
        return times(run(*calls, preload()))[-1][0]

    # nine: dispatched at 1 to 9, the first at work, eight waiting; the preload at 10
    assert preload_start(9) == 10
    # the tenth has room after the second one started at 11: dispatched at 12, the preload at 13
    assert preload_start(10) == 13


def test_a_queue_takes_512_instructions_ahead() -> None:
    def after_loads(loads: int) -> Result:
        blocked = Loop("i", 0, loads, 1, (load_rows("t", part("x", 0, 1)),))
        return run(vector("f1000", (), (part("x", 0, 8),)), blocked, preload(100))

    # the vector ends at 1001; 512 loads are decoded at 1 to 512, the preload at 513
    fits = after_loads(512)
    assert times(fits)[-1][0] == 514
    assert fits.cores[0].front.waiting_queue_cycles == 0
    # the 513th is decoded when the first has left at 1001, the preload at 1002
    full = after_loads(513)
    assert times(full)[-1][0] == 1003
    assert full.cores[0].front.waiting_queue_cycles == 1001 - 513
