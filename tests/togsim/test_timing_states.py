"""Cycles by state of a unit, on programs whose times the other tests hold."""

from npu.togsim.graph import Wait
from tests.togsim.timing import load_rows, matmul, part, preload, run, vector


def test_states_of_an_array() -> None:
    # idle 0; weights load 1-8; pushes 9-24; the last result leaves at 40
    array = run(preload(), matmul(16, 0)).cores[0].arrays[0]
    assert array.idle_cycles == 1
    assert array.waiting_weights_cycles == 8
    assert array.active_cycles == 16
    assert array.draining_cycles == 15
    assert array.macs == 16 * 8 * 8


def test_states_of_an_array_that_waits_for_data() -> None:
    # the preload is dispatched at 2 and starts at 11
    array = run(vector("f10", (), (part("x", 0, 8),)), preload()).cores[0].arrays[0]
    assert array.idle_cycles == 2
    assert (array.waiting_dependency_cycles, array.waiting_weights_cycles) == (9, 8)


def test_states_of_an_array_that_waits_for_accumulators() -> None:
    # the vector owns the rows from 1 to 31; weights from 2 to 10; the matmul starts at 31
    body = (vector("f30", (), (part("acc", 0, 8),)), preload(), matmul(16, 0))
    array = run(*body).cores[0].arrays[0]
    assert array.waiting_accumulators_cycles == 31 - 10
    assert array.waiting_weights_cycles == 8


def test_states_of_dma_and_execute_queue() -> None:
    # decoded 0; injected 1; back at 31; the wait, there from 2 on, goes at 31
    core = run(load_rows("t", part("x", 0, 1)), Wait("t")).cores[0]
    assert (core.dma.active_cycles, core.dma.waiting_memory_cycles) == (1, 29)
    assert core.dma.idle_cycles == 2  # cycle 0, and cycle 31 of the wait
    assert (core.execute.idle_cycles, core.execute.waiting_token_cycles) == (2, 29)
    assert core.execute.active_cycles == 1


def test_states_of_dma_that_waits_for_a_hazard() -> None:
    # the load is there from 2 on, its rows are free at 11
    body = (vector("f10", (), (part("x", 0, 8),)), load_rows("t", part("x", 0, 1)))
    assert run(*body).cores[0].dma.waiting_hazard_cycles == 9
