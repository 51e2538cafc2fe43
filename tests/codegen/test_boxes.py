"""Boxes of transfers in the reference executor and on Spike, against each element by itself."""

import dataclasses
import itertools
import math
import re
import struct
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from xdsl.context import Context

from npu.codegen.compile import emit_llvm
from npu.passes.dma.insert_dma import InsertDmaPass
from npu.runtime.reference import adversaries, run_module
from tests.examples import examples

FILLS = {"0.0": 0.0, "0xFF800000": -math.inf, "0x7FC00000": math.nan, "1.5": 1.5}
"""The fill in the text, and its value."""


@dataclasses.dataclass(frozen=True)
class Dim:
    """One dimension of the tensor and of the box; `place` is its dimension of the view."""

    extent: int
    offset: int
    size: int
    step: int
    is_dynamic: bool
    piece: int


@dataclasses.dataclass(frozen=True)
class Case:
    """A transfer between a box of %x and all of %y, through a view of the scratchpad."""

    dims: list[Dim]
    walked: list[int]
    is_load: bool
    fill: str | None

    @property
    def held(self) -> list[int]:
        """The shape of the view."""
        return [self.dims[d].size for d in self.walked]

    def text(self) -> str:
        """The kernel, in the form that npu-insert-dma takes, and its host."""
        x = f"memref<{'x'.join(str(d.extent) for d in self.dims)}xf32>"
        buffer, y = (f"memref<{'x'.join(map(str, s))}xf32" for s in ([1, *self.held], self.held))
        names = {
            d: f"%n{d}" if self.dims[d].is_dynamic else str(self.dims[d].size) for d in self.walked
        }
        shape = "x".join(
            "?" if self.dims[d].is_dynamic else str(self.dims[d].size) for d in self.walked
        )
        strides = [math.prod(self.held[i + 1 :]) for i in range(len(self.held))]
        view = f'memref<{shape}xf32, strided<{strides}>, "spad">'
        sizes = ", ".join(names[d] for d in self.walked)
        zeros, ones = (", ".join(c for _ in self.walked) for c in "01")
        whole = f"%y[{zeros}] sizes [{sizes}]"
        offsets = ", ".join(
            f"%o{i}" if d.is_dynamic else str(d.offset) for i, d in enumerate(self.dims)
        )
        counts = ", ".join(names.get(i, "1") for i in range(len(self.dims)))
        box = f"%x[{offsets}] sizes [{counts}] steps {[d.step for d in self.dims]}"
        rest = [f"permutation = array<i64: {str(self.walked)[1:-1]}>"]
        rest += (
            [] if self.fill is None else [f"fill = {self.fill} : f32" if self.is_load else "bounds"]
        )
        rest += [f"subtile = array<i64: {', '.join(str(self.dims[d].piece) for d in self.walked)}>"]
        boxed = f"{{{', '.join(rest)}}}"
        moves = (
            [
                f"npu.copy {box} to %v {boxed} : {x} to {view}",
                f"npu.copy %v to {whole} : {view} to {y}>",
            ]
            if self.is_load
            else [
                f"npu.copy {whole} to %v : {y}> to {view}",
                f"npu.copy %v to {box} {boxed} : {view} to {x}",
            ]
        )
        lines = [
            f"npu.kernel @k(%x: {x}, %y: {y}>) {{",
            "%c0 = arith.constant 0 : index",
            "%c1 = arith.constant 1 : index",
            f'%b = npu.alloc {{offset = 0 : i64}} : {buffer}, "spad">',
            "scf.for %r = %c0 to %c1 step %c1 {",
        ]
        for i, d in enumerate(self.dims):
            lines.append(f"%o{i} = affine.apply affine_map<(d0) -> (d0 + {d.offset})>(%r)")
            least = f"affine_map<(d0) -> ({d.size}, {d.size} - d0)>"
            lines.append(f"%n{i} = affine.min {least}(%r)")
        spad = f'%b[0, {zeros}] [1, {sizes}] [1, {ones}] : {buffer}, "spad"> to {view}'
        lines += [f"%v = memref.subview {spad}", *moves, "}", "npu.return", "}"]
        types = f"{x}, {y}>"
        lines += [
            f"func.func @main(%x: {x}, %y: {y}>) -> ({types}) {{",
            f"npu.launch @k(%x, %y) : ({types})",
            f"func.return %x, %y : {types}",
            "}",
        ]
        return "\n".join(lines)

    def inputs(self) -> list[Any]:
        """Different numbers everywhere."""
        shapes = [d.extent for d in self.dims], self.held
        return [
            (np.arange(math.prod(shape), dtype=np.float32) + 1000 * i).reshape(shape)
            for i, shape in enumerate(shapes)
        ]

    def expected(self) -> list[Any]:
        """Both tensors afterwards."""
        x, y = self.inputs()
        for index in itertools.product(*(range(d.size) for d in self.dims)):
            at = tuple(d.offset + i * d.step for i, d in zip(index, self.dims, strict=True))
            held = tuple(index[d] for d in self.walked)
            is_inside = all(0 <= a < d.extent for a, d in zip(at, self.dims, strict=True))
            if self.is_load:
                y[held] = x[at] if is_inside else FILLS[self.fill or "0.0"]
            elif is_inside:
                x[at] = y[held]
        return [x, y]


@st.composite
def dim(draw: st.DrawFn, *, dropped: bool, bounded: bool, load: bool) -> Dim:
    """A dimension; inside of the tensor where it is dropped or there are no bounds."""
    extent, step = draw(st.integers(1, 5)), draw(st.integers(-2, 3))
    size = 1 if dropped else draw(st.integers(1, 4))
    if not load and step == 0:
        step = 1
    offset = draw(st.integers(-6, 9))
    if dropped or not bounded:
        span = (size - 1) * step
        extent = max(extent, abs(span) + 1)
        offset = draw(st.integers(max(0, -span), extent - 1 - max(0, span)))
    return Dim(extent, offset, size, step, draw(st.booleans()), draw(st.integers(1, 4)))


@st.composite
def cases(draw: st.DrawFn, min_walked: int = 1) -> Case:
    rank = draw(st.integers(min_walked, 6))
    order = draw(st.permutations(range(rank)))
    walked = list(order[: draw(st.integers(min_walked, rank))])
    is_load, is_bounded = draw(st.booleans()), draw(st.booleans())
    dims = [
        draw(dim(dropped=d not in walked, bounded=is_bounded, load=is_load)) for d in range(rank)
    ]
    fill = draw(st.sampled_from(list(FILLS))) if is_bounded else None
    return Case(dims, walked, is_load, fill)


def transferred(parse: Any, text: str) -> Any:
    """The module of `text` after npu-insert-dma, read back from its own text."""
    module = parse(text)
    InsertDmaPass().apply(Context(), module)
    module.verify()
    return parse(str(module))


def check(parse: Any, run: Any, machine: Any, case: Case) -> None:
    """The case before and after npu-insert-dma, there in several orders too, and on Spike."""
    text, expected = case.text(), case.expected()
    tiled, module = parse(text), transferred(parse, text)
    found = [run_module(one, case.inputs()) for one in (tiled, module)]
    found += [run_module(module, case.inputs(), order=order) for order in adversaries(1)]
    found.append(run(str(module), case.inputs(), machine()))
    for results in found:
        for got, wanted in zip(results, expected, strict=True):
            np.testing.assert_array_equal(got, wanted)


@examples(15, 40)
@given(case=cases())
def test_boxes_move_what_they_say(parse: Any, run: Any, machine: Any, case: Case):
    check(parse, run, machine, case)


@examples(10, 25)
@given(case=cases(min_walked=5))
def test_views_of_five_and_six_dimensions_are_moved_four_at_a_time(
    parse: Any, run: Any, machine: Any, case: Case
):
    check(parse, run, machine, case)


HALO = Case(
    [Dim(4, -1, 6, 1, True, 2), Dim(5, -2, 4, 2, False, 4)], walked=[1, 0], is_load=True, fill="1.5"
)


def test_a_spoilt_bound_shows(parse: Any, run: Any, machine: Any):
    """The judge itself: a box that starts one element later has other values."""
    spoilt = HALO.text().replace("%x[%o0, -2]", "%x[%o0, -1]")
    assert spoilt != HALO.text()
    (_, got) = run(str(transferred(parse, spoilt)), HALO.inputs(), machine())
    assert not np.array_equal(got, HALO.expected()[1])


def test_the_bits_of_a_fill_arrive(parse: Any, run: Any, machine: Any):
    text = HALO.text().replace("fill = 1.5", "fill = 0x80000000")
    (_, got) = run(str(transferred(parse, text)), HALO.inputs(), machine())
    assert struct.pack("<f", got[0, 0]) == struct.pack("<I", 0x80000000)


def test_after_is_an_instruction_in_front_of_the_transfer(parse: Any, machine: Any):
    pad = 'memref<4xf32, strided<[1]>, "spad">'
    text = f"""npu.kernel @k(%x: memref<8xf32>) {{
      %b = npu.alloc {{offset = 0 : i64}} : memref<1x4xf32, "spad">
      %v = memref.subview %b[0, 0] [1, 4] [1, 1] : memref<1x4xf32, "spad"> to {pad}
      %t = npu.dma_load %x[0] sizes [4] to %v : memref<8xf32> to {pad}
      %u = npu.dma_store %v to %x[4] sizes [4] after(%t) : {pad} to memref<8xf32>
      %w = npu.dma_load %x[4] sizes [4] to %v after(%t, %u) : memref<8xf32> to {pad}
      npu.return
    }}"""
    code = emit_llvm(parse(text), machine())
    calls = re.findall(r'call void @"?npu\.dma\.(\w+)"?\((?:i64 (\d+))?', code)
    assert calls == [
        ("load", ""),
        ("after", "0"),
        ("store", ""),
        ("after", "0"),
        ("after", "1"),
        ("load", ""),
    ]
