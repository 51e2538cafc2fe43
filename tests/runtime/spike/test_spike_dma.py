"""DMA descriptors on Spike, against numpy."""

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npu.codegen.image import DRAM_BASE, SPAD_BASE, STACK_TOP
from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.dialects import isa
from npu.dialects.dma_descriptor import pack_descriptor
from npu.runtime.spike import Spike, SpikeTrap

DESCRIPTOR = STACK_TOP - 0x1000
BYTES = 1 << 14


def transfer(spike: Spike, **fields: Any) -> None:
    """Runs one transfer described by keyword."""
    spike.write(DESCRIPTOR, pack_descriptor(**fields))
    spike.call("f", [DESCRIPTOR])


def permuted_strides(sizes: list[int], order: list[int], gap: int, element: int) -> list[int]:
    """Strides of an array whose dimensions lie in memory in `order`, each `gap` elements apart."""
    strides, step = [0] * len(sizes), element * (1 + gap)
    for dim in order:
        strides[dim] = step
        step *= sizes[dim]
    return strides


@st.composite
def transfers(draw: st.DrawFn) -> dict[str, Any]:
    """A descriptor whose two sides each fit `BYTES`, at any order of dimensions and with gaps."""
    sizes = draw(st.lists(st.integers(0, 5), min_size=0, max_size=4))
    element = draw(st.sampled_from([1, 2, 4, 8]))
    sides: list[list[int]] = []
    for _ in range(2):
        order = list(draw(st.permutations(range(len(sizes)))))
        sides.append(permuted_strides(sizes, order, draw(st.integers(0, 1)), element))
    return {
        "size": sizes,
        "element_bytes": element,
        "dram_stride_bytes": sides[0],
        "spad_stride_bytes": sides[1],
    }


def reference(fields: dict[str, Any], memories: dict[str, bytearray], load: bool) -> None:
    """The transfer element by element, in the documented order."""
    source, target = ("dram", "spad") if load else ("spad", "dram")
    width = fields["element_bytes"]
    for index in np.ndindex(*fields["size"]):
        at = {
            side: sum(i * s for i, s in zip(index, fields[f"{side}_stride_bytes"], strict=True))
            for side in memories
        }
        piece = memories[source][at[source] : at[source] + width]
        memories[target][at[target] : at[target] + width] = piece


@pytest.fixture(scope="module")
def spikes() -> Any:
    """One core with the load stub, one with the store stub."""
    from npu.codegen.image import IMAGE_BASE, Image

    machine = load("8x8")
    with Spike(machine) as one, Spike(machine) as two:
        for spike, name in ((one, "npu.dma.load"), (two, "npu.dma.store")):
            data = struct.pack("<2I", *isa.dma_stub(name))
            spike.load(Image(IMAGE_BASE, data, {"f": IMAGE_BASE}, {"f": 8}, {}))
        yield {True: one, False: two}


@settings(max_examples=60, deadline=None)
@given(fields=transfers(), load=st.booleans())
def test_any_transfer_is_as_numpy_says(spikes: Any, fields: dict[str, Any], load: bool):
    spike: Spike = spikes[load]
    random = np.random.default_rng(0)
    memories = {side: bytearray(random.bytes(BYTES)) for side in ("dram", "spad")}
    spike.write(DRAM_BASE, memories["dram"])
    spike.write(SPAD_BASE, memories["spad"])
    transfer(spike, dram_address=DRAM_BASE, spad_address=SPAD_BASE, tag=0, **fields)
    reference(fields, memories, load)
    assert spike.read(DRAM_BASE, BYTES) == bytes(memories["dram"])
    assert spike.read(SPAD_BASE, BYTES) == bytes(memories["spad"])


def test_negative_and_zero_strides(spikes: Any):
    spike: Spike = spikes[True]
    spike.write(DRAM_BASE, np.arange(4, dtype=np.int32))
    transfer(
        spike, dram_address=DRAM_BASE + 12, spad_address=SPAD_BASE, element_bytes=4, tag=0,
        size=(2, 4), dram_stride_bytes=(0, -4), spad_stride_bytes=(16, 4),
    )  # fmt: skip
    got = np.frombuffer(spike.read(SPAD_BASE, 32), np.int32)
    assert got.tolist() == [3, 2, 1, 0, 3, 2, 1, 0]


def wrong(spad_bytes: int) -> list[tuple[str, dict[str, Any]]]:
    """Descriptors that must trap, with what the message says."""
    end = SPAD_BASE + spad_bytes
    return [
        ("the scratchpad side leaves the scratchpad", {"spad_address": end - 7}),
        ("the scratchpad side leaves the scratchpad", {"spad_address": SPAD_BASE - 4}),
        ("the scratchpad side leaves the scratchpad", {"spad_stride_bytes": (-4,)}),
        ("the scratchpad side leaves the scratchpad", {"spad_stride_bytes": (1 << 62,)}),
        ("the DRAM side leaves the allocated DRAM", {"dram_address": SPAD_BASE}),
        ("the DRAM side leaves the allocated DRAM", {"dram_address": DRAM_BASE + (1 << 39)}),
        ("tag is not below 2", {"tag": 1 << 32}),
        ("a size is not below 2", {"size": ((1 << 64) - 1,)}),
    ]


@pytest.mark.parametrize("case", range(8))
def test_bad_descriptors_trap_and_move_nothing(spikes: Any, case: int):
    why, change = wrong(load("8x8").spad_bytes)[case]
    spike: Spike = spikes[True]
    spike.write(DRAM_BASE, bytes(range(256)))
    spike.write(SPAD_BASE, bytes(64))
    fields: dict[str, Any] = {
        "dram_address": DRAM_BASE, "spad_address": SPAD_BASE, "element_bytes": 4, "tag": 0,
        "size": (2,), "dram_stride_bytes": (4,), "spad_stride_bytes": (4,),
    }  # fmt: skip
    with pytest.raises(SpikeTrap, match=why):
        transfer(spike, **(fields | change))
    assert spike.read(SPAD_BASE, 64) == bytes(64)


@pytest.mark.parametrize(("word", "value"), [(2, 5), (3, 3), (3, 0), (5, 2)])
def test_fields_that_python_would_refuse_trap_too(spikes: Any, word: int, value: int):
    packed = bytearray(8 * 31)
    struct.pack_into("<4Q", packed, 0, DRAM_BASE, SPAD_BASE, 0, 4)
    struct.pack_into("<Q", packed, 8 * word, value)
    spike: Spike = spikes[True]
    spike.write(DESCRIPTOR, packed)
    with pytest.raises(SpikeTrap, match="dma_descriptor"):
        spike.call("f", [DESCRIPTOR])


def test_misaligned_descriptor_traps(spikes: Any):
    with pytest.raises(SpikeTrap, match="not 8-byte aligned"):
        spikes[True].call("f", [DESCRIPTOR + 4])


def test_wait_checks_its_tag(machine: Machine, asm: Any):
    with Spike(machine) as spike:
        spike.load(asm.image(isa.dma_stub("npu.dma.wait")))
        spike.call("f", [(1 << 32) - 1])
        with pytest.raises(SpikeTrap, match="tag waited for"):
            spike.call("f", [1 << 32])
