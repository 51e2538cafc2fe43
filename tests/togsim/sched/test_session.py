"""Sessions: one time over several programs, barriers, and whose memory is whose."""

from dataclasses import replace

import pytest

from npu.configs.errors import UserError
from npu.togsim.graph import (
    Access,
    Buffer,
    Const,
    DmaDim,
    Iv,
    Kernel,
    Launch,
    Load,
    Loop,
    Mul,
    Program,
    Tensor,
    TileFunction,
    Vector,
)
from npu.togsim.session import Session
from npu.togsim.simulate import simulate


def loads(name: str = "weights", launches: int = 1) -> Program:
    """Two work items that load 64 blocks each, in launches one after the other."""
    walk = (DmaDim(Const(64), 32), DmaDim(Const(8), 4))
    rows = Access("x", Const(0), (Const(0), Const(0)), (Const(64), Const(8)))
    load = Load("t", 0, Mul(Iv("w"), 2048), walk, 4, rows)
    kernel = Kernel(
        "k",
        ("t",),
        (Buffer("x", 1, (64, 8), 4, 0),),
        (),
        (Loop("w", 0, 2, 1, (load,), parallel=True),),
    )
    chain = tuple(Launch(0, (0,), (i - 1,) if i else ()) for i in range(launches))
    return Program(2, (Tensor(name, 1 << 32, 4096),), (kernel,), chain)


def without_time(result):
    return replace(result, wall_seconds=0.0)


def test_simulate_is_a_session_of_one(toy):
    session = Session(toy.machine((0, 0)))
    program = loads(launches=3)
    session.submit(program)
    assert session.program == program
    assert without_time(session.result()) == without_time(simulate(program, session.machine))


def test_a_barrier_is_a_dependency_on_all_that_is_before_it(toy):
    """Time, DRAM and cores go on: the same launches, ordered by `after`, give the same figures."""
    machine = toy.machine((0, 0))
    program = loads()
    session = Session(machine)
    ends = []
    for _ in range(3):
        session.submit(program)
        ends.append(session.barrier())
    result, chained = session.result(), simulate(loads(launches=3), machine)
    assert [one.end for one in result.launches] == ends == [one.end for one in chained.launches]
    assert [one.start for one in result.launches] == [0, ends[0] + 1, ends[1] + 1]
    assert result.cores == chained.cores
    assert result.channels == chained.channels


def test_nothing_submitted_later_starts_before_the_barrier_and_arrivals_count_from_the_start(toy):
    program = toy.program((toy.kernel(), Launch(0, ())))
    session = Session(toy.machine((0, 1)))
    session.submit(program, arrival_ns=5)
    assert session.barrier() == 16
    for arrival_ns in (0, 16, 17, 18):
        session.submit(program, queue=1, arrival_ns=arrival_ns)
    # 17 is the cycle behind the barrier; each takes 11 cycles of the one core of queue 1
    assert session.barrier() == 17 + 4 * 11
    launches = session.result().launches[1:]
    assert [one.arrival for one in launches] == [17, 17, 17, 18]
    assert [one.start for one in launches] == [17, 28, 39, 50]


def test_barrier_without_launches_takes_no_time(toy):
    session = Session(toy.machine())
    assert (session.barrier(), session.barrier()) == (0, 0)
    session.submit(toy.program((toy.kernel(), Launch(0, ()))))
    assert session.barrier() == 11
    assert session.barrier() == 11
    assert session.result().launches[0].start == 0


def test_what_is_given_with_a_program_replaces_what_its_launches_say(toy):
    launch = Launch(0, (), queue=0, arrival_ns=7, priority=1, request="old")
    program = toy.program((toy.kernel(), launch))
    session = Session(toy.machine((0, 1)))
    session.submit(program)
    session.submit(program, queue=1, arrival_ns=3, priority=-2, request="new")
    one, two = session.result().launches
    assert (one.queue, one.arrival, one.priority, one.request) == (0, 7, 1, "old")
    assert (two.queue, two.arrival, two.priority, two.request) == (1, 3, -2, "new")


def test_every_submission_is_a_request_of_its_own(toy):
    """Of one name, too: round robin takes them in turn."""
    program = toy.program(*[(toy.kernel(), Launch(0, ()))] * 2)
    session = Session(toy.machine(scheduler="round_robin"))
    for _ in range(2):
        session.submit(program, request="resnet")
    launches = session.result().launches
    assert [one.request_number for one in launches] == [0, 0, 1, 1]
    assert [one.start for one in launches] == [0, 22, 11, 33]


def test_the_same_object_has_the_same_memory_and_another_one_its_own(toy):
    first, second = loads(), loads()
    session = Session(toy.machine((0, 0)))
    for program in (first, second, first):
        session.submit(program)
    assert [one.address for one in session.program.tensors] == [1 << 32, (1 << 32) + 4096]
    assert [one.tensors for one in session.program.launches] == [(0,), (1,), (0,)]
    assert [one.kernel for one in session.program.launches] == [0, 1, 0]
    assert session.result().cores[0].dma.read_requests == 3 * 32  # blocks of 64 bytes


def test_a_program_that_is_out_of_the_way_stays_where_it_is(toy):
    far = replace(loads(), tensors=(Tensor("far", 1 << 40, 4096),))
    session = Session(toy.machine((0, 0)))
    session.submit(loads())
    session.submit(far)
    assert session.program.tensors[1].address == 1 << 40


def test_memory_beyond_48_bits_is_told(toy):
    session = Session(toy.machine((0, 0)))
    last = replace(loads(), tensors=(Tensor("last", (1 << 48) - 4096, 4096),))
    session.submit(last)
    with pytest.raises(UserError, match="tensor 'weights': 4096 bytes at 0x1000000000000"):
        session.submit(loads())
    assert session.result().launches[0].end > 0


def test_a_refused_program_leaves_the_session_as_it_was(toy):
    session = Session(toy.machine())
    good = toy.program((toy.kernel(), Launch(0, ())))
    session.submit(good)
    for bad, queue in ((replace(good, version=1), 0), (good, 3), (good, -1)):
        with pytest.raises(UserError):
            session.submit(bad, queue=queue)
    session.submit(good)
    assert [one.end for one in session.result().launches] == [11, 22]


def test_an_error_of_the_simulation_ends_the_session(toy):
    """A tile function without cycles for its sizes shows when it is met."""
    item = Vector("f", (Const(1),), (), ())
    kernel = Kernel("k", (), (), (TileFunction("f", {(0,): 10}),), (item,))
    session = Session(toy.machine())
    session.submit(Program(2, (), (kernel,), (Launch(0, ()),)))
    with pytest.raises(UserError, match="'f' has no cycles for sizes"):
        session.barrier()
    for call in (session.barrier, session.result):
        with pytest.raises(UserError, match="the session has ended with an error; start another"):
            call()
    with pytest.raises(UserError, match="ended with an error"):
        session.submit(toy.program((toy.kernel(), Launch(0, ()))))


def test_a_result_may_be_asked_for_again_and_later(toy):
    program = loads()
    session = Session(toy.machine((0, 0)), trace=True)
    session.submit(program)
    first = session.result()
    assert without_time(session.result()) == without_time(first)
    session.submit(program)
    second = session.result()
    assert second.launches[0] == first.launches[0]
    assert second.trace[: len(first.trace)] == first.trace
    assert len(second.trace) == 2 * len(first.trace)
