"""Each counter belongs to one launch or to none: by launch, by kernel, by PyTorch operation."""

from dataclasses import fields, is_dataclass, replace

from npu.configs.loader import load
from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    DmaDim,
    Iv,
    Kernel,
    Launch,
    Load,
    Loop,
    Matmul,
    Preload,
    Program,
    Store,
    Tensor,
    TileFunction,
    Vector,
    Wait,
)
from npu.togsim.report.result import Result
from npu.togsim.session import Session
from npu.togsim.simulate import simulate

MACHINE = replace(load("8x8"), num_cores=2, dram_refresh_interval_ns=0, dram_refresh_ns=0)
BUFFERS = (
    Buffer("x", 1, (64, 8), 4, 0),
    Buffer("half", 1, (64, 8), 2, 4096),
    Buffer("byte", 1, (64, 8), 1, 8192),
    Buffer("wide", 1, (64, 8), 8, 16384),
)
FUNCTIONS = (TileFunction("f10", {(): 10}), TileFunction("f30", {(): 30}))


def rows(lo: int, hi: int, buffer: str = "x") -> Access:
    return Access(buffer, Const(0), (Const(lo), Const(0)), (Const(hi - lo), Const(8)))


def kernel(name: str, function: str, items: int) -> Kernel:
    """`items` work items of one call of `function` each."""
    call = Loop("i", 0, items, 1, (Vector(function, (), (), ()),), parallel=True)
    return Kernel(name, (), (), FUNCTIONS, (call,))


def numbers(value: object) -> list[int]:
    """Every counter in a dataclass of counters."""
    if not is_dataclass(value):
        return [value]  # pyright: ignore[reportReturnType]
    return [n for f in fields(value) for n in numbers(getattr(value, f.name))]


def run() -> Result:
    kernels = (
        kernel("a", "f10", 2),
        kernel("b", "f30", 1),
        kernel("c", "f10", 1),
    )
    relu, both = ("aten.relu",), ("aten.mm", "aten.relu")
    launches = (
        Launch(0, (), torch_ops=relu),
        Launch(1, (), (0,), torch_ops=both),
        Launch(0, (), (1,), torch_ops=relu),
        Launch(2, (), (2,), torch_ops=relu),
    )
    return simulate(Program(VERSION, (), kernels, launches), MACHINE)


def test_cycles_of_a_launch_are_those_of_its_cores() -> None:
    # a core decodes its item in its first cycle, runs it in the ten, or thirty, after that
    first, second, third, _ = run().launches
    assert (first.activity.core_cycles, first.activity.vector.active_cycles) == (2 * 11, 2 * 10)
    assert (second.activity.core_cycles, second.activity.vector.active_cycles) == (31, 30)
    assert first.activity == third.activity
    assert first.activity.front.active_cycles == first.activity.instructions.vector == 2


def test_kernels_and_operations_sum_their_launches() -> None:
    result = run()
    assert [(k.name, k.launches, k.cycles) for k in result.kernels] == [
        ("a", 2, 22),
        ("b", 1, 31),
        ("c", 1, 11),
    ]
    found = {op.name: op.activity.vector.active_cycles for op in result.operations}
    assert found == {"aten.relu": 2 * 20 + 10, "aten.mm + aten.relu": 30}
    relu = result.operations[0]
    assert relu.activity.core_cycles == 2 * 22 + 11
    assert relu.share == (2 * 22 + 11) / (2 * result.total_cycles)


def test_launches_and_the_rest_sum_to_the_whole() -> None:
    # cycles between launches, and of core 1 while it has no item, belong to none
    result = run()
    assert result.total_cycles == 11 + 1 + 31 + 1 + 11 + 1 + 11
    assert result.unattributed.core_cycles == 2 * 3 + 31 + 11
    parts = [numbers(launch.activity) for launch in result.launches]
    parts.append(numbers(result.unattributed))
    whole = [sum(column) for column in zip(*parts, strict=True)]
    assert whole[0] == 2 * result.total_cycles
    assert sum(core.vector.active_cycles for core in result.cores) in whole
    arrays = [n for core in result.cores for array in core.arrays for n in numbers(array)]
    assert sum(arrays) == sum(whole[11:22])


def test_kernels_of_one_name_in_different_programs_are_told_apart() -> None:
    session = Session(MACHINE)
    short = Program(VERSION, (), (kernel("k", "f10", 1),), (Launch(0, ()),))
    for program in (short, replace(short, kernels=(kernel("k", "f30", 1),)), short):
        session.submit(program)
    result = session.result()
    assert [launch.kernel for launch in result.launches] == ["k #1", "k #2", "k #1"]
    assert [(k.name, k.launches, k.cycles) for k in result.kernels] == [
        ("k #1", 2, 22),
        ("k #2", 1, 31),
    ]


def test_launches_that_overlap_keep_their_own_cycles() -> None:
    """Core 0 takes the second launch while core 1 still works on the first one."""
    slow = Loop("i", 0, 2, 1, (Loop("j", 0, 1, 1, (Vector("g", (Iv("i"),), (), ()),)),), True)
    function = TileFunction("g", {(0,): 10, (1,): 100})
    uneven = Kernel("uneven", (), (), (function,), (slow,))
    program = Program(VERSION, (), (uneven, kernel("a", "f30", 1)), (Launch(0, ()), Launch(1, ())))
    first, second = simulate(program, MACHINE).launches
    assert (first.start, first.end, second.start, second.end) == (0, 101, 11, 42)
    assert first.activity.core_cycles == 11 + 101
    assert second.activity.core_cycles == 31


def test_work_is_counted_by_width_and_bytes() -> None:
    body = (
        Load("t", 0, Const(4), (DmaDim(Const(3), 256), DmaDim(Const(8), 4)), 4, rows(0, 3)),
        Wait("t"),
        *[
            node
            for buffer in ("x", "half", "byte", "wide")
            for node in (
                Preload(Const(8), Const(8), rows(0, 8, buffer)),
                Matmul(Const(5), rows(8, 13, buffer), rows(16, 21)),
            )
        ],
        Store("s", 0, Const(0), (DmaDim(Const(8), 4),), 4, rows(0, 1)),
    )
    one = Kernel("k", ("t",), BUFFERS, FUNCTIONS, body)
    tensors = (Tensor("t", 1 << 32, 4096),)
    core = simulate(Program(VERSION, tensors, (one,), (Launch(0, (0,)),)), MACHINE).cores[0]
    work = core.work
    each = 5 * 8 * 8
    assert (work.macs_8_bit, work.macs_16_bit, work.macs_32_bit, work.macs_64_bit) == (each,) * 4
    assert work.macs == sum(array.macs for array in core.arrays)
    # three runs of 32 bytes; their blocks of 64 bytes are more
    assert (work.load_bytes, work.store_bytes) == (3 * 32, 32)
    assert core.dma.read_requests == 3
    widths = 4 + 2 + 1 + 8
    assert work.spad_read_bytes == (8 + 5) * 8 * widths + 8 * 4
    assert work.spad_write_bytes == 3 * 8 * 4 + 4 * 5 * 8 * 4
