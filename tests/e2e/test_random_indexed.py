"""Gathers and scatters of random shapes, indices and tiles: numpy, the executor, Spike agree."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from xdsl.parser import Parser

from npu.codegen.compile import compile_module
from npu.configs.loader import load
from npu.dialects.dma_descriptor import COMBINES
from npu.passes.pipeline import pipeline, run_stages
from npu.runtime.compiler import make_context
from npu.runtime.functional import run_on_spike
from npu.runtime.reference import Order, run_module
from tests.examples import examples

NUMPY = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}
NAMES = "ijlr"


@dataclass(frozen=True)
class Case:
    """A table, the dimension of the indices, these, and the tiles of the rows."""

    shape: tuple[int, ...]
    dim: int
    indices: tuple[int, ...]
    tiles: tuple[int, ...]
    whole: bool
    combine: str | None
    seed: int

    @property
    def rows(self) -> tuple[int, ...]:
        return (*self.shape[: self.dim], len(self.indices), *self.shape[self.dim + 1 :])

    def mapping(self, *, is_scatter: bool) -> str:
        loops = [
            f"par {'n' if d == self.dim else NAMES[d]} {min(t, n)}"
            for d, (t, n) in enumerate(zip(self.tiles, self.rows, strict=False))
        ]
        own = loops.pop(self.dim)
        if is_scatter:
            own = own.replace("par", "for")
        order = [*loops, own] if is_scatter else [*loops[: self.dim], own, *loops[self.dim :]]
        indices = "hold indices 1, " if self.whole else ""
        late = "" if self.whole else "hold indices 2, "
        return f"{indices}{', '.join(order)}, {late}hold rows 3, run transfer"

    def text(self) -> str:
        table, rows = (f"tensor<{'x'.join(map(str, s))}xf32>" for s in (self.shape, self.rows))
        ids = f"tensor<{len(self.indices)}xi32>"
        with_ = "" if self.combine is None else f', combine = "{self.combine}"'
        return f"""
func.func @main(%t: {table}, %i: {ids}, %u: {rows}) -> ({rows}, {table}) {{
  %r = npu.group @g ins(%t, %i : {table}, {ids}) {{
  ^bb0(%a: {table}, %b: {ids}):
    %x = npu.gather %a[%b] in {self.dim} {{from_end}} : {table}, {ids} -> {rows}
    npu.yield %x : {rows}
  }} ops [] mapping <{self.mapping(is_scatter=False)}> : {rows}
  %s = npu.group @s ins(%u, %t, %i : {rows}, {table}, {ids}) {{
  ^bb0(%c: {rows}, %a: {table}, %b: {ids}):
    %x = npu.scatter %c to %a[%b] in {self.dim} {{from_end{with_}}}
        : {rows} to {table}, {ids} -> {table}
    npu.yield %x : {table}
  }} ops [] mapping <{self.mapping(is_scatter=True)}> : {table}
  func.return %r, %s : {rows}, {table}
}}"""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    shape = tuple(draw(st.lists(st.sampled_from([1, 2, 3, 5, 9]), min_size=1, max_size=4)))
    dim = draw(st.integers(0, len(shape) - 1))
    extent = shape[dim]
    indices = draw(st.lists(st.integers(-extent, extent - 1), min_size=1, max_size=11))
    tiles = tuple(draw(st.integers(1, 4)) for _ in shape)
    return Case(
        shape,
        dim,
        tuple(indices),
        tiles,
        draw(st.booleans()),
        draw(st.sampled_from([None, *COMBINES])),
        draw(st.integers(0, 2**32 - 1)),
    )


@examples(5, 80)
@given(cases())
def test_any_shape_indices_and_tiles(case: Case) -> None:
    rng = np.random.default_rng(case.seed)
    table, rows = (rng.standard_normal(s).astype(np.float32) for s in (case.shape, case.rows))
    indices = np.array(case.indices, np.int32)
    scattered = table.copy()
    for position, index in enumerate(indices):
        place = (slice(None),) * case.dim + (index,)
        new = rows[(slice(None),) * case.dim + (position,)]
        old = scattered[place]
        scattered[place] = new if case.combine is None else NUMPY[case.combine](old, new)
    wanted = (table.take(indices, case.dim), scattered)
    inputs = [table, indices, rows]
    for outputs in results(case.text(), inputs):
        for output, want in zip(outputs, wanted, strict=True):
            np.testing.assert_array_equal(output, want)


def results(text: str, inputs: list[np.ndarray]) -> list[list[np.ndarray]]:
    """The outputs of a grouped program on Spike, and of the executor in several orders."""
    context, machine = make_context(), load("8x8")
    module = Parser(context, text).parse_module()
    for _ in run_stages(context, module, pipeline("8x8")[1:]):
        pass
    return [
        run_on_spike(module, compile_module(module, machine), machine, inputs).outputs,
        run_module(module, inputs, cores=3),
        run_module(module, inputs, order=Order("late", 1)),
        run_module(module, inputs, order=Order("early", 1)),
    ]


SPECIAL = np.array([np.inf, -np.inf, np.nan, -0.0, 1e-45], np.float32)


@st.composite
def lookups(draw: st.DrawFn) -> tuple[tuple[int, ...], list[int], str]:
    """The shape of a table, indices, and a mapping."""
    shape = tuple(draw(st.lists(st.sampled_from([1, 2, 5, 130, 700]), min_size=1, max_size=2)))
    indices = draw(st.lists(st.integers(-shape[-1], shape[-1] - 1), min_size=2, max_size=9))
    indices *= draw(st.integers(1, 90))
    tile, whole = draw(st.integers(1, 300)), draw(st.booleans())
    outer = "par i 1, " if len(shape) > 1 else ""
    ahead, late = ("hold indices 1, ", "") if whole else ("", "hold indices 2, ")
    own = f"par n {min(tile, len(indices))}"
    return shape, indices, f"{ahead}{outer}hold table 1, {own}, {late}hold rows 2, run lookup"


@examples(4, 60)
@given(lookups(), st.sampled_from(["f32", "i32"]))
def test_any_lookup(case: tuple[tuple[int, ...], list[int], str], element: str) -> None:
    shape, indices, mapping = case
    table_type = f"tensor<{'x'.join(map(str, shape))}x{element}>"
    rows_type = f"tensor<{'x'.join(map(str, (*shape[:-1], len(indices))))}x{element}>"
    ids = f"tensor<{len(indices)}xi32>"
    text = f"""
func.func @main(%t: {table_type}, %i: {ids}) -> {rows_type} {{
  %r = npu.group @g ins(%t, %i : {table_type}, {ids}) {{
  ^bb0(%a: {table_type}, %b: {ids}):
    %x = npu.gather %a[%b] in {len(shape) - 1} {{from_end}} : {table_type}, {ids} -> {rows_type}
    npu.yield %x : {rows_type}
  }} ops [] mapping <{mapping}> : {rows_type}
  func.return %r : {rows_type}
}}"""
    table = np.arange(np.prod(shape), dtype=np.float32).reshape(shape) - 7
    table.flat[: min(len(SPECIAL), table.size)] = SPECIAL[: table.size]
    if element == "i32":
        table = np.nan_to_num(table, posinf=9, neginf=-9).astype(np.int32)
    numbers = np.array(indices, np.int32)
    for (output,) in results(text, [table, numbers]):
        np.testing.assert_array_equal(output, table[..., numbers])
