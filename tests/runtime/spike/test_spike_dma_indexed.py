"""DMA descriptors with indices on Spike, against each element by itself, in order."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npu.codegen.image import DRAM_BASE, IMAGE_BASE, SPAD_BASE, STACK_TOP, Image
from npu.configs.loader import load
from npu.dialects import isa
from npu.dialects.dma_descriptor import COMBINES, Indices, combine_code, pack_descriptor
from npu.runtime.spike import Spike, SpikeTrap
from tests.examples import examples

DESCRIPTOR = STACK_TOP - 0x1000
INDICES = SPAD_BASE + 0x4000
NUMPY = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}
SPECIAL = [np.inf, -np.inf, np.nan, -0.0, 0.0, 1e-45, 3.4e38]


@pytest.fixture(scope="module")
def spike():
    words = [*isa.dma_stub("npu.dma.load"), *isa.dma_stub("npu.dma.store")]
    data = b"".join(word.to_bytes(4, "little") for word in words)
    starts = {"load": IMAGE_BASE, "store": IMAGE_BASE + 8}
    image = Image(IMAGE_BASE, data, starts, dict.fromkeys(starts, 8), {})
    with Spike(load("8x8")) as made:
        made.load(image)
        yield made


def transfer(spike: Spike, name: str, numbers: Any, fields: dict[str, Any]) -> None:
    """Puts indices and descriptor into memory and calls the instruction."""
    spike.write(INDICES, np.asarray(numbers, np.int32))
    spike.write(DESCRIPTOR, pack_descriptor(spad_address=SPAD_BASE, tag=0, **fields))
    spike.call(name, [DESCRIPTOR])


def fields_of(table: np.ndarray, count: int, *, from_end: bool = False, combine: int = 0) -> Any:
    """A transfer of `count` rows, dimension 1 of a table of three dimensions."""
    outer, extent, inner = table.shape
    width = table.itemsize
    return {
        "dram_address": DRAM_BASE,
        "element_bytes": width,
        "size": [outer, count, inner],
        "dram_stride_bytes": [extent * inner * width, inner * width, width],
        "spad_stride_bytes": [count * inner * width, inner * width, width],
        "indices": Indices(INDICES, 1, extent, from_end, combine),
    }


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, list[int], bool]:
    shape = draw(st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(1, 9)))
    from_end = draw(st.booleans())
    low = -shape[1] if from_end else 0
    numbers = draw(st.lists(st.integers(low, shape[1] - 1), min_size=0, max_size=9))
    seed = draw(st.integers(0, 2**32 - 1))
    values = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    values.flat[: len(SPECIAL)] = SPECIAL[: values.size]
    return values, numbers, from_end


@examples(20, 200)
@given(cases())
def test_a_gather_takes_rows(spike, case):
    table, numbers, from_end = case
    spike.write(DRAM_BASE, table)
    transfer(spike, "load", numbers, fields_of(table, len(numbers), from_end=from_end))
    want = table[:, numbers, :]
    got = np.frombuffer(spike.read(SPAD_BASE, want.nbytes), np.float32).reshape(want.shape)
    np.testing.assert_array_equal(got.view(np.uint32), want.view(np.uint32))


@pytest.mark.parametrize("name", [None, *COMBINES])
@pytest.mark.parametrize("element", ["f32", "i32"])
def test_a_scatter_writes_in_order(spike, name, element):
    rng = np.random.default_rng(5)
    dtype = np.float32 if element == "f32" else np.int32
    table = (rng.standard_normal((2, 5, 3)) * 1e4).astype(dtype)
    numbers = [4, 0, 4, 4, 2, 0]
    rows = (rng.standard_normal((2, len(numbers), 3)) * 1e5).astype(dtype)
    if element == "f32":
        rows[0, :2] = np.array(SPECIAL[:6], np.float32).reshape(2, 3)
    spike.write(DRAM_BASE, table)
    spike.write(SPAD_BASE, rows)
    code = combine_code(name, element)
    assert code is not None
    transfer(spike, "store", numbers, fields_of(table, len(numbers), combine=code))
    want = table.copy()
    with np.errstate(all="ignore"):
        for position, number in enumerate(numbers):
            new = rows[:, position]
            want[:, number] = new if name is None else NUMPY[name](want[:, number], new)
    got = np.frombuffer(spike.read(DRAM_BASE, want.nbytes), dtype).reshape(want.shape)
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(
    ("numbers", "from_end", "what"),
    [
        (
            [0, 5],
            False,
            "index 5 at position 1 of the transfer is outside of the tensor; expected 0",
        ),
        ([0, 1, -1], False, "index -1 at position 2"),
        (
            [-6],
            True,
            "index -6 at position 0 of the transfer is outside of the tensor; expected -5",
        ),
        ([-(2**31)], True, "index -2147483648"),
    ],
)
def test_an_index_outside_traps_before_anything_moves(spike, numbers, from_end, what):
    table = np.ones((2, 5, 3), np.float32)
    spike.write(DRAM_BASE, table)
    spike.write(SPAD_BASE, np.zeros(60, np.float32))
    with pytest.raises(SpikeTrap, match=what):
        transfer(spike, "load", numbers, fields_of(table, len(numbers), from_end=from_end))
    assert not any(spike.read(SPAD_BASE, 240))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"dim": 3}, "index_dim is not one"),
        ({"extent": 0}, "index_extent is not from 1"),
        ({"address": INDICES + 2}, "index_address is not 4-byte aligned"),
        ({"address": SPAD_BASE + (1 << 30)}, "the indices leave the scratchpad"),
        ({"combine": 9}, "combine is not one"),
    ],
)
def test_fields_that_are_wrong_trap(spike, change, what):
    table = np.ones((2, 5, 3), np.float32)
    fields = fields_of(table, 2)
    fields["indices"] = replace(Indices(INDICES, 1, 5), **change)
    with pytest.raises(SpikeTrap, match=what):
        transfer(spike, "load", [0, 1], fields)
