"""Timing of launches and work items: order, rotation, slots, shared work."""

from dataclasses import replace

from npu.togsim.graph import Access, Const, DmaDim, FloorDiv, Iv, Launch, Load, Loop, Mod, Wait
from npu.togsim.report.result import Result
from npu.togsim.simulate import simulate
from tests.togsim.timing import (
    MACHINE,
    ZERO,
    load_rows,
    matmul,
    part,
    preload,
    program,
    run,
    times,
    vector,
)


def tiles(slots: int) -> Loop:
    slot = Mod(FloorDiv(Iv("i"), 1), slots)
    tile = Access("x", slot, (ZERO, ZERO), (Const(8), Const(8)))
    body = (
        Load("t", 0, ZERO, (DmaDim(Const(8), 0), DmaDim(Const(8), 4)), 4, tile),
        Wait("t"),
        vector("f10", (tile,), ()),
    )
    return Loop("i", 0, 2, 1, body)


def test_two_slots_overlap_the_load_with_the_computation() -> None:
    # one slot: load 1-31, wait 31, vector 32-42; load 42-72, wait 72, vector 73-83
    assert run(tiles(1)).total_cycles == 83
    # two: the second load 4-34 hides behind the first; vector 42-52 right after the first
    assert run(tiles(2)).total_cycles == 52


def test_a_launch_starts_the_cycle_after_those_it_waits_for() -> None:
    body = (preload(),)
    ordered = program(body, (Launch(0, (0,)), Launch(0, (0,), (0,))))
    result = simulate(ordered, MACHINE, trace=True)
    assert [(launch.start, launch.end) for launch in result.launches] == [(0, 9), (10, 19)]


def test_the_rotation_starts_at_array_0_in_each_launch() -> None:
    two = program((preload(),), (Launch(0, (0,)), Launch(0, (0,), (0,))))
    machine = replace(MACHINE, num_systolic_array_per_core=2)
    assert [record.array for record in simulate(two, machine, trace=True).trace] == [0, 0]


def test_launches_without_order_share_a_core_one_after_the_other() -> None:
    unordered = program((preload(),), (Launch(0, (0,)), Launch(0, (0,))))
    result = simulate(unordered, MACHINE)
    # the second decodes in the cycle in which the first has drained
    assert [(launch.start, launch.end) for launch in result.launches] == [(0, 9), (9, 18)]


def test_work_items_go_round_the_cores() -> None:
    body = (Loop("i", 0, 3, 1, (preload(),), parallel=True),)
    result = simulate(program(body), replace(MACHINE, num_cores=2), trace=True)
    assert [core.instructions.preload for core in result.cores] == [2, 1]
    # core 0 decodes its items at 0 and 1, with no barrier between: the weight port is free at 9
    assert sorted((r.core, r.started) for r in result.trace) == [(0, 1), (0, 9), (1, 1)]
    assert result.total_cycles == 17


SHARED = (
    load_rows("w", part("x", 0, 1)),
    Loop("i", 0, 3, 1, (Wait("w"), vector("f10", (), ())), parallel=True),
)
"""A load ahead of three work items that each wait for it."""


def shared_on(cores: int) -> Result:
    return simulate(program(SHARED), replace(MACHINE, num_cores=cores), trace=True)


def test_work_ahead_of_the_parallel_loops_runs_once_on_a_core() -> None:
    # the load is back at 31; waits leave at 31, 33, 35; the vector unit is busy from 32 on
    result = shared_on(1)
    assert times(result) == [(1, 31), (31, 32), (32, 42), (33, 34), (42, 52), (35, 36), (52, 62)]
    assert result.total_cycles == 62


def test_every_core_with_a_work_item_runs_the_shared_work() -> None:
    # three loads reach the channel at 6 and start at 6, 7, 8
    result = shared_on(3)
    vectors = sorted((r.core, r.started, r.completed) for r in result.trace if r.op == "vector")
    assert vectors == [(0, 32, 42), (1, 33, 43), (2, 34, 44)]
    assert [core.instructions.movin for core in result.cores] == [1, 1, 1]


def test_a_core_without_a_work_item_skips_the_shared_work() -> None:
    result = shared_on(5)
    assert [core.instructions.movin for core in result.cores] == [1, 1, 1, 0, 0]
    assert [core.instructions.vector for core in result.cores] == [1, 1, 1, 0, 0]
    assert result.total_cycles == 44


def test_shared_weights_serve_every_work_item() -> None:
    # weights from 1 to 9; 20 pushes each from 9, 29 and 49 on; the last result 15 cycles after
    body = (preload(), Loop("i", 0, 3, 1, (matmul(20, 0),), parallel=True))
    assert [start for start, _ in times(run(*body))] == [1, 9, 29, 49]
    assert run(*body).total_cycles == 69 + 15


def test_a_loop_may_stand_ahead_of_the_parallel_loops() -> None:
    # loads at 1 and 2 into rows 0 and 1, back at 31 and 32; the wait is for the latest, at 32
    row = Access("x", ZERO, (Iv("j"), ZERO), (Const(1), Const(8)))
    loads = Loop("j", 0, 2, 1, (load_rows("w", row),))
    body = (loads, Loop("i", 0, 2, 1, (Wait("w"), vector("f10", (), ())), parallel=True))
    assert times(run(*body))[2:4] == [(32, 33), (33, 43)]
