"""Work grows with the length of a program and not with its square: function calls are counted.

Counts are the same on a busy machine. Four times as long must mean about four times the work.
"""

import sys
from collections.abc import Callable
from types import FrameType

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from npu.frontend.stage0.normalise import parse_stage0
from npu.passes.pipeline import pipeline

TYPE = "tensor<5x7xf32>"
ROWS = "tensor<5xf32>"
MAP = "affine_map<(i, j) -> (i, j)>"
ROW = "affine_map<(i, j) -> (i)>"
LENGTHS = [(24, 96), pytest.param((45, 180), marks=pytest.mark.slow)]
"""A short one, and one that is four times as long."""


def elementwise(name: str, *inputs: str) -> str:
    """A sum of one or two tensors, through tanh."""
    both = "arith.addf %in0, %in1" if len(inputs) == 2 else "math.tanh %in0"
    arguments = ", ".join(f"%in{i}: f32" for i in range(len(inputs)))
    maps = ", ".join([MAP] * (len(inputs) + 1))
    return f"""
  %{name} = linalg.generic {{indexing_maps = [{maps}], iterator_types = ["parallel", "parallel"]}}
      ins({", ".join(f"%{i}" for i in inputs)} : {", ".join([TYPE] * len(inputs))})
      outs(%e : {TYPE}) {{
  ^bb0({arguments}, %out: f32):
    %sum = {both} : f32
    linalg.yield %sum : f32
  }} -> {TYPE}"""


def row_sum(name: str, value: str) -> str:
    """Sums over the rows of a tensor."""
    return f"""
  %{name} = linalg.generic {{indexing_maps = [{MAP}, {ROW}],
      iterator_types = ["parallel", "reduction"]}}
      ins(%{value} : {TYPE}) outs(%zeros : {ROWS}) {{
  ^bb0(%in: f32, %out: f32):
    %sum = arith.addf %in, %out : f32
    linalg.yield %sum : f32
  }} -> {ROWS}"""


def less_rows(name: str, value: str, rows: str) -> str:
    """A tensor less a number of each row."""
    return f"""
  %{name} = linalg.generic {{indexing_maps = [{MAP}, {ROW}, {MAP}],
      iterator_types = ["parallel", "parallel"]}}
      ins(%{value}, %{rows} : {TYPE}, {ROWS}) outs(%e : {TYPE}) {{
  ^bb0(%in: f32, %row: f32, %out: f32):
    %less = arith.subf %in, %row : f32
    linalg.yield %less : f32
  }} -> {TYPE}"""


def product(name: str, value: str) -> str:
    """A contraction with a square tensor."""
    return f"""
  %{name} = linalg.generic {{indexing_maps = [affine_map<(i, j, k) -> (i, k)>,
      affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>],
      iterator_types = ["parallel", "parallel", "reduction"]}}
      ins(%{value}, %w : {TYPE}, tensor<7x7xf32>) outs(%none : {TYPE}) {{
  ^bb0(%in: f32, %weight: f32, %out: f32):
    %times = arith.mulf %in, %weight : f32
    %sum = arith.addf %out, %times : f32
    linalg.yield %sum : f32
  }} -> {TYPE}"""


def chain(length: int) -> list[str]:
    return [elementwise(f"v{i + 1}", f"v{i}") for i in range(length)]


def diamonds(length: int) -> list[str]:
    lines: list[str] = []
    for i in range(length // 3):
        lines += [elementwise(f"p{i}", f"v{i}"), elementwise(f"q{i}", f"v{i}")]
        lines += [elementwise(f"v{i + 1}", f"p{i}", f"q{i}")]
    return lines


def wide(length: int) -> list[str]:
    """Half of the operations read one value, the others add them up."""
    lines = [elementwise("v1", "v0")]
    for i in range(1, length // 2):
        lines += [elementwise(f"t{i}", "v1"), elementwise(f"v{i + 1}", f"v{i}", f"t{i}")]
    return lines


def braid(length: int) -> list[str]:
    """Each reads the two ahead of it."""
    lines = [elementwise("v1", "v0")]
    return lines + [elementwise(f"v{i + 1}", f"v{i}", f"v{i - 1}") for i in range(1, length)]


def rows(length: int) -> list[str]:
    """Reductions with what is around them."""
    lines: list[str] = []
    for i in range(length // 3):
        lines += [row_sum(f"r{i}", f"v{i}"), less_rows(f"l{i}", f"v{i}", f"r{i}")]
        lines += [elementwise(f"v{i + 1}", f"l{i}")]
    return lines


def layers(length: int) -> list[str]:
    """Contractions, activations, and sums with what stood ahead of them: many kernels."""
    lines: list[str] = []
    for i in range(length // 3):
        lines += [product(f"m{i}", f"v{i}"), elementwise(f"a{i}", f"m{i}")]
        lines += [elementwise(f"v{i + 1}", f"a{i}", f"v{i}")]
    return lines


KINDS: dict[str, Callable[[int], list[str]]] = {
    one.__name__: one for one in (chain, diamonds, wide, braid, rows, layers)
}


def module(kind: str, length: int) -> ModuleOp:
    lines = KINDS[kind](length)
    last = lines[-1].split("=")[0].strip()
    return parse_stage0(
        f"func.func @main(%v0: {TYPE}, %w: tensor<7x7xf32>) -> {TYPE} {{\n"
        "  %zero = arith.constant 0.0 : f32\n"
        f"  %e = tensor.empty() : {TYPE}\n"
        f"  %r = tensor.empty() : {ROWS}\n"
        f"  %zeros = linalg.fill ins(%zero : f32) outs(%r : {ROWS}) -> {ROWS}\n"
        f"  %none = linalg.fill ins(%zero : f32) outs(%e : {TYPE}) -> {TYPE}"
        + "".join(lines)
        + f"\n  func.return {last} : {TYPE}\n}}\n"
    )


def calls(action: Callable[[], object]) -> int:
    """Python functions that an action calls, and functions of C."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def work(kind: str, length: int) -> dict[str, int]:
    """The calls of each pass."""
    found: dict[str, int] = {}
    program = module(kind, length)
    program.verify()
    for one in pipeline("8x8"):
        found[one.name] = calls(lambda one=one: one.apply(Context(), program))
    return found


def most(lengths: tuple[int, int]) -> float:
    """How much the work may grow."""
    short, long = lengths
    return 1.25 * long / short


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_work_grows_with_the_length(kind: str, lengths: tuple[int, int]) -> None:
    work(kind, 6)  # imports and caches
    short, long = (work(kind, length) for length in lengths)
    growth = {name: long[name] / (short[name] + 1000) for name in short}
    assert all(factor < most(lengths) for factor in growth.values()), growth


@pytest.mark.parametrize("lengths", LENGTHS)
def test_the_count_sees_a_square(lengths: tuple[int, int]) -> None:
    def square(length: int) -> int:
        return calls(lambda: [abs(i) for i in range(length) for _ in range(length)])

    short, long = map(square, lengths)
    assert long / short > most(lengths)
