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
    context, machine = make_context(), load("8x8")
    module = Parser(context, case.text()).parse_module()
    for _ in run_stages(context, module, pipeline("8x8")[1:]):
        pass
    inputs = [table, indices, rows]
    found = [
        run_on_spike(module, compile_module(module, machine), machine, inputs).outputs,
        run_module(module, inputs, cores=3),
        run_module(module, inputs, order=Order("late", 1)),
        run_module(module, inputs, order=Order("early", 1)),
    ]
    for outputs in found:
        for output, want in zip(outputs, wanted, strict=True):
            np.testing.assert_array_equal(output, want)
