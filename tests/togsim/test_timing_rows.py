"""Timing of matmuls whose rows have several dimensions and stand apart: those of a convolution."""

from dataclasses import replace

from npu.configs.machine import Machine
from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    Kernel,
    Launch,
    Matmul,
    Node,
    Product,
    Program,
)
from npu.togsim.simulate import simulate
from tests.togsim.timing import BUFFERS, FUNCTIONS, MACHINE, ZERO, preload, times, vector

WIDE = (BUFFERS[0], Buffer("y", 1, (8, 8, 8), 4, 32768), Buffer("h", 1, (8, 8, 8), 4, 65536))


def run(*body: Node, machine: Machine = MACHINE) -> list[tuple[int, int]]:
    graph = Program(VERSION, (), (Kernel("k", (), WIDE, FUNCTIONS, body),), (Launch(0, ()),))
    return times(simulate(graph, machine, trace=True))


def block(buffer: str, size: tuple[int, int, int], lo: tuple[int, int, int] = (0, 0, 0)) -> Access:
    return Access(buffer, ZERO, tuple(map(Const, lo)), tuple(map(Const, size)))


def test_rows_of_two_dimensions_apart_from_each_other() -> None:
    """2 x 3 rows of a halo with steps of 2 and 3: a push each, and all in between is read."""
    m = Product(Const(2), Const(3))
    body = (preload(), Matmul(m, block("h", (3, 7, 8)), block("y", (2, 3, 8))))
    # the weights are in at 9; pushes until 15, the last result 15 cycles later
    assert run(*body) == [(1, 9), (9, 30)]
    between = vector("f10", (), (block("h", (1, 1, 8), (1, 1, 0)),))
    assert run(*body, between)[2] == (15, 25)
    behind = vector("f10", (), (block("h", (1, 1, 8), (3, 0, 0)),))
    assert run(*body, behind)[2] == (3, 13)


def test_rows_that_overlap() -> None:
    """Six rows of eight elements, each two elements behind the one before."""
    rows = Matmul(Const(6), block("h", (1, 3, 6)), block("y", (1, 6, 8)))
    assert run(preload(), rows) == [(1, 9), (9, 30)]


def test_accumulators_of_two_dimensions_chain() -> None:
    m = Product(Const(2), Const(8))
    first = Matmul(m, block("h", (3, 8, 8)), block("y", (2, 8, 8)))
    same = replace(first, reads=block("h", (3, 8, 8), (4, 0, 0)))
    other = replace(same, writes=block("y", (2, 8, 8), (1, 0, 0)))
    machine = replace(MACHINE, num_systolic_array_per_core=2)
    # its weights are in at 11; on other rows it waits for the last result of the first one
    for second, start in ((same, 11), (other, 9 + 16 + 15)):
        body = (preload(), first, preload(), second)
        assert [begin for begin, _ in run(*body, machine=machine)] == [1, 9, 3, start]
