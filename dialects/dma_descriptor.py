"""The DMA descriptor: the record in memory that ``npu.dma.load`` and ``npu.dma.store`` take.

A descriptor is `DESCRIPTOR_WORDS` little-endian 64-bit words at an 8-byte aligned address. It moves
a rectangle of at most `MAX_DIMS` dimensions, outermost first, between DRAM and scratchpad::

    for i0 < size[0]: ... for in < size[ndims-1]:
        element_bytes bytes between
            dram_address + sum(i * dram_stride_bytes)  and  spad_address + sum(i *
            spad_stride_bytes)

`ndims` 0 moves one element; any size 0 moves nothing. Strides are signed bytes, may be 0
(broadcast) and in any order (transposes). Entries past `ndims` are ignored.

With `mode` 1 the DRAM side has bounds: element i of a dimension is index `first + i * step` of a
tensor's dimension of `extent`, and is inside where that is from 0 up to `extent`. An element that
is outside in any dimension is not accessed in DRAM: a load writes `fill` in its place, a store
drops it. `dram_address` is that of element 0 of all dimensions, which may itself be outside;
`dram_stride_bytes` includes the step. With `mode` 0 all is inside; `fill`, `first`, `step` and
`extent` are ignored.

Every byte of either side, of those inside in DRAM, must lie in its memory (scratchpad: the
machine's `spad_bytes`), or the instruction traps before anything is moved. Like `isa`, this module
imports nothing of the project: the C++ header is generated from `FIELDS`.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

MAX_DIMS = 4
"""Dimensions a descriptor holds (as many as the peer's MOVIN/MOVOUT)."""

ELEMENT_BYTES = (1, 2, 4, 8)
"""Element sizes the DMA engine takes."""


@dataclass(frozen=True)
class DescriptorField:
    """`count` consecutive 64-bit words from word index `word`."""

    name: str
    word: int
    count: int
    meaning: str
    is_signed: bool = False


FIELDS: tuple[DescriptorField, ...] = (
    DescriptorField("dram_address", 0, 1, "first byte on the DRAM side"),
    DescriptorField("spad_address", 1, 1, "first byte on the scratchpad side"),
    DescriptorField("ndims", 2, 1, "dimensions, 0..4"),
    DescriptorField("element_bytes", 3, 1, "bytes of an element: 1, 2, 4 or 8"),
    DescriptorField("tag", 4, 1, "what npu.dma.wait names, below 2^32"),
    DescriptorField("mode", 5, 1, "0: all elements are in the tensor; 1: bounds"),
    DescriptorField("fill", 6, 1, "bits of the element that a load writes outside, low bytes"),
    DescriptorField("size", 7, 4, "elements in each dimension, outermost first"),
    DescriptorField("dram_stride_bytes", 11, 4, "bytes between neighbours in DRAM, signed", True),
    DescriptorField(
        "spad_stride_bytes", 15, 4, "bytes between neighbours in the scratchpad, signed", True
    ),
    DescriptorField("first", 19, 4, "index in the tensor of element 0, signed", True),
    DescriptorField("step", 23, 4, "indices from one element to the next, signed", True),
    DescriptorField("extent", 27, 4, "the tensor's elements in each dimension, at least 1", True),
)

DESCRIPTOR_WORDS = 31
DESCRIPTOR_BYTES = 8 * DESCRIPTOR_WORDS

WHOLE, BOUNDED = 0, 1
"""Values of `mode`."""


@dataclass(frozen=True)
class Bounds:
    """Where a transfer's dimensions lie in the tensor's: one entry a dimension, outermost first."""

    first: Sequence[int]
    step: Sequence[int]
    extent: Sequence[int]
    fill: int = 0
    """Bits of an element, as an unsigned number."""


def pack_descriptor(
    *,
    dram_address: int,
    spad_address: int,
    element_bytes: int,
    tag: int,
    size: Sequence[int],
    dram_stride_bytes: Sequence[int],
    spad_stride_bytes: Sequence[int],
    bounds: Bounds | None = None,
) -> bytes:
    """The descriptor's bytes; sequences have one entry a dimension, outermost first."""
    ndims = len(size)
    within = Bounds([0] * ndims, [1] * ndims, [1] * ndims) if bounds is None else bounds
    columns = (size, dram_stride_bytes, spad_stride_bytes, within.first, within.step, within.extent)
    if ndims > MAX_DIMS or {len(column) for column in columns} != {ndims}:
        raise ValueError(
            f"a descriptor takes up to {MAX_DIMS} sizes, and as many strides on each side"
        )
    if element_bytes not in ELEMENT_BYTES:
        raise ValueError(f"element_bytes is {element_bytes}, expected one of {ELEMENT_BYTES}")
    mode = WHOLE if bounds is None else BOUNDED
    head = (dram_address % (1 << 64), spad_address, ndims, element_bytes, tag, mode, within.fill)
    entries = [entry for column in columns for entry in (*column, *[0] * (MAX_DIMS - ndims))]
    return struct.pack("<7Q4Q20q", *head, *entries)
