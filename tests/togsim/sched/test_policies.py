"""Which launch of a queue is next. A launch here takes 11 cycles of its core (see `conftest.py`),
so on one core launches start at 0, 11, 22, ..."""

import pytest

from npu.togsim.graph import Launch
from npu.togsim.simulate import simulate


def order(result) -> list[int]:
    """Launches by their starts on a machine of one core."""
    starts = [launch.start for launch in result.launches]
    assert len(set(starts)) == len(starts)
    return sorted(range(len(starts)), key=starts.__getitem__)


def run(toy, scheduler, *launches, queues=(0,)):
    program = toy.program(*[(toy.kernel(), launch) for launch in launches])
    return simulate(program, toy.machine(queues, scheduler))


def test_simple_is_fifo(toy):
    launches = [Launch(0, (), arrival_ns=30), Launch(0, ()), Launch(0, (), priority=5)]
    assert run(toy, "simple", *launches).launches == run(toy, "fifo", *launches).launches


@pytest.mark.parametrize("first_ns", [0, 5, 11, 12, 500])
def test_fifo_holds_all_behind_a_launch_that_has_not_arrived(toy, first_ns):
    result = run(toy, "fifo", Launch(0, (), arrival_ns=first_ns), Launch(0, ()), Launch(0, ()))
    assert [one.start for one in result.launches] == [first_ns, first_ns + 11, first_ns + 22]
    assert result.launches[1].ready == 0


def test_fifo_holds_all_behind_a_launch_whose_dependency_runs_elsewhere(toy):
    slow = (toy.kernel(cycles=100), Launch(0, (), queue=1))
    held = (toy.kernel(), Launch(0, (), (0,)))
    behind = (toy.kernel(), Launch(0, ()))
    result = simulate(toy.program(slow, held, behind), toy.machine((0, 1), "fifo"))
    # the slow one ends at 101; the held one is ready at 102
    assert [one.start for one in result.launches] == [0, 102, 113]
    result = simulate(toy.program(slow, held, behind), toy.machine((0, 1), "round_robin"))
    assert [one.start for one in result.launches] == [0, 102, 0]


def test_fifo_holds_cores_too_that_have_no_work_in_the_held_launch(toy):
    one = (toy.kernel(items=1), Launch(0, (), arrival_ns=100))
    two = (toy.kernel(items=2), Launch(0, ()))
    result = simulate(toy.program(one, two), toy.machine((0, 0), "fifo"))
    # core 1 begins the second in 100; core 0 when it is through with the first, at 111
    assert [(launch.start, launch.end) for launch in result.launches] == [(100, 111), (100, 122)]


def test_round_robin_takes_one_launch_of_each_request_in_turn(toy):
    a, b = Launch(0, (), request="a"), Launch(0, (), request="b")
    assert order(run(toy, "round_robin", a, a, a, b, b)) == [0, 3, 1, 4, 2]
    assert order(run(toy, "fifo", a, a, a, b, b)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("arrival_ns", "expected"),
    [
        # a0 b0 have run by 22; request c, third in line, is there in time or not
        (22, [0, 2, 4, 1, 3]),
        (23, [0, 2, 1, 3, 4]),
    ],
)
def test_round_robin_asks_who_is_ready_when_a_core_is_free(toy, arrival_ns, expected):
    a, b = Launch(0, (), request="a"), Launch(0, (), request="b")
    c = Launch(0, (), request="c", arrival_ns=arrival_ns)
    assert order(run(toy, "round_robin", a, a, b, b, c)) == expected


def test_round_robin_does_not_wait_for_a_request_that_is_not_ready(toy):
    a = Launch(0, (), request="a", arrival_ns=1000)
    b = Launch(0, (), request="b")
    assert [one.start for one in run(toy, "round_robin", a, b, b).launches] == [1000, 0, 11]


@pytest.mark.parametrize(("arrival_ns", "expected"), [(11, [0, 2, 1]), (12, [0, 1, 2])])
def test_priority_decides_when_a_core_is_free_and_never_preempts(toy, arrival_ns, expected):
    """The first runs from 0 to 11 whatever arrives; what is there at 11 is compared."""
    low, middle = Launch(0, (), priority=-1), Launch(0, (), priority=2)
    high = Launch(0, (), priority=3, arrival_ns=arrival_ns)
    middle = Launch(0, (), priority=2, arrival_ns=1)
    assert order(run(toy, "priority", low, middle, high)) == expected


def test_equal_priorities_go_by_arrival_and_then_by_age(toy):
    busy = Launch(0, (), priority=9)
    late, early = Launch(0, (), arrival_ns=8), Launch(0, (), arrival_ns=7)
    assert order(run(toy, "priority", busy, late, early, late, early)) == [0, 2, 4, 1, 3]


def test_a_started_launch_is_finished_before_another_is_picked(toy):
    """Core 0 starts the low one at 0; core 1, free at 31, does its part before the high one's."""
    alone = (toy.kernel_of([1, 30]), Launch(0, (), priority=9))
    low = (toy.kernel(items=2), Launch(0, ()))
    high = (toy.kernel(items=2), Launch(0, (), priority=5, arrival_ns=10))
    program = toy.program(alone, low, high)
    result = simulate(program, toy.machine((0, 0), "priority"), trace=True)
    by_core = {core: [one.launch for one in result.trace if one.core == core] for core in (0, 1)}
    assert by_core == {0: [0, 1, 2], 1: [0, 1, 2]}
    # core 0: 0 to 2, low from 2 to 13, high from 13; core 1: 0 to 31, low to 42, high to 53
    assert [(one.start, one.end) for one in result.launches] == [(0, 31), (2, 42), (13, 53)]


def test_each_queue_has_its_own_turn(toy):
    a, b = Launch(0, (), request="a"), Launch(0, (), request="b")
    c = Launch(0, (), request="c", queue=1)
    result = run(toy, "round_robin", a, a, b, b, c, c, queues=(0, 1))
    assert [one.start for one in result.launches] == [0, 22, 11, 33, 0, 11]
