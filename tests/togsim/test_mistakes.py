"""Each rule of a graph broken once: a UserError that says what, where, and what was expected."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.togsim.graph import (
    VERSION,
    Access,
    Add,
    Buffer,
    Const,
    DmaDim,
    FloorDiv,
    Iv,
    Kernel,
    Launch,
    Load,
    Loop,
    Matmul,
    Min,
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

MACHINE = load("8x8")
TILE = Access("x", Const(0), (Const(0),), (Const(8),))
GOOD = Kernel("k", ("t",), (Buffer("x", 1, (64,), 4, 0),), (TileFunction("f", {(8,): 10}),), ())


def load_node(offset: int = 0, **changes: object) -> Load:
    node = Load("a", 0, Const(offset), (DmaDim(Const(8), 4),), 4, TILE)
    return replace(node, **changes)  # pyright: ignore[reportArgumentType]


LAST = Add(Const(8), FloorDiv(Mul(Iv("i"), -3), 8))
"""8 in the first iteration, 5 in the one of 8."""


def store_node(dims: tuple[DmaDim, ...]) -> Store:
    return Store("b", 0, Const(0), dims, 4, TILE)


def in_the_middle(more: int, stride: int) -> Program:
    """Of three loads of 8 elements the second one has `more` times 8, which only togsim sees."""
    odd = Mod(Iv("i"), 2)
    dims = (DmaDim(Add(Const(1), Mul(odd, more)), stride), DmaDim(Const(8), 4))
    return program(Loop("i", 0, 3, 1, (load_node(dims=dims),)))


def program(*body: Node, **changes: object) -> Program:
    kernel = replace(GOOD, body=body, **changes)  # pyright: ignore[reportArgumentType]
    return Program(VERSION, (Tensor("t", 1 << 32, 4096),), (kernel,), (Launch(0, (0,)),))


def rows(*sizes: int) -> Access:
    """The first elements of buffer x in each dimension."""
    return Access("x", Const(0), (Const(0),) * len(sizes), tuple(map(Const, sizes)))


WEIGHTS = Preload(Const(1), Const(1), rows(1))


def vector(size: int) -> Vector:
    return Vector("f", (Const(size),), (), (TILE,))


MISTAKES: dict[str, tuple[Callable[[], Program], str]] = {
    "version": (lambda: replace(program(), version=3), "version 3 is not known; expected 2"),
    "missing figure": (
        lambda: program(vector(9)),
        r"kernel 'k': tile function 'f' has no cycles for sizes \(9\)",
    ),
    "no such function": (
        lambda: program(Vector("g", (), (), ())),
        "tile function 'g' is not in the kernel's table",
    ),
    "no cycles": (
        lambda: program(functions=(TileFunction("f", {(8,): 0}),)),
        r"tile function 'f' takes 0 cycles for sizes \(8,\)",
    ),
    "does not fit the scratchpad": (
        lambda: program(buffers=(Buffer("x", 2, (64, 1024), 4, 0),)),
        "ends at byte 524,288 of the scratchpad, which has 262,144 bytes",
    ),
    "empty buffer": (
        lambda: program(buffers=(Buffer("x", 0, (64,), 4, 0),)),
        "expected positive slots",
    ),
    "two buffers of one name": (
        lambda: program(buffers=GOOD.buffers * 2),
        "two buffers are named 'x'",
    ),
    "rank of a buffer": (
        lambda: program(buffers=(Buffer("x", 1, (1,) * 7, 4, 0),)),
        "has 7 dimensions; expected 1 to 6",
    ),
    "no such buffer": (
        lambda: program(load_node(writes=replace(TILE, buffer="y"))),
        "buffer 'y' does not exist",
    ),
    "rank of an access": (
        lambda: program(load_node(writes=replace(TILE, lo=()))),
        "has 0 offsets and 1 sizes; expected 1 of each",
    ),
    "no such slot": (
        lambda: program(load_node(writes=replace(TILE, slot=Const(1)))),
        "slot 1 of buffer 'x' does not exist; it has 1",
    ),
    "outside a buffer": (
        lambda: program(load_node(writes=replace(TILE, lo=(Const(60),)))),
        r"8 elements from 60 on lies outside dimension 0 of buffer 'x', which is \[0, 64\)",
    ),
    "outside a tensor": (
        lambda: program(load_node(offset=4080)),
        r"bytes \[4080, 4112\) lies outside argument 0",
    ),
    "no such argument": (
        lambda: program(load_node(tensor=1)),
        "load 'a' uses argument 1; expected a number below 1",
    ),
    "too many DMA dimensions": (
        lambda: program(load_node(dims=(DmaDim(Const(1), 4),) * 5)),
        "has 5 dimensions; expected at most 4",
    ),
    "backwards out of a tensor": (
        lambda: program(load_node(dims=(DmaDim(Const(8), -4),))),
        r"a DMA transfer of bytes \[-28, 4\) lies outside argument 0",
    ),
    "negative size": (
        lambda: program(load_node(dims=(DmaDim(Const(-1), 4),))),
        "load 'a' walks over no element: the size of dimension 0 is -1 at most; expected at least",
    ),
    "wait before the transfer": (
        lambda: program(Wait("a"), load_node()),
        "a wait on 'a' comes before any transfer",
    ),
    "wait on a transfer in an empty loop": (
        lambda: program(Loop("i", 0, 0, 1, (load_node(),)), Wait("a")),
        "a wait comes before any transfer of its token",
    ),
    "matmul without weights": (
        lambda: program(Matmul(Const(8), TILE, TILE)),
        "a matmul comes before any preload",
    ),
    "preload of too many rows": (
        lambda: program(Preload(Const(9), Const(1), rows(9))),
        r"a preload of 9 rows \(k\) does not fit an array; expected 0 to 8 \(vpu_num_lanes\)",
    ),
    "preload of too many columns": (
        lambda: program(Preload(Const(1), Const(9), rows(9))),
        r"a preload of 9 columns \(n\) does not fit an array; expected 0 to 8",
    ),
    "preload of less than no rows": (
        lambda: program(Preload(Const(-1), Const(1), rows(0))),
        r"a preload of -1 rows \(k\) does not fit an array; expected 0 to 8",
    ),
    "preload beyond the array at run time": (
        lambda: program(Loop("i", 8, 10, 1, (Preload(Iv("i"), Const(1), TILE),))),
        "a preload of 9 rows does not fit an array; expected 0 to 8",
    ),
    "preload of another rectangle": (
        lambda: program(Preload(Const(4), Const(1), TILE)),
        "a preload of 4 rows reads 8 elements of buffer 'x'; expected 4 x 1",
    ),
    "matmul with less than no rows": (
        lambda: program(WEIGHTS, Loop("i", -1, 0, 1, (Matmul(Iv("i"), TILE, TILE),))),
        "a matmul has -1 rows; expected 0 to",
    ),
    "matmul with empty weights that is not empty": (
        lambda: program(
            Loop("i", 0, 1, 1, (Preload(Iv("i"), Const(1), TILE), Matmul(Const(8), TILE, TILE)))
        ),
        "kernel 'k': a matmul that is not empty uses weights that are",
    ),
    "matmul that reads other rows": (
        lambda: program(WEIGHTS, Matmul(Const(8), rows(7), TILE)),
        "a matmul of 8 rows reads 7 elements of buffer 'x'; expected 8 x 1",
    ),
    "matmul that reads too few rows in an iteration": (
        lambda: program(
            Preload(Const(4), Const(1), rows(4)),
            Loop("i", 4, 8, 1, (Matmul(Iv("i"), rows(9), replace(TILE, size=(Iv("i"),))),)),
        ),
        "a matmul reads 7 rows of 4 elements, .* of buffer 'x' holds 9; expected at least 10",
    ),
    "matmul that reads fewer elements than different rows have": (
        lambda: program(Preload(Const(4), Const(1), rows(4)), Matmul(Const(8), rows(10), TILE)),
        "a matmul of 8 rows reads 10 elements of buffer 'x'; expected 8 x 4, at least 11 where",
    ),
    "matmul that writes other rows": (
        lambda: program(WEIGHTS, Matmul(Const(8), TILE, rows(9))),
        "a matmul of 8 rows writes 9 elements of buffer 'x'; expected 8 x 1",
    ),
    "matmul with the rows of other weights": (
        lambda: program(
            Preload(Const(4), Const(2), rows(4, 2)),
            Matmul(Const(3), rows(3, 4), rows(3, 4)),
            buffers=(Buffer("x", 1, (16, 16), 4, 0),),
        ),
        "a matmul of 3 rows writes 3 x 4 elements of buffer 'x'; expected 3 x 2",
    ),
    "unknown induction variable": (
        lambda: program(load_node(offset=0, writes=replace(TILE, slot=Iv("i")))),
        "an expression uses 'i', which is no enclosing loop",
    ),
    "division by zero": (
        lambda: program(load_node(writes=replace(TILE, slot=Mod(Const(1), 0)))),
        "an expression divides by 0",
    ),
    "loop step": (lambda: program(Loop("i", 0, 4, 0, ())), "has step 0; expected at least 1"),
    "loop in a loop of its name": (
        lambda: program(Loop("i", 0, 4, 1, (Loop("i", 0, 4, 1, ()),))),
        "stands in a loop of that name",
    ),
    "parallel loop inside": (
        lambda: program(Loop("i", 0, 4, 1, (Loop("j", 0, 4, 1, (), parallel=True),))),
        "parallel loop 'j' is not outermost",
    ),
    "huge loop": (
        lambda: program(Loop("i", 0, 1 << 41, 1, ())),
        "loop 'i' .* expected bounds and a step of at most 2\\^40",
    ),
    "huge figure": (
        lambda: program(functions=(TileFunction("f", {(8,): 1 << 41}),)),
        "takes 2199023255552 cycles",
    ),
    "huge stride": (
        lambda: program(load_node(dims=(DmaDim(Const(8), 1 << 41),))),
        "load 'a': dimension 0 has a stride of 2199023255552 bytes; expected at most 2\\^40",
    ),
    "huge stride backwards": (
        lambda: program(load_node(dims=(DmaDim(Const(8), -1 << 41),))),
        "load 'a': dimension 0 has a stride of -2199023255552 bytes; expected at most 2\\^40",
    ),
    "huge size": (
        lambda: program(load_node(dims=(DmaDim(Const(1 << 60), 1 << 39), DmaDim(Const(8), 4)))),
        "load 'a' moves 9223372036854775808 elements, but its rectangle of buffer 'x' holds 8",
    ),
    "huge size in the middle": (
        lambda: in_the_middle(1 << 60, 1 << 39),
        "ends beyond 64-bit addresses",
    ),
    "huge walk in the middle": (
        lambda: in_the_middle(1 << 62, 0),
        "a DMA transfer has more bytes than 64 bits count",
    ),
    "load of more than its rectangle": (
        lambda: program(load_node(dims=(DmaDim(Const(16), 4),))),
        "load 'a' moves 16 elements, but its rectangle of buffer 'x' holds 8; expected as many",
    ),
    "store of less than its rectangle": (
        lambda: program(store_node((DmaDim(Const(2), 8), DmaDim(Const(3), 4)))),
        "store 'b' moves 6 elements, but its rectangle of buffer 'x' holds 8; expected as many",
    ),
    "load of more in the last iteration": (
        lambda: program(Loop("i", 0, 9, 8, (load_node(dims=(DmaDim(LAST, 4),)),))),
        "moves 5 elements, but its rectangle of buffer 'x' holds 8 with i = 8; expected as many",
    ),
    "load of more in the middle": (
        lambda: in_the_middle(1, 0),
        "kernel 'k': a load moves 16 elements, but its rectangle of buffer 'x' holds 8; expected",
    ),
    "elements of another size": (
        lambda: program(load_node(element_bytes=2)),
        "load 'a' moves elements of 2 bytes, those of buffer 'x' have 4; expected the same",
    ),
    "walk over nothing": (
        lambda: program(load_node(dims=(DmaDim(Const(0), 4),), writes=rows(0))),
        "load 'a' walks over no element: the size of dimension 0 is 0 at most",
    ),
    "walk over nothing in every iteration": (
        lambda: program(
            Loop("i", 1, 9, 1, (load_node(dims=(DmaDim(Min(Iv("i"), Const(0)), 4),)),))
        ),
        "walks over no element: the size of dimension 0 is 0 at most",
    ),
    "negative size in an iteration": (
        lambda: program(Loop("i", -2, 9, 10, (load_node(dims=(DmaDim(Iv("i"), 4),)),))),
        r"has sizes \[-2\] in DRAM and \[8\] in the scratchpad with i = -2; expected none below 0",
    ),
    "preload of other elements at run time": (
        lambda: program(Loop("i", 7, 9, 1, (Preload(Iv("i"), Const(1), TILE),))),
        "a preload brings 7 x 1 weights, but its rectangle of buffer 'x' holds 8; expected as many",
    ),
    "more slots than can be watched": (
        lambda: program(buffers=(Buffer("x", 20_000, (1,), 1, 0),)),
        "its buffers have 20000 slots; expected at most 16384",
    ),
    "tensors that share bytes": (
        lambda: replace(
            program(), tensors=(Tensor("t", 1 << 32, 4096), Tensor("u", (1 << 32) + 4095, 64))
        ),
        r"tensors 't' \(4096 bytes at 0x100000000\) and 'u' \(64 bytes at 0x100000fff\) share",
    ),
    "a tensor in another": (
        lambda: replace(program(), tensors=(Tensor("t", 4096, 64), Tensor("u", 0, 1 << 20))),
        r"tensors 'u' \(1048576 bytes at 0x0\) and 't' \(64 bytes at 0x1000\) share bytes",
    ),
    "a tensor twice": (
        lambda: replace(program(), tensors=(Tensor("t", 4096, 64), Tensor("u", 4096, 64))),
        "share bytes; expected ranges apart; for one tensor in two places, give its number in both",
    ),
    "huge constant": (
        lambda: program(load_node(offset=1 << 70)),
        "number 1180591620717411303424 does not fit 64 bits",
    ),
    "too many work items": (
        lambda: replace(
            program(Loop("i", 0, 1 << 40, 1, (Loop("j", 0, 1 << 40, 1, (), parallel=True),), True)),
        ),
        "has more work items than 64 bits count",
    ),
    "no such kernel": (
        lambda: replace(program(), launches=(Launch(1, (0,)),)),
        "launch 0: kernel 1 does not exist",
    ),
    "number of tensors": (
        lambda: replace(program(), launches=(Launch(0, ()),)),
        "0 tensors for kernel 'k'; expected one for each of its 1 arguments",
    ),
    "no such tensor": (
        lambda: replace(program(), launches=(Launch(0, (3,)),)),
        "launch 0: tensor 3 does not exist",
    ),
    "launch order": (
        lambda: replace(program(), launches=(Launch(0, (0,), (0,)),)),
        "waits for launch 0; expected an earlier launch",
    ),
    "address": (
        lambda: replace(program(), tensors=(Tensor("t", 1 << 48, 4),)),
        "are not in DRAM",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told(name: str) -> None:
    make, message = MISTAKES[name]
    with pytest.raises(UserError, match=message):
        simulate(make(), MACHINE)


def test_dimensions_of_size_1_may_stand_anywhere() -> None:
    """As a view that leaves out a dimension makes them."""
    tile = Access("x", Const(0), (Const(0),) * 3, (Const(8), Const(1), Const(4)))
    body = (Preload(Const(8), Const(4), tile), Preload(Const(1), Const(1), rows(1, 1, 1)))
    buffers = (Buffer("x", 1, (8, 2, 4), 4, 0),)
    assert simulate(program(*body, buffers=buffers), MACHINE).total_cycles == 10


def test_channels_must_be_a_power_of_two() -> None:
    with pytest.raises(UserError, match="dram_channels 3 cannot be interleaved"):
        simulate(program(), replace(MACHINE, dram_channels=3))


def test_the_sample_itself_is_right() -> None:
    assert simulate(program(load_node(), vector(8)), MACHINE).total_cycles > 0
