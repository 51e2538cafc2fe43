"""The DMA descriptor: the record in memory that ``npu.dma.load`` and ``npu.dma.store`` take.

A descriptor is `DESCRIPTOR_WORDS` little-endian 64-bit words at an 8-byte aligned address. It moves
a rectangle of at most `MAX_DIMS` dimensions, outermost first, between DRAM and scratchpad::

    for i0 < size[0]: ... for in < size[ndims-1]:
        element_bytes bytes between
            dram_address + sum(i * dram_stride_bytes)  and  spad_address + sum(i *
            spad_stride_bytes)

`ndims` 0 moves one element; any size 0 moves nothing. Strides are signed bytes, may be 0
(broadcast) and in any order (transposes). Entries past `ndims` are ignored. Every byte of either
side must lie in its memory (scratchpad: the machine's `spad_bytes`), or the instruction traps
before anything is moved. Like `isa`, this module imports nothing of the project: the C++ header is
generated from `FIELDS`.
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


FIELDS: tuple[DescriptorField, ...] = (
    DescriptorField("dram_address", 0, 1, "first byte on the DRAM side"),
    DescriptorField("spad_address", 1, 1, "first byte on the scratchpad side"),
    DescriptorField("ndims", 2, 1, "dimensions, 0..4"),
    DescriptorField("element_bytes", 3, 1, "bytes of an element: 1, 2, 4 or 8"),
    DescriptorField("tag", 4, 1, "what npu.dma.wait names, below 2^32"),
    DescriptorField("size", 5, 4, "elements in each dimension, outermost first"),
    DescriptorField("dram_stride_bytes", 9, 4, "bytes between neighbours in DRAM, signed"),
    DescriptorField(
        "spad_stride_bytes", 13, 4, "bytes between neighbours in the scratchpad, signed"
    ),
)

DESCRIPTOR_WORDS = 17
DESCRIPTOR_BYTES = 8 * DESCRIPTOR_WORDS


def pack_descriptor(
    *,
    dram_address: int,
    spad_address: int,
    element_bytes: int,
    tag: int,
    size: Sequence[int],
    dram_stride_bytes: Sequence[int],
    spad_stride_bytes: Sequence[int],
) -> bytes:
    """The descriptor's bytes; the three sequences have one entry a dimension, outermost first."""
    ndims = len(size)
    if ndims > MAX_DIMS or {len(dram_stride_bytes), len(spad_stride_bytes)} != {ndims}:
        raise ValueError(
            f"a descriptor takes up to {MAX_DIMS} sizes, and as many strides on each side"
        )
    if element_bytes not in ELEMENT_BYTES:
        raise ValueError(f"element_bytes is {element_bytes}, expected one of {ELEMENT_BYTES}")
    padding = [0] * (MAX_DIMS - ndims)
    head = (dram_address, spad_address, ndims, element_bytes, tag)
    strides = (*dram_stride_bytes, *padding, *spad_stride_bytes, *padding)
    return struct.pack("<5Q4Q8q", *head, *size, *padding, *strides)
