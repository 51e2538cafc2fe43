"""Graphs that cannot go on say who waits for what; those that only look like it go on."""

import time
from dataclasses import replace

import pytest

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.togsim import _togsim
from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    DmaDim,
    Expr,
    Iv,
    Kernel,
    Launch,
    Load,
    Loop,
    Matmul,
    Node,
    Preload,
    Program,
    Store,
    Tensor,
    TileFunction,
    Vector,
    Wait,
)
from npu.togsim.graph.pack import pack
from npu.togsim.session import Session
from npu.togsim.simulate import simulate

MACHINE = replace(load("8x8"), num_cores=2)
EIGHT = Const(8)
TILE = Access("x", Const(0), (Const(0), Const(0)), (Const(8), Const(8)))
SUMS = replace(TILE, buffer="acc")
PRELOAD = Preload(Const(8), Const(8), TILE)
MATMUL = Matmul(Const(8), TILE, SUMS)


def load_of(token: str, rows: Expr = EIGHT) -> Load:
    dims = (DmaDim(rows, 32), DmaDim(Const(8), 4))
    return Load(token, 0, Const(0), dims, 4, replace(TILE, size=(rows, Const(8))))


STORE = Store("s", 0, Const(0), (DmaDim(EIGHT, 32), DmaDim(EIGHT, 4)), 4, TILE)


def vector(cycles: int) -> Vector:
    return Vector("f", (Const(cycles),), (SUMS,), (SUMS,))


def program(*body: Node, launches: tuple[Launch, ...] = (Launch(0, (0,)),)) -> Program:
    kernel = Kernel(
        "k",
        ("t",),
        (Buffer("x", 1, (8, 8), 4, 0), Buffer("acc", 1, (8, 8), 4, 256)),
        (TileFunction("f", {(10,): 10}),),
        body,
    )
    return Program(VERSION, (Tensor("t", 1 << 32, 4096),), (kernel,), launches)


def after(*others: int) -> Launch:
    return Launch(0, (0,), others)


def test_no_circle_gets_past_the_packed_form() -> None:
    """`togsim/tests/test_simulator.cpp` has the message of one that would."""
    packed, names = pack(program(vector(10), launches=(after(1), after(0))))
    with pytest.raises(_togsim.SimulationError, match="waits for one that is not earlier"):
        Session(MACHINE)._raw.submit(packed, names, [])


def test_a_circle_is_refused_before_it_runs() -> None:
    with pytest.raises(UserError, match=r"launch 0: waits for launch 1; expected an earlier"):
        simulate(program(vector(10), launches=(after(1), after(0))), MACHINE)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ((Wait("t"),), "kernel 'k': a wait on 't' comes before any transfer"),
        ((Wait("t"), load_of("t")), "kernel 'k': a wait on 't' comes before any transfer"),
        (
            (Loop("i", 0, 0, 1, (load_of("t"),)), Wait("t")),
            "kernel 'k': a wait comes before any transfer of its token",
        ),
        ((MATMUL,), "kernel 'k': a matmul comes before any preload"),
        (
            (Loop("i", 0, 0, 1, (PRELOAD,)), MATMUL),
            "kernel 'k': a matmul comes before any preload",
        ),
    ],
)
def test_what_never_comes_is_told(body: tuple[Node, ...], message: str) -> None:
    with pytest.raises(UserError, match=message):
        simulate(program(*body), MACHINE)


def test_a_queue_without_cores_is_told() -> None:
    with pytest.raises(UserError, match="no core is on queue 0"):
        replace(MACHINE, num_partition=2, partition=(("core_0", 1), ("core_1", 1)))


def test_a_session_that_failed_says_so() -> None:
    session = Session(MACHINE)
    session.submit(program(Loop("i", 0, 0, 1, (load_of("t"),)), Wait("t")))
    with pytest.raises(UserError, match="before any transfer"):
        session.barrier()
    with pytest.raises(UserError, match="the session has ended with an error"):
        session.barrier()


GOES_ON: dict[str, tuple[Node, ...]] = {
    "nothing at all": (),
    "a loop without iterations": (Loop("i", 5, 5, 1, (vector(10),)),),
    "a loop without a body": (Loop("i", 0, 1000, 1, ()),),
    "no work items": (Loop("i", 0, 0, 1, (vector(10),), parallel=True),),
    "work items without work": (Loop("i", 0, 9, 1, (), parallel=True),),
    "work before no work items": (vector(10), Loop("i", 0, 0, 1, (), parallel=True)),
    "a transfer of nothing": (Loop("i", 0, 2, 1, (load_of("t", Iv("i")), Wait("t"))),),
    "empty preloads and matmuls": (
        Loop(
            "i",
            0,
            1,
            1,
            (
                Preload(Iv("i"), Const(8), replace(TILE, size=(Iv("i"), Const(8)))),
                Matmul(
                    Iv("i"),
                    replace(TILE, size=(Iv("i"), Iv("i"))),
                    replace(SUMS, size=(Iv("i"), Const(8))),
                ),
            ),
        ),
    ),
    "more preloads than weight slots": (*[PRELOAD] * 20, MATMUL),
    "sums of sums": (PRELOAD, *[MATMUL] * 40, vector(10), MATMUL),
    "a wait for the last of more loads than the queue holds": (
        Loop("i", 0, 700, 1, (load_of("t"),)),
        Wait("t"),
    ),
    "more instructions than the execute queue holds behind a wait": (
        load_of("t"),
        Wait("t"),
        PRELOAD,
        Loop("i", 0, 700, 1, (MATMUL,)),
    ),
    "the same wait many times": (load_of("t"), *[Wait("t")] * 700),
    "a store of what is loaded into": (Loop("i", 0, 50, 1, (load_of("t"), STORE)),),
    "transfers each after the one before, more than the queues hold": (
        load_of("t"),
        Loop("i", 0, 600, 1, (replace(STORE, after=("t",)), replace(load_of("t"), after=("s",)))),
    ),
    "a store after the last of more loads than the queue holds, and a load after that": (
        Loop("i", 0, 600, 1, (load_of("t"),)),
        replace(STORE, after=("t",)),
        replace(load_of("u"), after=("s", "t")),
        Wait("u"),
    ),
}


@pytest.mark.parametrize("name", GOES_ON)
@pytest.mark.parametrize("slots", [1, 2])
@pytest.mark.parametrize("plain", [False, True])
def test_what_can_go_on_does(name: str, slots: int, plain: bool) -> None:
    machine = replace(MACHINE, sa_weight_buffer_depth=slots)
    launches = (after(), after(0), Launch(0, (0,)), after(0, 1, 2))
    result = simulate(program(*GOES_ON[name], launches=launches), machine, plain=plain)
    assert result.launches[3].start > result.launches[1].end
    assert result.total_cycles == max(launch.end for launch in result.launches)


def test_far_arrivals_take_no_time_to_wait_for() -> None:
    started = time.process_time()
    launches = (Launch(0, (0,), arrival_ns=1_000_000_000_000), after(0))
    result = simulate(program(vector(10), launches=launches), MACHINE)
    assert result.launches[0].start == 1_000_000_000_000 * 800 // 1000
    assert time.process_time() - started < 1


def test_barriers_without_work_end() -> None:
    session = Session(MACHINE)
    assert session.barrier() == 0
    session.submit(program(launches=()))
    assert session.barrier() == 0
    session.submit(program(vector(10)))
    first = session.barrier()
    assert session.barrier() == first > 0
    assert session.result().total_cycles == first
