"""Timing of gathers and scatters: rows where indices say, one scatter after the other."""

from dataclasses import replace

import pytest

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.togsim.graph import Const, DmaDim, IndexValues, Indices, Launch, Load, Store
from npu.togsim.report.result import Result
from npu.togsim.simulate import simulate
from tests.togsim.timing import MACHINE, ZERO, part, program, times

ROW = 32


def dims(count: int, first: int = 0) -> tuple[DmaDim, ...]:
    """Rows of a block each, of a table of 64."""
    rows = DmaDim(Const(count), ROW, None, Indices(0, Const(first), 64))
    return (rows, DmaDim(Const(8), 4))


def gather(token: str, count: int, first: int = 0, lo: int = 0) -> Load:
    indices = part("acc", 0, 1)
    rows = part("x", lo, lo + count)
    return Load(token, 0, ZERO, dims(count, first), 4, rows, (), indices)


def scatter(token: str, count: int, *, combines: bool = False, lo: int = 0) -> Store:
    indices = part("acc", 0, 1)
    rows = part("x", lo, lo + count)
    return Store(token, 0, ZERO, dims(count), 4, rows, (), indices, combines)


def run(*body: object, values: tuple[int, ...] = (5, 1, 9, 9), **machine: object) -> Result:
    launch = Launch(0, (0,), indices=(IndexValues(0, values),))
    return simulate(program(body, (launch,)), replace(MACHINE, **machine), trace=True)  # pyright: ignore[reportArgumentType]


def test_a_gather_asks_for_its_rows() -> None:
    # requests at 1, 2 and 3: the last two rows are one block
    result = run(gather("t", 4))
    assert times(result) == [(1, 33)]
    assert result.cores[0].dma.read_requests == 3
    assert result.cores[0].work.load_bytes == 4 * ROW


def test_a_gather_takes_the_indices_of_its_place() -> None:
    result = run(gather("t", 2, first=2))
    assert result.cores[0].dma.read_requests == 1


def test_a_scatter_waits_for_the_one_before() -> None:
    # 1, 2, 3 -> 33; the next one starts then, though its rows are others
    result = run(scatter("s", 4), scatter("u", 2, lo=8))
    assert times(result) == [(1, 33), (33, 64)]


def test_a_gather_behind_a_scatter_does_not_wait() -> None:
    result = run(scatter("s", 4), gather("t", 2, first=2, lo=8))
    assert times(result)[1][0] == 2


def test_a_scatter_that_combines_reads_first() -> None:
    # reads at 1, 2, 3 and writes at 3 (the port is free again in the next cycle), 4, 5, 6
    result = run(scatter("s", 4, combines=True))
    assert result.cores[0].dma.read_requests == result.cores[0].dma.write_requests == 3
    assert times(result) == [(1, 36)]


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ((1, 2, 3), "takes indices 0 .* to 4 .*of argument 0, which has 3 values|takes indices"),
        ((1, 64, 3, 3), "index 64 of argument 0 is not one of 64"),
        ((1, -1, 3, 3), "index -1 of argument 0"),
    ],
)
def test_indices_that_are_none(values: tuple[int, ...], what: str) -> None:
    with pytest.raises(UserError, match=what):
        run(gather("t", 4), values=values)


def test_a_launch_without_indices() -> None:
    with pytest.raises(UserError, match="argument 0, which has 0 values"):
        simulate(program((gather("t", 4),)), MACHINE)


def test_rules_of_indices() -> None:
    one = gather("t", 4)
    with pytest.raises(UserError, match="expected one and the rectangle"):
        run(replace(one, indices=None))
    backwards = replace(one.dims[0], stride_bytes=-ROW)
    with pytest.raises(UserError, match="indices that go up"):
        run(replace(one, dims=(backwards, one.dims[1])))
    plain = (DmaDim(Const(4), ROW), DmaDim(Const(8), 4))
    with pytest.raises(UserError, match="combines without indices"):
        run(replace(scatter("s", 4, combines=True), dims=plain, indices=None))


@pytest.mark.parametrize("machine", ["tpuv3", "tpuv3_ramulator2", "tpuv4_l2"])
def test_plain_memory_agrees(machine: str) -> None:
    values = tuple((n * 37) % 64 for n in range(24))
    launch = Launch(0, (0,), indices=(IndexValues(0, values),))
    body = (gather("t", 24), scatter("s", 24, combines=True))
    wide = replace(load(machine), vpu_num_lanes=load(machine).vpu_num_lanes)
    one, other = (simulate(program(body, (launch,)), wide, plain=plain) for plain in (False, True))
    assert one.total_cycles == other.total_cycles
