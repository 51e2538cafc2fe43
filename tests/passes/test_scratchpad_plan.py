"""Placement arithmetic: first fit, and the slot index of each core's iterations."""

from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import IndexType, MemRefType, f32
from xdsl.ir import Block, Region

from npu.dialects import npu
from npu.passes.dma.slot_views import slot_expression
from npu.passes.kernel.loops import PARALLEL, Loop, loops_of
from npu.passes.place.scratchpad_plan import Buffer, end_of, first_fit


def buffer(size: int, first: int = 0, last: int = 9, shareable: bool = False) -> Buffer:
    type_: MemRefType[Any] = MemRefType(f32, (1, size), memory_space=npu.SPAD)
    return Buffer(npu.AllocOp(type_), "%b", size, first, last, shareable)


def test_the_largest_goes_first_and_equal_ones_in_order():
    buffers = [buffer(64), buffer(128), buffer(64)]
    assert first_fit(buffers) == [128, 0, 192]
    assert end_of(buffers, first_fit(buffers)) == 256


def test_gaps_are_filled():
    buffers = [
        buffer(256, 0, 1, shareable=True),
        buffer(128, 2, 3, shareable=True),
        buffer(64, 2, 3, shareable=True),
    ]
    assert first_fit(buffers) == [0, 0, 128]


def test_only_shareable_buffers_share():
    assert first_fit([buffer(64, 0, 1), buffer(64, 2, 3)]) == [0, 64]
    assert first_fit([buffer(64, 0, 1), buffer(64, 2, 3, shareable=True)]) == [0, 64]


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(0, 9), st.integers(0, 5), st.booleans()),
        max_size=8,
    )
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_clashing_buffers_never_overlap(specs: list[tuple[int, int, int, bool]]):
    buffers = [buffer(64 * s, f, f + n, shareable) for s, f, n, shareable in specs]
    offsets = first_fit(buffers)
    for i, j in product(range(len(buffers)), repeat=2):
        if i < j and buffers[i].clashes(buffers[j]):
            ends = offsets[i] + buffers[i].bytes, offsets[j] + buffers[j].bytes
            assert ends[0] <= offsets[j] or ends[1] <= offsets[i]
    assert all(offset % 64 == 0 for offset in offsets)


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), min_size=1, max_size=2),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(2, 3),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_slots_go_round_on_every_core(
    dims: list[tuple[int, int]], inner: int, cores: int, slots: int
):
    """The iterations of one core, in order, take slots 0, 1, ..., 0, 1, ..."""
    upper = [trips * step for trips, step in dims]
    region = Region(Block(arg_types=[IndexType()] * len(dims)))
    parallel = npu.ParallelOp([0] * len(dims), upper, [step for _, step in dims], region)
    body = Block(arg_types=[IndexType()])
    loops = (*loops_of(parallel), Loop(body.args[0], 0, inner * 8, 8, PARALLEL, body))
    expression = slot_expression(loops, slots, cores)
    items = list(product(*(range(0, u, s) for u, (_, s) in zip(upper, dims, strict=True))))
    for core in range(cores):
        own = [(*item, k * 8) for item in items[core::cores] for k in range(inner)]
        taken = [expression.eval(ivs, []) for ivs in own]
        assert taken == [number % slots for number in range(len(own))]
