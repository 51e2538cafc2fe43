"""The interlocks of the reference executor, pair by pair: docs/timing-model.md, "Interlocks"."""

from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import Float32Type, MemRefType

from npu.dialects import npu
from npu.dialects.npu.attrs import SPAD
from npu.runtime.reference.queues.interlocks import Interlocks, Rectangle
from npu.runtime.reference.queues.moments import Instruction, Moment

BUFFER = npu.AllocOp(MemRefType(Float32Type(), [2, 8, 8], memory_space=SPAD))
OTHER = npu.AllocOp(MemRefType(Float32Type(), [2, 8, 8], memory_space=SPAD))
SPACE = np.zeros(1024, np.float32)


def interlocks(other_at: int) -> Interlocks:
    """Those of two buffers of 2 x 8 x 8, the second one `other_at` elements behind the first."""
    found = Interlocks()
    found.add(BUFFER, SPACE[:128].reshape(2, 8, 8))
    found.add(OTHER, SPACE[other_at : other_at + 128].reshape(2, 8, 8))
    return found


def instruction(*, is_matmul: bool = False) -> Instruction:
    return Instruction(Moment(0), Moment(0), Moment(0), is_matmul=is_matmul)


def part(rows: range, slot: int = 0, buffer: npu.AllocOp = BUFFER) -> Rectangle:
    return Rectangle(buffer, slot, (rows.start, 0), (rows.stop, 8))


def held_by(other: Instruction, mine: Instruction) -> list[str]:
    """Which moments of `other` the start of `mine` waits for."""
    names = {"start": other.start, "reads done": other.reads_done, "complete": other.complete}
    return [name for name, moment in names.items() if mine.start in moment.followers]


WHOLE, UPPER, LOWER, MIDDLE = part(range(8)), part(range(4)), part(range(4, 8)), part(range(2, 6))
ELSEWHERE = part(range(8), slot=1)


@pytest.mark.parametrize(
    ("older", "younger", "expected"),
    [
        ("writes", "reads", ["complete"]),
        ("writes", "writes", ["complete"]),
        ("reads", "writes", ["reads done"]),
        ("reads", "reads", []),
    ],
)
@pytest.mark.parametrize(
    ("there", "here", "overlap"),
    [
        (WHOLE, WHOLE, True),
        (UPPER, MIDDLE, True),
        (UPPER, LOWER, False),
        (WHOLE, ELSEWHERE, False),
    ],
)
def test_a_pair(
    older: str, younger: str, expected: list[str], there: Rectangle, here: Rectangle, overlap: bool
):
    found, first, second = interlocks(128), instruction(), instruction()
    enter(found, first, older, there)
    enter(found, second, younger, here)
    assert held_by(first, second) == (expected if overlap else [])


def enter(found: Interlocks, one: Instruction, how: str, rectangle: Rectangle) -> None:
    sides: Any = ([rectangle], []) if how == "reads" else ([], [rectangle])
    found.enter(one, *sides)


@pytest.mark.parametrize(
    ("there", "here", "expected"), [(UPPER, UPPER, ["start"]), (UPPER, WHOLE, ["complete"])]
)
def test_matmuls_chain_on_the_very_same_rectangle(
    there: Rectangle, here: Rectangle, expected: list[str]
):
    found = interlocks(128)
    first, second = instruction(is_matmul=True), instruction(is_matmul=True)
    enter(found, first, "writes", there)
    enter(found, second, "writes", here)
    assert held_by(first, second) == expected
    assert (second.complete in first.complete.followers) == (expected == ["start"])


def test_vector_code_does_not_chain():
    found, first, second = interlocks(128), instruction(is_matmul=True), instruction()
    enter(found, first, "writes", UPPER)
    enter(found, second, "writes", UPPER)
    assert held_by(first, second) == ["complete"]


@pytest.mark.parametrize(("other_at", "expected"), [(120, True), (64, True), (128, False)])
def test_slots_that_share_bytes_conflict_as_a_whole(other_at: int, expected: bool):
    """Slot 1 of the first buffer lies from element 64 to 127."""
    found, first, second = interlocks(other_at), instruction(), instruction()
    enter(found, first, "writes", part(range(1), slot=1))
    enter(found, second, "reads", part(range(7, 8), slot=0, buffer=OTHER))
    assert held_by(first, second) == (["complete"] if expected else [])


def test_a_writer_that_covers_stands_for_what_it_waited_for():
    found = interlocks(128)
    first, second, third, last = (instruction() for _ in range(4))
    enter(found, first, "writes", UPPER)
    enter(found, second, "reads", MIDDLE)
    enter(found, third, "writes", UPPER)
    enter(found, last, "writes", WHOLE)
    assert held_by(first, last) == []
    assert held_by(second, last) == ["reads done"]
    assert held_by(third, last) == ["complete"]


@pytest.mark.parametrize(
    ("view", "slot", "low", "high"),
    [
        (np.s_[1, 2:5, 3:4], 1, (2, 3), (5, 4)),
        (np.s_[0, 1:8:3, :], 0, (1, 0), (8, 8)),
        (np.s_[0, 7:, 7:], 0, (7, 7), (8, 8)),
    ],
)
def test_the_rectangle_of_a_view(view: Any, slot: int, low: Any, high: Any):
    """Elements that steps leave out belong to it."""
    array = SPACE[:128].reshape(2, 8, 8)[view]
    assert interlocks(128).rectangle(BUFFER, array) == Rectangle(BUFFER, slot, low, high)


def test_an_empty_view_has_none():
    assert interlocks(128).rectangle(BUFFER, SPACE[:0]) is None
