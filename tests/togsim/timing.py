"""The machine and the pieces of programs of test_timing_*.py: every timing rule, by hand.

The machine has all its clocks at 1000 MHz, arrays of 8 x 8, one channel of 20 cycles, a network of
5 cycles each way, one port. So a request injected at cycle t is back at t + 5 + 20 + 5 = t + 30,
and the last result of a matmul leaves 8 + 8 - 1 = 15 cycles after its last push. An instruction
decoded at cycle d is dispatched at d + 1 at the earliest. The DRAM refreshes, and its bus
takes time to turn around, only in the tests of that.
"""

from dataclasses import replace

from npu.configs.loader import load
from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    DmaDim,
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
)
from npu.togsim.report.result import Result
from npu.togsim.simulate import simulate

MACHINE = replace(
    load("8x8"),
    core_freq_mhz=1000,
    dram_freq_mhz=1000,
    icnt_freq_mhz=1000,
    dram_channels=1,
    dram_req_size_byte=32,
    dram_latency=20,
    dram_bandwidth_gbps_total=None,
    dram_bandwidth_gbps_per_channel=None,
    dram_refresh_interval_ns=0,
    dram_refresh_ns=0,
    dram_read_to_write_cycles=0,
    dram_write_to_read_cycles=0,
    icnt_latency_cycles=5,
    icnt_injection_ports_per_core=1,
    sa_weight_buffer_depth=2,
    num_systolic_array_per_core=1,
)
BUFFERS = (Buffer("x", 2, (256, 8), 4, 0), Buffer("acc", 2, (512, 8), 4, 16384))
FUNCTIONS = (
    TileFunction("f10", {(): 10}),
    TileFunction("f30", {(): 30}),
    TileFunction("f1000", {(): 1000}),
)
ZERO = Const(0)


def part(buffer: str, lo: int, hi: int, slot: int = 0) -> Access:
    return Access(buffer, Const(slot), (Const(lo), ZERO), (Const(hi - lo), Const(8)))


def walk_of(rows: Access) -> tuple[DmaDim, ...]:
    """The elements of whole rows, one block of 32 bytes each, one after the other."""
    return (DmaDim(rows.size[0], 32), DmaDim(rows.size[1], 4))


def load_rows(token: str, rows: Access, block: int = 0) -> Load:
    """A load of one block a row, from block number `block` on."""
    return Load(token, 0, Const(32 * block), walk_of(rows), 4, rows)


def store_rows(token: str, rows: Access) -> Store:
    return Store(token, 0, ZERO, walk_of(rows), 4, rows)


def preload(lo: int = 0) -> Preload:
    return Preload(Const(8), Const(8), part("x", lo, lo + 8))


def matmul(rows: int, to: int, from_row: int = 100) -> Matmul:
    """Pushes `rows` rows, from row `from_row` on, into accumulator rows from `to` on."""
    return Matmul(Const(rows), part("x", from_row, from_row + rows), part("acc", to, to + rows))


def vector(function: str, reads: tuple[Access, ...], writes: tuple[Access, ...]) -> Vector:
    return Vector(function, (), reads, writes)


def program(body: tuple[Node, ...], launches: tuple[Launch, ...] = (Launch(0, (0,)),)) -> Program:
    kernel = Kernel("k", ("t",), BUFFERS, FUNCTIONS, body)
    return Program(VERSION, (Tensor("t", 1 << 32, 1 << 20),), (kernel,), launches)


def run(*body: Node, **machine: object) -> Result:
    return simulate(program(body), replace(MACHINE, **machine), trace=True)  # pyright: ignore[reportArgumentType]


def times(result: Result) -> list[tuple[int, int]]:
    """(started, completed) of every instruction, in program order."""
    records = sorted(result.trace, key=lambda record: (record.launch, record.decoded))
    return [(record.started, record.completed) for record in records]
