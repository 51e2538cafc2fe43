"""Loops without operations cost nothing, whatever their bounds, and change no figure."""

from dataclasses import replace

import pytest

from npu.togsim.graph import Access, Const, DmaDim, Load, Loop, Node
from npu.togsim.simulate import simulate
from tests.togsim.timing import MACHINE, ZERO, load_rows, part, program, run, vector

MANY = 2**40
WORK: tuple[Node, ...] = (load_rows("t", part("x", 0, 2)), vector("f10", (), (part("x", 0, 2),)))


def empty(depth: int, *inside: Node) -> Loop:
    """A nest of loops of 2^40 iterations each."""
    body = inside if depth == 1 else (empty(depth - 1, *inside),)
    return Loop(f"e{depth}", 0, MANY, 1, body)


NOTHING: dict[str, Node] = {
    "a nest": empty(3),
    "around a loop without iterations": empty(2, Loop("z", 3, 3, 1, WORK)),
    "of a backward loop": Loop("z", 5, -5, 1, (empty(2), *WORK)),
    "several": Loop("z", 0, MANY, 1, (empty(1), Loop("y", 0, 0, 1, WORK), empty(2))),
}


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("plain", [False, True])
def test_what_is_empty_leaves_no_trace(name: str, plain: bool) -> None:
    nothing = NOTHING[name]
    expected = simulate(program(WORK), MACHINE, plain=plain)
    result = simulate(program((nothing, *WORK, nothing)), MACHINE, plain=plain)
    assert replace(result, wall_seconds=0.0) == replace(expected, wall_seconds=0.0)


def test_empty_loops_in_a_loop_that_works() -> None:
    work = Loop("i", 0, 5, 1, WORK)
    between = Loop("i", 0, 5, 1, (empty(2), WORK[0], empty(1), WORK[1]))
    assert run(between).total_cycles == run(work).total_cycles


@pytest.mark.parametrize("cores", [1, 3])
def test_work_items_of_nothing(cores: int) -> None:
    machine = replace(MACHINE, num_cores=cores)
    inner = Loop("j", 0, 2**20, 1, (empty(2),), parallel=True)
    items = Loop("i", 0, MANY, 1, (inner,), parallel=True)
    assert simulate(program((items,)), machine).total_cycles == 0
    shared = simulate(program((*WORK, items)), machine)
    one = simulate(program((*WORK, Loop("i", 0, cores, 1, (), parallel=True))), machine)
    assert shared.total_cycles == one.total_cycles


@pytest.mark.parametrize(
    "dims",
    [((2**20, 0), (8, 4)), ((2**10, 0), (2**10, 0), (8, 4))],
)
def test_a_walk_over_one_block_many_times_asks_once(dims: tuple[tuple[int, int], ...]) -> None:
    rows = Access("x", ZERO, (ZERO, ZERO), (Const(2**20), Const(8)))
    large = replace(MACHINE, vpu_spad_size_kb_per_lane=2**14)
    walk = tuple(DmaDim(Const(size), stride) for size, stride in dims)
    graph = program((Load("t", 0, ZERO, walk, 4, rows),))
    (kernel,) = graph.kernels
    buffers = (replace(kernel.buffers[0], shape=(2**20, 8), slots=1),)
    graph = replace(graph, kernels=(replace(kernel, buffers=buffers),))
    result = simulate(graph, large)
    assert (result.total_cycles, result.cores[0].dma.read_requests) == (31, 1)
