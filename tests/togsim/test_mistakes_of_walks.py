"""Each rule of bounds and of `after` broken once: a UserError that says what, where and why."""

from collections.abc import Callable

import pytest

from npu.configs.errors import UserError
from npu.togsim.graph import Bounds, Const, DmaDim, Iv, Loop, Program
from npu.togsim.simulate import simulate
from tests.togsim.test_mistakes import MACHINE, load_node, program


def bounded(bounds: Bounds, offset: int = 0) -> Program:
    """A load of 8 elements, 4 bytes apart."""
    return program(load_node(offset, dims=(DmaDim(Const(8), 4, bounds),)))


MISTAKES: dict[str, tuple[Callable[[], Program], str]] = {
    "bounds of nothing": (
        lambda: bounded(Bounds(Const(0), 0)),
        "load 'a': dimension 0 has an extent of 0 and a step of 1; expected 1 to 2\\^40 indices",
    ),
    "huge step": (
        lambda: bounded(Bounds(Const(0), 8, 1 << 41)),
        "load 'a': dimension 0 has an extent of 8 and a step of 2199023255552; expected 1 to",
    ),
    "a stride against its step": (
        lambda: bounded(Bounds(Const(0), 8, -1)),
        "load 'a': dimension 0 has a stride of 4 bytes and a step of -1; expected a stride of so",
    ),
    "a stride that is no multiple of its step": (
        lambda: bounded(Bounds(Const(0), 8, 3)),
        "has a stride of 4 bytes and a step of 3; expected a stride of so many times the bytes",
    ),
    "a stride with a step of 0": (
        lambda: bounded(Bounds(Const(0), 8, 0)),
        "has a stride of 4 bytes and a step of 0; expected a stride of so many times the bytes",
    ),
    "bounds that leave more than the tensor has": (
        lambda: bounded(Bounds(Const(-2), 2000), offset=4096 - 16),
        r"a DMA transfer of bytes \[4088, 4112\) lies outside argument 0",
    ),
    "bounds of an unknown variable": (
        lambda: bounded(Bounds(Iv("i"), 8)),
        "an expression uses 'i', which is no enclosing loop",
    ),
    "huge index": (
        lambda: bounded(Bounds(Const(1 - 2**63), 8)),
        "the index of an element of a DMA transfer overflows 64 bits",
    ),
    "after a transfer of no such token": (
        lambda: program(load_node(after=("b",))),
        "load 'a' after 'b' comes before any transfer of that token; tokens so far: ",
    ),
    "after itself": (
        lambda: program(load_node(after=("a",))),
        "load 'a' after 'a' comes before any transfer of that token",
    ),
    "after a transfer in an empty loop": (
        lambda: program(Loop("i", 0, 0, 1, (load_node(),)), load_node(after=("a",))),
        "kernel 'k': a transfer that waits comes before any transfer of its token",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told(name: str) -> None:
    make, message = MISTAKES[name]
    with pytest.raises(UserError, match=message):
        simulate(make(), MACHINE)


def test_the_sample_itself_is_right() -> None:
    assert simulate(bounded(Bounds(Const(-2), 6), offset=-8), MACHINE).total_cycles > 0
