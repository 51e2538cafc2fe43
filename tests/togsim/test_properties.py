"""What holds for any graph: it ends, its statistics add up, its expressions mean the same twice."""

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.togsim.graph import (
    VERSION,
    Access,
    Bounds,
    Buffer,
    DmaDim,
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
from npu.togsim.graph.expr import Add, Const, Expr, FloorDiv, Iv, Min, Mod, Mul, Product, evaluate
from npu.togsim.report.result import Result
from npu.togsim.simulate import simulate
from tests.examples import examples

ROWS = 64
SMALL = load("8x8")
BUFFERS = (
    Buffer("a", 2, (ROWS, 8), 4, 0),
    Buffer("b", 1, (ROWS, 8), 4, 4096),
    Buffer("over_b", 1, (ROWS,), 4, 5000),  # shares bytes with b
)
WEIGHTS = Access("a", Const(0), (Const(0), Const(0)), (Const(8), Const(8)))
FUNCTIONS = (TileFunction("f", {(n,): 3 * n + 1 for n in range(20)}),)


@st.composite
def accesses(draw: st.DrawFn) -> Access:
    buffer = draw(st.sampled_from(BUFFERS))
    lo = draw(st.integers(0, ROWS - 1))
    size = draw(st.integers(1, ROWS - lo))
    rest = len(buffer.shape) - 1
    slot = Mod(Iv("i"), buffer.slots)
    return Access(
        buffer.name, slot, (Const(lo), *[Const(0)] * rest), (Const(size), *[Const(8)] * rest)
    )


@st.composite
def multiplications(draw: st.DrawFn) -> Node:
    """A preload or a matmul; all weights are 8 wide, so that any preload fits any matmul."""
    rows = draw(st.integers(1, 40))
    buffer = BUFFERS[draw(st.integers(0, 1))]
    lo = draw(st.integers(0, ROWS - 1 - max(rows, 8)))
    slot = Mod(Iv("i"), buffer.slots)
    access = Access(buffer.name, slot, (Const(lo), Const(0)), (Const(rows), Const(8)))
    if draw(st.booleans()):
        apart = draw(st.integers(-(-(rows + 7) // 8), ROWS - lo))  # as if overlapping, or further
        reads = replace(access, size=(Const(apart), Const(8)))
        m: Expr = Const(rows) if rows % 2 else Product(Const(2), Const(rows // 2))
        return Matmul(m, reads, replace(access, lo=(Const(lo + 1), Const(0))))
    low = (Const(min(lo, ROWS - 8)), Const(0))
    weights = replace(access, lo=low, size=(Const(8), Const(8)))
    return Preload(Const(8), Const(8), weights)


def bounds_of(draw: st.DrawFn, unit: int, reach: int) -> tuple[int, Bounds, Expr]:
    """Of a dimension that has `unit` bytes between neighbours: stride, bounds, offset of element 0.

    The tensor has up to `reach` elements there, and much of a walk may lie outside.
    """
    step = draw(st.integers(-2, 2))
    first = Add(Mul(Iv("i"), draw(st.integers(-9, 9))), Const(draw(st.integers(-reach, reach))))
    return unit * step, Bounds(first, draw(st.integers(1, reach)), step), Mul(first, unit)


@st.composite
def transfers(draw: st.DrawFn) -> Node:
    """Rows of a buffer at any stride; every third time 4, 0, 2, 4 of them in turn."""
    access = draw(accesses())
    some = Mod(Add(Iv("i"), Const(4)), 6)
    rows = some if draw(st.integers(0, 2)) == 0 else access.size[0]
    stride = draw(st.sampled_from([-48, -32, 0, 32, 48, 64]))
    offset: Expr = Add(Mul(Iv("i"), 4), Const(ROWS * max(0, -stride)))
    dims = [DmaDim(rows, stride), *(DmaDim(size, 4) for size in access.size[1:])]
    if draw(st.booleans()):
        stride, bounds, begin = bounds_of(draw, draw(st.sampled_from([0, 32, 48])), ROWS)
        dims[0], offset = DmaDim(rows, stride, bounds), Add(Mul(Iv("i"), 4), begin)
    if len(dims) > 1 and draw(st.booleans()):
        stride, bounds, begin = bounds_of(draw, 4, 12)
        dims[1], offset = DmaDim(dims[1].size, stride, bounds), Add(offset, begin)
    token = draw(st.sampled_from(["t0", "t1"]))
    kind = draw(st.sampled_from([Load, Store]))
    after = draw(st.sampled_from([(), (), ("t0",), ("t1",), ("t0", "t1")]))
    moved = replace(access, lo=(Const(0), *access.lo[1:]), size=(rows, *access.size[1:]))
    return kind(token, 0, offset, tuple(dims), 4, moved, after)


def transfer_of(kind: type[Load] | type[Store], token: str, access: Access) -> Load | Store:
    """All of a rectangle, one row a block."""
    dims = (DmaDim(access.size[0], 32), *(DmaDim(size, 4) for size in access.size[1:]))
    return kind(token, 0, Const(0), dims, 4, access)


def operations() -> st.SearchStrategy[Node]:
    return st.one_of(
        transfers(),
        st.sampled_from(["t0", "t1"]).map(Wait),
        multiplications(),
        st.builds(
            Vector,
            st.just("f"),
            st.tuples(st.integers(0, 19).map(Const)),
            st.lists(accesses(), max_size=2).map(tuple),
            st.lists(accesses(), max_size=2).map(tuple),
        ),
    )


NONE = st.just(())


@st.composite
def programs(draw: st.DrawFn) -> Program:
    first = (
        transfer_of(Load, "t0", draw(accesses())),
        transfer_of(Store, "t1", draw(accesses())),
        Preload(Const(8), Const(8), WEIGHTS),
    )
    inner = Loop(
        "j", 0, draw(st.integers(0, 3)), 1, tuple(draw(st.lists(operations(), max_size=5)))
    )
    body = (*first, *draw(st.lists(operations(), max_size=12)), inner)
    outer = Loop("i", 0, draw(st.integers(0, 7)), 2, body, parallel=True)
    shared = draw(st.lists(st.builds(Vector, st.just("f"), st.just((Const(3),)), NONE, NONE)))
    kernel = Kernel("k", ("t",), BUFFERS, FUNCTIONS, (*shared, outer))
    launches = (Launch(0, (0,)), Launch(0, (0,), draw(st.sampled_from([(), (0,)]))))
    return Program(VERSION, (Tensor("t", 1 << 32, 8192),), (kernel,), launches)


REFRESH = (
    {"dram_refresh_interval_ns": 0, "dram_refresh_ns": 0},
    {"dram_refresh_interval_ns": 200, "dram_refresh_ns": 60},
)


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    return replace(
        SMALL,
        num_cores=draw(st.integers(1, 3)),
        num_systolic_array_per_core=draw(st.integers(1, 3)),
        sa_weight_buffer_depth=draw(st.integers(1, 3)),
        dram_channels=draw(st.sampled_from([1, 2, 4])),
        dram_freq_mhz=draw(st.sampled_from([333, 800, 1201])),
        icnt_freq_mhz=draw(st.sampled_from([700, 800])),
        icnt_injection_ports_per_core=draw(st.integers(1, 4)),
        dram_bandwidth_gbps_total=draw(st.sampled_from([None, 3.7])),
        **draw(st.sampled_from(REFRESH)),
    )


def unit_totals(result: Result) -> list[int]:
    """The sum of the states' cycles of every unit of every core."""
    return [
        sum(getattr(unit, f.name) for f in fields(unit) if f.name.endswith("_cycles"))
        for core in result.cores
        for unit in (core.front, core.execute, core.vector, core.dma, *core.arrays)
    ]


def counters(value: object) -> list[int]:
    """All counters in a dataclass, those of dataclasses in it too."""
    if isinstance(value, int):
        return [value]
    return [n for f in fields(value) for n in counters(getattr(value, f.name))]  # pyright: ignore[reportArgumentType]


def summed(values: list[object]) -> list[int]:
    return [sum(column) for column in zip(*map(counters, values), strict=True)]


UNITS = ("front", "execute", "vector", "dma", "instructions", "work")


def by_launch(result: Result) -> list[list[int]]:
    """Sums over the launches, and over what belongs to none, of every kind of counter."""
    parts = [launch.activity for launch in result.launches] + [result.unattributed]
    return [summed([getattr(part, unit) for part in parts]) for unit in (*UNITS, "arrays")]


def by_core(result: Result) -> list[list[int]]:
    """The same sums over the cores."""
    sums = [summed([getattr(core, unit) for core in result.cores]) for unit in UNITS]
    return [*sums, summed([array for core in result.cores for array in core.arrays])]


@given(program=programs(), machine=machines())
@examples(60, 150, derandomize=False)
def test_graphs_end_and_statistics_add_up(program: Program, machine: Machine) -> None:
    result = simulate(program, machine, trace=True)
    assert set(unit_totals(result)) <= {result.total_cycles}
    counted = sum(
        core.instructions.comp
        + core.instructions.movin
        + core.instructions.movout
        + core.instructions.bar
        for core in result.cores
    )
    assert counted == len(result.trace)
    for record in result.trace:
        assert record.decoded < record.started <= record.completed <= result.total_cycles
    assert by_launch(result) == by_core(result)
    for core in result.cores:
        assert sum(counters(core.dma.memory_wait)) == core.dma.waiting_memory_cycles
    requests = sum(core.dma.read_requests + core.dma.write_requests for core in result.cores)
    assert requests == sum(channel.reads + channel.writes for channel in result.channels)
    vector_cycles = sum(r.completed - r.started for r in result.trace if r.op == "vector")
    assert vector_cycles == sum(core.vector.active_cycles for core in result.cores)


def expressions() -> st.SearchStrategy[Expr]:
    leaves = st.one_of(st.integers(-50, 50).map(Const), st.sampled_from(["i", "j"]).map(Iv))

    def extend(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        return st.one_of(
            st.builds(Add, inner, inner),
            st.builds(Min, inner, inner),
            st.builds(Mul, inner, st.integers(-9, 9)),
            st.builds(FloorDiv, inner, st.integers(1, 9)),
            st.builds(Mod, inner, st.integers(1, 9)),
            st.builds(lambda a, b: Product(Mod(a, 90), Add(Mod(b, 80), Const(-40))), inner, inner),
        )

    return st.recursive(leaves, extend, max_leaves=8)


@given(expr=expressions())
@examples(60, 150, derandomize=False)
def test_expressions_mean_the_same_on_both_sides(expr: Expr) -> None:
    expected = sorted(
        1 + evaluate(Mod(expr, 97), {"i": i, "j": j}) for i in (3, 4) for j in (-2, 5)
    )
    function = TileFunction("f", {(n,): n + 1 for n in range(97)})
    call = Vector("f", (Mod(expr, 97),), (), ())
    loops = Loop("i", 3, 5, 1, (Loop("j", -2, 6, 7, (call,)),))
    kernel = Kernel("k", (), (), (function,), (loops,))
    result = simulate(Program(VERSION, (), (kernel,), (Launch(0, ()),)), SMALL, trace=True)
    assert sorted(r.completed - r.started for r in result.trace) == expected
