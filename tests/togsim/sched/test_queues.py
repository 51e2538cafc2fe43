"""When a launch starts, and on which cores: arrival, dependencies, queues. `conftest.py` has the
arithmetic: a core that begins k items of c cycles at s is through at s + 1 + k * c."""

from dataclasses import replace

import pytest

from npu.configs.errors import UserError
from npu.togsim.graph import Launch
from npu.togsim.report.result import Result
from npu.togsim.simulate import simulate


def times(result: Result) -> list[tuple[int, int]]:
    return [(one.start, one.end) for one in result.launches]


@pytest.mark.parametrize(
    ("mhz", "arrival_ns", "cycle"),
    [
        # Edge n of 500 MHz lies at 2 n ns.
        (500, 100, 50),  # on an edge
        (500, 99, 50),  # one ns before it
        (500, 101, 51),  # one ns after it
        # Edge 47 of 940 MHz lies at 50,000 ps exactly, edge 48 at 51,063 ps.
        (940, 50, 47),
        (940, 49, 47),
        (940, 51, 48),
        (940, 0, 0),
        (1000, 1, 1),
    ],
)
def test_launch_starts_at_the_first_edge_at_its_arrival(toy, mhz, arrival_ns, cycle):
    machine = toy.machine(core_freq_mhz=mhz)
    program = toy.program((toy.kernel(), Launch(0, (), arrival_ns=arrival_ns)))
    launch = simulate(program, machine).launches[0]
    assert (launch.arrival, launch.ready, launch.start) == (cycle, cycle, cycle)
    assert launch.end == cycle + 11


def test_core_is_idle_until_the_arrival(toy):
    program = toy.program((toy.kernel(), Launch(0, (), arrival_ns=100)))
    core = simulate(program, toy.machine()).cores[0]
    # active in cycle 100, and nothing behind it up to 111
    assert (core.front.active_cycles, core.front.idle_cycles) == (1, 110)


def test_a_free_core_begins_the_next_launch_in_the_cycle_in_which_the_former_ended(toy):
    program = toy.program(*[(toy.kernel(), Launch(0, ()))] * 2)
    assert times(simulate(program, toy.machine())) == [(0, 11), (11, 22)]


def test_a_dependent_launch_starts_a_cycle_later_also_on_another_queue(toy):
    first, second = (toy.kernel(), Launch(0, ())), (toy.kernel(), Launch(0, (), (0,)))
    assert times(simulate(toy.program(first, second), toy.machine())) == [(0, 11), (12, 23)]
    moved = (toy.kernel(), Launch(0, (), (0,), queue=1))
    result = simulate(toy.program(first, moved), toy.machine((0, 1)))
    assert times(result) == [(0, 11), (12, 23)]
    assert result.launches[1].ready == 12


@pytest.mark.parametrize(("arrival_ns", "start"), [(11, 12), (12, 12), (13, 13)])
def test_a_launch_needs_both_its_arrival_and_its_dependencies(toy, arrival_ns, start):
    first = (toy.kernel(), Launch(0, ()))
    second = (toy.kernel(), Launch(0, (), (0,), arrival_ns=arrival_ns))
    result = simulate(toy.program(first, second), toy.machine())
    assert (result.launches[1].ready, result.launches[1].start) == (start, start)


def test_queues_run_side_by_side(toy):
    late, early = Launch(0, (), arrival_ns=100), Launch(0, (), queue=1)
    program = toy.program((toy.kernel(), late), (toy.kernel(), early))
    assert times(simulate(program, toy.machine((0, 1)))) == [(100, 111), (0, 11)]


@pytest.mark.parametrize(
    "queues", [(0,), (0, 1), (1, 0), (0, 0, 1, 1), (0, 1, 1, 1), (0, 1, 0, 2, 0, 0)]
)
def test_items_go_to_the_cores_of_the_queue_in_turn(toy, queues):
    machine = toy.machine(queues)
    launches = [(toy.kernel(items=12), Launch(0, (), queue=q)) for q in range(max(queues) + 1)]
    result = simulate(toy.program(*launches), machine, trace=True)
    for queue, launch in enumerate(result.launches):
        cores = machine.queue_cores(queue)
        assert launch.end == 1 + 10 * (12 // len(cores))
        done = [record.core for record in result.trace if record.launch == queue]
        assert sorted(done) == sorted(core for core in cores for _ in range(12 // len(cores)))


def test_cores_of_a_queue_may_be_in_different_launches(toy):
    # Core 0 has two of the three items and ends at 21, core 1 one and goes on to the next at 11.
    first, second = (toy.kernel(items=3), Launch(0, ())), (toy.kernel(items=2), Launch(0, ()))
    result = simulate(toy.program(first, second), toy.machine((0, 0)), trace=True)
    assert times(result) == [(0, 21), (11, 32)]
    assert [(one.core, one.decoded) for one in result.trace if one.launch == 1] == [
        (1, 11),
        (0, 21),
    ]


def test_launch_with_fewer_items_than_cores_leaves_the_others_to_the_next(toy):
    one, two = (toy.kernel(items=1), Launch(0, ())), (toy.kernel(items=2), Launch(0, ()))
    result = simulate(toy.program(one, two), toy.machine((0, 0)))
    assert times(result) == [(0, 11), (0, 22)]


def test_a_core_that_ends_in_the_cycle_in_which_a_launch_becomes_ready_finds_it(toy):
    """Both cores end at 22, core 1 first: core 0 is busy when the third launch becomes ready."""
    first = (toy.kernel_of([10, 21]), Launch(0, ()))
    second = (toy.kernel(items=1), Launch(0, ()))
    third = (toy.kernel(items=2), Launch(0, (), (0,)))
    result = simulate(toy.program(first, second, third), toy.machine((0, 0)))
    assert times(result) == [(0, 22), (11, 22), (23, 34)]


def test_launches_without_work_take_no_core_and_wait_for_their_arrival(toy):
    empty = toy.kernel(items=0)
    program = toy.program(
        (empty, Launch(0, (), arrival_ns=50)),
        (toy.kernel(), Launch(0, ())),
        (empty, Launch(0, (), (0,))),
        (toy.kernel(), Launch(0, (), (2,))),
    )
    assert times(simulate(program, toy.machine())) == [(50, 50), (0, 11), (51, 51), (52, 63)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"queue": 2}, "launch 0: is on queue 2; expected a queue from 0 to 1"),
        ({"queue": -1}, "is on queue -1"),
        ({"arrival_ns": -1}, "arrives at -1 ns; expected a time from 0"),
        ({"arrival_ns": 2**40 + 1}, "expected a time from 0 to 2\\^40 ns"),
        ({"priority": 1_000_001}, "has priority 1000001; expected a number from -1000000"),
    ],
)
def test_mistakes_name_the_launch_and_what_was_expected(toy, change, message):
    program = toy.program((toy.kernel(), replace(Launch(0, ()), **change)))
    with pytest.raises(UserError, match=message):
        simulate(program, toy.machine((0, 1)))


def test_time_beyond_64_bits_is_told(toy):
    program = toy.program((toy.kernel(), Launch(0, (), arrival_ns=2**40)))
    with pytest.raises(UserError, match="beyond what 64 bits hold"):
        simulate(program, toy.machine(core_freq_mhz=20_000))
