"""A square fp32 GEMM as a graph written out by hand: tiles with double-buffered operands."""

from __future__ import annotations

from npu.togsim.graph import (
    VERSION,
    Access,
    Add,
    Buffer,
    Const,
    DmaDim,
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
    kernel = Kernel("gemm", ("a", "b", "c"), buffers, (zero,), body)
    tensors = tuple(
        Tensor(name, 0x1_0000_0000 + index * matrix, matrix)
        for index, name in enumerate(("a", "b", "c"))
    )
    return Program(VERSION, tensors, (kernel,), (Launch(0, (0, 1, 2), torch_ops=("aten.mm",)),))


def tile_index(iv: str, tile: int) -> Expr:
    """Number of the tile that the loop `iv`, which counts elements, stands at."""
    return FloorDiv(Iv(iv), tile)


def _offset(row: str, column: str, size: int) -> Expr:
    return Add(Mul(Iv(row), size * ELEMENT_BYTES), Mul(Iv(column), ELEMENT_BYTES))


def _dims(tile: int, size: int) -> tuple[DmaDim, ...]:
    return (DmaDim(Const(tile), size * ELEMENT_BYTES), DmaDim(Const(tile), ELEMENT_BYTES))


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
