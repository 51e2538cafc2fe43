"""What a launch may use of a core: its scratchpad to the last byte, and its weight slots."""

from dataclasses import replace

import pytest

from npu.configs.errors import UserError
from npu.togsim.graph import (
    Access,
    Buffer,
    Const,
    Kernel,
    Launch,
    Matmul,
    Preload,
    Program,
    TileFunction,
    Vector,
)
from npu.togsim.session import Session
from npu.togsim.simulate import simulate

ZERO, EIGHT = Const(0), Const(8)


def using(slots: int, offset: int) -> Program:
    """A kernel with a buffer of `slots` KB at `offset` in the scratchpad."""
    item = Vector("f", (), (), (Access("x", ZERO, (ZERO,), (EIGHT,)),))
    buffer = Buffer("x", slots, (256,), 4, offset)
    kernel = Kernel("k", (), (buffer,), (TileFunction("f", {(): 10}),), (item,))
    return Program(2, (), (kernel,), (Launch(0, ()),))


def test_a_launch_may_use_its_core_scratchpad_to_the_last_byte(toy):
    # 8 lanes x 32 KB
    machine = toy.machine()
    assert machine.spad_bytes == 256 * 1024
    assert simulate(using(256, 0), machine).total_cycles == 11
    assert simulate(using(1, 255 * 1024), machine).total_cycles == 11
    for slots, offset, end in ((257, 0, 263168), (1, 255 * 1024 + 1, 262145)):
        with pytest.raises(UserError, match=f"'x' ends at byte {end:,} of the scratchpad"):
            simulate(using(slots, offset), machine)


def test_each_launch_has_the_whole_scratchpad_in_its_turn(toy):
    session = Session(toy.machine())
    for _ in range(2):
        session.submit(using(256, 0))
    assert [one.end for one in session.result().launches] == [11, 22]


@pytest.mark.parametrize(("depth", "third"), [(1, 21), (2, 17), (3, 17)])
def test_a_preload_waits_for_a_weight_slot(toy, depth, third):
    """Preloads of 8 cycles, each with a matmul of 4 rows, one array. Decoded 0, 1, 2, ...; started:

    Two slots: preloads at 1, 9, 17 on the weight port, since the matmul of the first, from 9 to 13,
    has left its slot by then; a third slot gains nothing. One slot: the second preload waits for
    the last push of the first matmul at 13, and ends at 21.
    """

    def part(lo: int, rows: int) -> Access:
        return Access("x", ZERO, (Const(lo), ZERO), (Const(rows), EIGHT))

    body = tuple(
        node
        for i in range(3)
        for node in (
            Preload(EIGHT, EIGHT, part(8 * i, 8)),
            Matmul(Const(4), part(64 + 4 * i, 4), part(128 + 4 * i, 4)),
        )
    )
    kernel = Kernel("k", (), (Buffer("x", 1, (256, 8), 4, 0),), (), body)
    program = Program(2, (), (kernel,), (Launch(0, ()),))
    machine = replace(toy.machine(), sa_weight_buffer_depth=depth)
    trace = simulate(program, machine, trace=True).trace
    preloads = sorted(one.started for one in trace if one.op == "preload")
    assert preloads == ([1, 13, 25] if depth == 1 else [1, 9, third])
