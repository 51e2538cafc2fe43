"""Why units stand still: each state of the arrays, the vector unit and the execute queue by hand.

All clocks run at 1000 MHz, the arrays are 8 x 8, a request injected at cycle t is back at t + 30,
and an instruction decoded at cycle d is seen by its queue from d + 1 on.
"""

from dataclasses import replace

from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    Kernel,
    Launch,
    Load,
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
from npu.togsim.report.stalls import largest_wait
from npu.togsim.report.stats import CoreStats
from npu.togsim.simulate import simulate
from tests.togsim.timing import MACHINE, walk_of

BUFFERS = (Buffer("x", 1, (256, 8), 4, 0), Buffer("acc", 1, (256, 8), 4, 16384))
FUNCTIONS = (TileFunction("f10", {(): 10}),)


def rows(lo: int, hi: int, buffer: str = "x") -> Access:
    return Access(buffer, Const(0), (Const(lo), Const(0)), (Const(hi - lo), Const(8)))


def load_to(access: Access) -> Load:
    """One block a row."""
    return Load("t", 0, Const(0), walk_of(access), 4, access)


def store_from(access: Access) -> Store:
    return Store("t", 0, Const(0), walk_of(access), 4, access)


def preload(lo: int = 0) -> Preload:
    return Preload(Const(8), Const(8), rows(lo, lo + 8))


def matmul(count: int, to: int = 0) -> Matmul:
    return Matmul(Const(count), rows(100, 100 + count), rows(to, to + count, "acc"))


def vector(reads: tuple[Access, ...] = (), writes: tuple[Access, ...] = ()) -> Vector:
    return Vector("f10", (), reads, writes)


def run(*body: Node, **machine: object) -> CoreStats:
    kernel = Kernel("k", ("t",), BUFFERS, FUNCTIONS, body)
    program = Program(VERSION, (Tensor("t", 1 << 32, 4096),), (kernel,), (Launch(0, (0,)),))
    return simulate(program, replace(MACHINE, **machine)).cores[0]  # pyright: ignore[reportArgumentType]


def test_array_waits_for_a_load_of_its_weights() -> None:
    # eight blocks injected 1-8, the last one back at 38; the preload is dispatched at 2
    array = run(load_to(rows(0, 8)), preload()).arrays[0]
    assert array.idle_cycles == 2
    assert array.waiting_dma_cycles == 38 - 2
    assert array.waiting_weights_cycles == 8


def test_array_waits_for_a_load_of_accumulator_rows() -> None:
    # the load is back at 31; weights are there at 10; the matmul pushes from 31 on
    array = run(load_to(rows(0, 1, "acc")), preload(), matmul(4)).arrays[0]
    assert (array.waiting_weights_cycles, array.waiting_dma_cycles) == (8, 21)
    assert array.waiting_accumulators_cycles == 0


def test_array_waits_behind_a_wait() -> None:
    # the load is back at 31; the preload, decoded at 2, stands behind the wait from 3 on; the wait
    # goes at 31, the preload a cycle later
    core = run(load_to(rows(0, 1)), Wait("t"), preload(8))
    assert core.arrays[0].waiting_dma_cycles == 31 - 3
    assert core.arrays[0].waiting_dispatch_cycles == 1
    assert core.arrays[0].waiting_weights_cycles == 8
    assert core.vector.waiting_dma_cycles == 0  # it has nothing behind the wait
    assert core.execute.waiting_token_memory_cycles == 31 - 2


def test_array_waits_for_the_weight_port() -> None:
    # first weights 1-8, second 9-16; the matmul that uses the second is there from 3 on
    array = run(preload(0), preload(8), matmul(4)).arrays[0]
    assert array.waiting_port_cycles == 9 - 3
    assert array.waiting_weights_cycles == 2 + 8


def test_array_waits_for_a_weight_slot() -> None:
    # one slot: weights 1-8, pushes 9-12. The second preload lacks only a slot from 9 to 13 and
    # loads 13-20; with two slots it would have loaded 9-16.
    body = (preload(0), matmul(4), preload(8), matmul(4, to=8))
    one = run(*body, sa_weight_buffer_depth=1).arrays[0]
    two = run(*body, sa_weight_buffer_depth=2).arrays[0]
    assert (one.waiting_slot_cycles, one.waiting_weights_cycles) == (4, 8 + 4)
    assert (two.waiting_slot_cycles, two.waiting_weights_cycles) == (0, 8 + 4)


def test_all_of_a_load_may_be_for_want_of_a_slot() -> None:
    # pushes 9-28; the second preload lacks a slot for 20 cycles, more than its load takes
    body = (preload(0), matmul(20), preload(8), matmul(4, to=20))
    one = run(*body, sa_weight_buffer_depth=1).arrays[0]
    assert (one.waiting_slot_cycles, one.waiting_weights_cycles) == (8, 8)


def test_array_waits_for_dispatch() -> None:
    # the ninth of the waiting functions finds the queue of the vector unit full in 10 and 11 and
    # goes at 12; the preload behind it, there from 11 on, goes at 13
    core = run(*[vector()] * 10, preload())
    assert core.arrays[0].waiting_dispatch_cycles == 2
    assert core.arrays[0].idle_cycles == 13 - 2 + (101 - 21)  # until 11, and after its weights
    assert core.execute.waiting_vector_cycles == 2


def test_vector_unit_waits_for_a_load() -> None:
    # the function is dispatched at 2, its rows are there at 31
    unit = run(load_to(rows(0, 1)), vector((rows(0, 1),))).vector
    assert (unit.waiting_dma_cycles, unit.waiting_dependency_cycles) == (29, 0)


def test_vector_unit_waits_for_a_store_of_what_it_overwrites() -> None:
    # three blocks leave in 1-3: the rows are read at 4
    unit = run(store_from(rows(0, 3)), vector((), (rows(0, 1),))).vector
    assert unit.waiting_dma_cycles == 4 - 2


def test_vector_unit_waits_for_an_array() -> None:
    # weights 1-8, pushes 9-12, results until 28; the function is dispatched at 3
    unit = run(preload(), matmul(4), vector((rows(0, 4, "acc"),))).vector
    assert (unit.waiting_dependency_cycles, unit.waiting_dma_cycles) == (12 + 16 - 3, 0)


def test_vector_unit_waits_behind_a_wait() -> None:
    unit = run(load_to(rows(0, 1)), Wait("t"), vector()).vector
    assert (unit.waiting_dma_cycles, unit.waiting_dispatch_cycles) == (31 - 3, 1)


def test_vector_unit_waits_for_dispatch() -> None:
    # the queue of the array is full of matmuls from 10 on; see the next test
    unit = run(preload(), *[matmul(20)] * 10, vector()).vector
    assert unit.waiting_dispatch_cycles == 31 - 12


def test_execute_queue_waits_for_an_array() -> None:
    # matmuls are dispatched 2-10, the first one starts at 9: eight in the queue. The tenth is at
    # the head from 11 on; the second starts at 29, which lets it go at 30.
    execute = run(preload(), *[matmul(20)] * 10).execute
    assert execute.waiting_array_cycles == 30 - 11


def test_execute_queue_tells_where_the_transfer_stands() -> None:
    # the function reads the rows until 11; the wait is at the head from 3 on; blocks leave in 11,
    # 12 and 13; the last one is back at 43
    body = (vector((rows(0, 8),)), load_to(rows(0, 3)), Wait("t"))
    execute = run(*body).execute
    assert execute.waiting_token_queued_cycles == 11 - 3
    assert execute.waiting_token_injecting_cycles == 2
    assert execute.waiting_token_memory_cycles == 43 - 13
    assert execute.waiting_token_cycles == 43 - 3


def test_the_largest_wait_has_a_name() -> None:
    core = run(load_to(rows(0, 8)), preload())
    assert largest_wait(core.arrays[0]) == ("dma", 36)
    # cycles 9 to 37 wait for the block of cycle 8: five cycles of network both ways but the first
    assert largest_wait(core.dma) == ("access", 20)
    assert largest_wait(core.vector)[1] == 0
