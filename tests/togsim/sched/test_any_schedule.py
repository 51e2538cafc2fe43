"""Rules that hold for any launches on any queues under any policy."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from npu.configs.machine import Machine
from npu.togsim.graph import Launch
from npu.togsim.report.result import Result
from npu.togsim.simulate import simulate

POLICIES = ("fifo", "round_robin", "priority")


@st.composite
def layouts(draw: st.DrawFn) -> list[int]:
    """The queues of 1 to 6 cores; each queue has one at least."""
    queues = draw(st.integers(1, 3))
    rest = draw(st.lists(st.integers(0, queues - 1), max_size=6 - queues))
    return draw(st.permutations([*range(queues), *rest]))


@st.composite
def launches(draw: st.DrawFn, queues: int) -> list[tuple[int, int, Launch]]:
    """Work items, cycles of each, and the launch."""
    made: list[tuple[int, int, Launch]] = []
    for index in range(draw(st.integers(1, 14))):
        after = draw(st.sets(st.integers(0, index - 1), max_size=2)) if index else set[int]()
        launch = Launch(
            0,
            (),
            tuple(sorted(after)),
            queue=draw(st.integers(0, queues - 1)),
            arrival_ns=draw(st.sampled_from([0, 0, 3, 20, 21, 60])),
            priority=draw(st.integers(-1, 2)),
            request=draw(st.sampled_from("ab")),
        )
        made.append((draw(st.integers(0, 7)), draw(st.sampled_from([1, 5, 13])), launch))
    return made


def has_work(machine: Machine, queue: int, items: int, core: int) -> bool:
    return core in machine.queue_cores(queue)[:items]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_launches_run_once_in_an_order_that_the_rules_allow(toy, data: st.DataObject):
    cores = data.draw(layouts())
    made = data.draw(launches(max(cores) + 1))
    scheduler = data.draw(st.sampled_from(POLICIES))
    machine = toy.machine(cores, scheduler)
    program = toy.program(*[(toy.kernel(items, cycles), one) for items, cycles, one in made])
    result = simulate(program, machine, trace=True)
    items = [count for count, _, _ in made]
    check_work(machine, program.launches, items, result)
    check_times(program.launches, result)
    if scheduler == "fifo":
        check_fifo(program.launches, items, result)
    if scheduler == "priority":
        check_priority(machine, program.launches, items, result)
    for core in result.cores:
        front = core.front
        total = front.active_cycles + front.waiting_queue_cycles + front.idle_cycles
        assert total == result.total_cycles


def check_work(
    machine: Machine, made: Sequence[Launch], items: Sequence[int], result: Result
) -> None:
    """Every work item runs once, on the core whose turn it is."""
    done = Counter((record.launch, record.core) for record in result.trace)
    for index, launch in enumerate(made):
        cores = machine.queue_cores(launch.queue)
        share = {
            core: len(range(rank, items[index], len(cores))) for rank, core in enumerate(cores)
        }
        found = {core: done[index, core] for core in range(machine.num_cores)}
        assert found == {core: share.get(core, 0) for core in found}


def check_times(made: Sequence[Launch], result: Result) -> None:
    """No launch starts before it has arrived and all it waits for is complete; none sleeps on."""
    for launch, stats in zip(made, result.launches, strict=True):
        ends = [result.launches[before].end + 1 for before in launch.after]
        assert stats.arrival == launch.arrival_ns
        assert stats.ready == max([launch.arrival_ns, *ends])
        assert stats.ready <= stats.start <= stats.end
    assert result.total_cycles == max(stats.end for stats in result.launches)


def begun(result: Result) -> dict[int, list[int]]:
    """The launches of each core in the order in which it began them."""
    order: dict[int, dict[int, None]] = {}
    for record in sorted(result.trace, key=lambda one: one.decoded):
        order.setdefault(record.core, {})[record.launch] = None
    return {core: list(launches) for core, launches in order.items()}


def check_fifo(made: Sequence[Launch], items: Sequence[int], result: Result) -> None:
    """A core takes launches in their order, and none starts before an older one is ready."""
    assert all(order == sorted(order) for order in begun(result).values())
    for index, launch in enumerate(made):
        older = [i for i in range(index) if made[i].queue == launch.queue and items[i] > 0]
        if items[index] > 0:
            ready = [result.launches[i].ready for i in older]
            assert result.launches[index].start >= max(ready, default=0)


def check_priority(
    machine: Machine, made: Sequence[Launch], items: Sequence[int], result: Result
) -> None:
    """Nothing starts while something more urgent that has work for every core is ready."""
    for high, low in ((i, j) for i in range(len(made)) for j in range(len(made))):
        wide = items[high] >= len(machine.queue_cores(made[high].queue))
        rival = made[high].queue == made[low].queue and items[low] > 0
        if wide and rival and made[high].priority > made[low].priority:
            first, second = result.launches[high], result.launches[low]
            assert not first.ready <= second.start < first.start


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_one_core_is_never_idle_while_a_launch_that_may_start_waits(toy, data: st.DataObject):
    """Without fifo's holding, on one core: work is conserved."""
    made = data.draw(launches(1))
    scheduler = data.draw(st.sampled_from(["round_robin", "priority"]))
    program = toy.program(*[(toy.kernel(items, cycles), one) for items, cycles, one in made])
    stats = simulate(program, toy.machine((0,), scheduler)).launches
    runs = [one for one, (items, _, _) in zip(stats, made, strict=True) if items]
    for one in runs:
        if one.start > one.ready:
            assert any(other.end == one.start for other in runs)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_round_robin_serves_waiting_requests_in_turn(toy, data: st.DataObject):
    """On one core, with all launches there from the start: no request is two launches ahead."""
    names = data.draw(st.lists(st.sampled_from("abc"), min_size=2, max_size=12))
    program = toy.program(*[(toy.kernel(), Launch(0, (), request=name)) for name in names])
    stats = simulate(program, toy.machine((0,), "round_robin")).launches
    served = [one.request for one in sorted(stats, key=lambda one: one.start)]
    total = Counter(names)
    for end in range(len(served)):
        so_far = Counter(served[:end])
        open_ = [so_far[name] for name in total if so_far[name] < total[name]]
        assert not open_ or max(open_) - min(open_) <= 1
