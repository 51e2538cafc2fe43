"""DMA descriptors with bounds on Spike, against each element by itself."""

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npu.codegen.image import DRAM_BASE, IMAGE_BASE, SPAD_BASE, STACK_TOP, Image
from npu.configs.loader import load
from npu.dialects import isa
from npu.dialects.dma_descriptor import Bounds, pack_descriptor
from npu.runtime.spike import Spike, SpikeTrap

DESCRIPTOR = STACK_TOP - 0x1000
BYTES = 1 << 13
TENSOR = DRAM_BASE + BYTES
"""The tensor lies in the middle of three blocks: what is touched beside it shows."""


@st.composite
def dims(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Size, first, step and extent of one dimension."""
    extent = draw(st.integers(1, 6))
    return draw(st.integers(0, 5)), draw(st.integers(-7, 12)), draw(st.integers(-2, 3)), extent


@st.composite
def transfers(draw: st.DrawFn) -> dict[str, Any]:
    """The arguments of a descriptor and, under `extent` and the like, what they mean."""
    columns = draw(st.lists(dims(), min_size=0, max_size=4))
    size, first, step, extent = ([c[i] for c in columns] for i in range(4))
    width = draw(st.sampled_from([1, 2, 4, 8]))
    strides, spad_strides = [0] * len(size), [0] * len(size)
    for bounds, order, into in (
        (extent, draw(st.permutations(range(len(size)))), strides),
        (size, draw(st.permutations(range(len(size)))), spad_strides),
    ):
        at = width
        for dim in order:
            into[dim] = at
            at *= bounds[dim]
    fill = draw(st.integers(0, (1 << 8 * width) - 1))
    return {
        "dram_address": TENSOR + sum(f * s for f, s in zip(first, strides, strict=True)),
        "element_bytes": width,
        "size": size,
        "dram_stride_bytes": [s * k for s, k in zip(strides, step, strict=True)],
        "spad_stride_bytes": spad_strides,
        "bounds": Bounds(first, step, extent, fill),
    }


def reference(fields: dict[str, Any], dram: bytearray, spad: bytearray, loads: bool) -> None:
    """The transfer element by element, in the documented order."""
    width, bounds = fields["element_bytes"], fields["bounds"]
    for index in np.ndindex(*fields["size"]):
        at = sum(i * s for i, s in zip(index, fields["spad_stride_bytes"], strict=True))
        places = zip(index, bounds.first, bounds.step, bounds.extent, strict=True)
        is_inside = all(0 <= first + i * step < extent for i, first, step, extent in places)
        steps = zip(index, fields["dram_stride_bytes"], strict=True)
        source = fields["dram_address"] - DRAM_BASE + sum(i * s for i, s in steps)
        if loads:
            value = bytes(dram[source : source + width])
            spad[at : at + width] = value if is_inside else bounds.fill.to_bytes(width, "little")
        elif is_inside:
            dram[source : source + width] = spad[at : at + width]


@pytest.fixture(scope="module")
def spikes() -> Any:
    """One core with the load stub, one with the store stub."""
    machine = load("8x8")
    with Spike(machine) as one, Spike(machine) as two:
        for spike, name in ((one, "npu.dma.load"), (two, "npu.dma.store")):
            data = struct.pack("<2I", *isa.dma_stub(name))
            spike.load(Image(IMAGE_BASE, data, {"f": IMAGE_BASE}, {"f": 8}, {}))
        yield {True: one, False: two}


def run(spike: Spike, **fields: Any) -> None:
    """Runs one transfer described by keyword."""
    spike.write(DESCRIPTOR, pack_descriptor(spad_address=SPAD_BASE, tag=0, **fields))
    spike.call("f", [DESCRIPTOR])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(fields=transfers(), loads=st.booleans())
def test_what_is_outside_is_filled_or_dropped(spikes: Any, fields: dict[str, Any], loads: bool):
    spike: Spike = spikes[loads]
    random = np.random.default_rng(0)
    dram, spad = bytearray(random.bytes(3 * BYTES)), bytearray(random.bytes(BYTES))
    spike.write(DRAM_BASE, dram)
    spike.write(SPAD_BASE, spad)
    run(spike, **fields)
    reference(fields, dram, spad, loads)
    assert spike.read(SPAD_BASE, BYTES) == bytes(spad)
    assert spike.read(DRAM_BASE, 3 * BYTES) == bytes(dram)


def rows(first: int, count: int, extent: int, fill: int = 0) -> dict[str, Any]:
    """`count` words from word `first` of a tensor of `extent` at the start of DRAM."""
    return {
        "dram_address": DRAM_BASE + 4 * first, "element_bytes": 4, "size": [count],
        "dram_stride_bytes": [4], "spad_stride_bytes": [4],
        "bounds": Bounds([first], [1], [extent], fill),
    }  # fmt: skip


def test_only_what_is_inside_must_be_in_memory(spikes: Any):
    """The tensor is at the very start of DRAM: what is before it is in no memory."""
    spike: Spike = spikes[True]
    spike.write(DRAM_BASE, np.arange(4, dtype=np.uint32))
    run(spike, **rows(-3, 9, 4, fill=77))
    got = np.frombuffer(spike.read(SPAD_BASE, 36), np.uint32)
    assert got.tolist() == [77, 77, 77, 0, 1, 2, 3, 77, 77]
    run(spike, **rows(1 << 40, 2, 4, fill=5))
    assert np.frombuffer(spike.read(SPAD_BASE, 8), np.uint32).tolist() == [5, 5]


def test_a_spoilt_bound_traps(spikes: Any):
    """An extent that says too much reaches past the memory; one that is no number is refused."""
    spike: Spike = spikes[True]
    spike.write(DRAM_BASE, bytes(64))
    spike.write(SPAD_BASE, bytes(64))
    with pytest.raises(SpikeTrap, match="the DRAM side leaves the allocated DRAM"):
        run(spike, **rows(1 << 40, 2, 1 << 50, fill=5))
    with pytest.raises(SpikeTrap, match="an extent is not positive"):
        run(spike, **rows(0, 2, 0))
    with pytest.raises(SpikeTrap, match="the scratchpad side leaves the scratchpad"):
        run(spike, **rows(-(1 << 30), 1 << 29, 4))
    assert spike.read(SPAD_BASE, 64) == bytes(64)


def test_a_large_fill_is_fast(spikes: Any):
    """64 KiB of it in one run; a loop over elements would still pass, over bytes of Spike not."""
    spike: Spike = spikes[True]
    spike.write(DRAM_BASE, np.full(1, 3, np.uint32))
    run(spike, **rows(-20000, 40000, 1, fill=9))
    got = np.frombuffer(spike.read(SPAD_BASE, 160000), np.uint32)
    assert got[20000] == 3
    assert np.count_nonzero(got == 9) == 39999


def test_after_checks_its_tag(asm: Any):
    with Spike(load("8x8")) as spike:
        spike.load(asm.image(isa.dma_stub("npu.dma.after")))
        spike.call("f", [(1 << 32) - 1])
        with pytest.raises(SpikeTrap, match="tag waited for"):
            spike.call("f", [1 << 32])
