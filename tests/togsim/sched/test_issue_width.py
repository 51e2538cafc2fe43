"""`core_issue_width`: how many instructions the front decodes, and the execute queue dispatches, in
a cycle. An instruction decoded in d is dispatched in d + 1 at the earliest."""

import pytest

from npu.togsim.graph import (
    Access,
    Buffer,
    Const,
    DmaDim,
    Kernel,
    Launch,
    Load,
    Preload,
    Program,
    Tensor,
    TileFunction,
    Vector,
    Wait,
)
from npu.togsim.simulate import simulate

ZERO = Const(0)


def rows(lo: int, count: int = 8) -> Access:
    return Access("x", ZERO, (Const(lo), ZERO), (Const(count), Const(8)))


def load(token: str, lo: int) -> Load:
    return Load(token, 0, Const(32 * lo), (DmaDim(Const(8), 4),), 4, rows(lo, 1))


def records(toy, width, *body):
    """The instructions in program order, simulated with that width."""
    kernel = Kernel(
        "k", ("t",), (Buffer("x", 1, (64, 8), 4, 0),), (TileFunction("f", {(): 10}),), body
    )
    program = Program(2, (Tensor("t", 1 << 32, 4096),), (kernel,), (Launch(0, (0,)),))
    machine = toy.machine(core_issue_width=width, num_systolic_array_per_core=2)
    return sorted(simulate(program, machine, trace=True).trace, key=lambda one: one.node)


@pytest.mark.parametrize(("width", "decoded"), [(1, 4), (2, 2), (3, 1), (4, 1), (5, 0), (9, 0)])
def test_front_decodes_so_many_a_cycle(toy, width, decoded):
    """The fifth instruction, behind loads that it does not need."""
    vector = Vector("f", (), (), (rows(32),))
    *_, last = records(toy, width, *(load(f"t{i}", i) for i in range(4)), vector)
    assert (last.decoded, last.started) == (decoded, decoded + 1)


@pytest.mark.parametrize(("width", "behind"), [(1, (1, 2)), (2, (0, 1)), (3, (0, 0))])
def test_execute_queue_dispatches_so_many_a_cycle(toy, width, behind):
    """Two preloads of two arrays behind a wait: they go in its cycle, or one a cycle after it."""
    size = Const(8)
    preloads = [Preload(size, size, rows(lo)) for lo in (32, 40)]
    _, wait, first, second = records(toy, width, load("t", 0), Wait("t"), *preloads)
    gone = wait.started
    assert (first.started - gone, second.started - gone) == behind


def test_front_is_active_in_the_cycles_in_which_it_decodes(toy):
    kernel = toy.kernel_of([1] * 7)
    for width, cycles in ((1, 7), (2, 4), (3, 3), (7, 1)):
        result = simulate(toy.program((kernel, Launch(0, ()))), toy.machine(core_issue_width=width))
        front = result.cores[0].front
        assert front.active_cycles == cycles
        assert front.active_cycles + front.idle_cycles == result.total_cycles
