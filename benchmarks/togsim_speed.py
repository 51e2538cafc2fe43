"""How fast, and in how much memory, the simulator runs a square fp32 GEMM by itself.

    python benchmarks/togsim_speed.py [--size 2048] [--tile 512] [--config tpuv3]

Prints simulated cycles, seconds, cycles and DRAM requests a second, and the peak memory of the
process. The graph is written out by hand here: a tiled GEMM with double-buffered operands.
"""

from __future__ import annotations

import argparse
import resource

from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.togsim.graph import (
    VERSION,
    Access,
    Add,
    Buffer,
    Const,
    Expr,
    FloorDiv,
    Iv,
    Kernel,
    Launch,
    Load,
    Loop,
    Matmul,
    Mod,
    Mul,
    Node,
    Preload,
    Program,
    Store,
    Tensor,
    TileFunction,
    Vector,
    Wait,
)
from npu.togsim.simulate import simulate

ELEMENT_BYTES = 4


def gemm_program(size: int, tile: int, lanes: int) -> Program:
    """C = A B with matrices of `size`, tiles of `tile` and arrays of `lanes`; sizes must divide."""
    trips = size // tile
    step = Add(
        Mul(Add(Mul(tile_index("i", tile), trips), tile_index("j", tile)), trips),
        tile_index("k", tile),
    )
    slot = Mod(step, 2)
    acc_slot = Mod(Add(Mul(tile_index("i", tile), trips), tile_index("j", tile)), 2)
    matrix = size * size * ELEMENT_BYTES
    tile_bytes = tile * tile * ELEMENT_BYTES
    buffers = tuple(
        Buffer(name, 2, (tile, tile), ELEMENT_BYTES, 2 * tile_bytes * index)
        for index, name in enumerate(("A", "B", "C"))
    )
    contraction = (
        _load("a", 0, "A", slot, ("i", "k"), size, tile),
        _load("b", 1, "B", slot, ("k", "j"), size, tile),
        Wait("a"),
        Wait("b"),
        _array_loops(tile, lanes, slot, acc_slot),
    )
    accumulator = _whole("C", acc_slot, tile)
    block = (
        Vector("zero", (Const(tile), Const(tile)), (), (accumulator,)),
        Loop("k", 0, size, tile, contraction),
        Store("c", 2, _offset("i", "j", size), _dims(tile, size), ELEMENT_BYTES, accumulator),
    )
    body = (Loop("i", 0, size, tile, (Loop("j", 0, size, tile, block),), parallel=True),)
    zero = TileFunction("zero", {(tile, tile): max(1, tile * tile // (lanes * 8))})
    kernel = Kernel("gemm", ("a", "b", "c"), buffers, (zero,), body, ("aten.mm",))
    tensors = tuple(
        Tensor(name, 0x1_0000_0000 + index * matrix, matrix)
        for index, name in enumerate(("a", "b", "c"))
    )
    return Program(VERSION, tensors, (kernel,), (Launch(0, (0, 1, 2)),))


def tile_index(iv: str, tile: int) -> Expr:
    """Number of the tile that the loop `iv`, which counts elements, stands at."""
    return FloorDiv(Iv(iv), tile)


def _offset(row: str, column: str, size: int) -> Expr:
    return Add(Mul(Iv(row), size * ELEMENT_BYTES), Mul(Iv(column), ELEMENT_BYTES))


def _dims(tile: int, size: int) -> tuple[tuple[Expr, int], ...]:
    return ((Const(tile), size * ELEMENT_BYTES), (Const(tile), ELEMENT_BYTES))


def _whole(buffer: str, slot: Expr, tile: int) -> Access:
    return Access(buffer, slot, (Const(0), Const(0)), (Const(tile), Const(tile)))


def _load(
    token: str, tensor: int, buffer: str, slot: Expr, ivs: tuple[str, str], size: int, tile: int
) -> Load:
    offset = _offset(*ivs, size)
    return Load(token, tensor, offset, _dims(tile, size), ELEMENT_BYTES, _whole(buffer, slot, tile))


def _array_loops(tile: int, lanes: int, slot: Expr, acc_slot: Expr) -> Node:
    weights = Access("B", slot, (Iv("kk"), Iv("nn")), (Const(lanes), Const(lanes)))
    rows = Access("A", slot, (Const(0), Iv("kk")), (Const(tile), Const(lanes)))
    sums = Access("C", acc_slot, (Const(0), Iv("nn")), (Const(tile), Const(lanes)))
    pair = (Preload(Const(lanes), Const(lanes), weights), Matmul(Const(tile), rows, sums))
    return Loop("kk", 0, tile, lanes, (Loop("nn", 0, tile, lanes, pair),))


def report(size: int, tile: int, machine: Machine) -> None:
    """Simulates once and prints the figures."""
    result = simulate(gemm_program(size, tile, machine.vpu_num_lanes), machine)
    requests = sum(channel.reads + channel.writes for channel in result.channels)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    array = result.cores[0].arrays[0]
    print(f"gemm {size}^3, tile {tile}: {result.total_cycles} cycles, {requests} requests")
    print(f"seconds            {result.wall_seconds:.3f}")
    print(f"cycles a second    {result.total_cycles / result.wall_seconds:,.0f}")
    print(f"requests a second  {requests / result.wall_seconds:,.0f}")
    print(f"peak memory        {memory:.0f} MB")
    print(f"array 0 active     {100 * array.active_cycles / result.total_cycles:.1f} %")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--tile", type=int, default=512)
    parser.add_argument("--config", default="tpuv3")
    arguments = parser.parse_args()
    report(arguments.size, arguments.tile, load(arguments.config))


if __name__ == "__main__":
    main()
