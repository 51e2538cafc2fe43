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

With `mode` 2 added, the indices of dimension `index_dim` are data: element i is index
`index[i]` of a dimension of `index_extent`, its DRAM address that many times the stride behind
`dram_address`, which is that of index 0. The indices are 32-bit numbers, one behind the other from
`index_address` on in the scratchpad. One that is not from 0 up to `index_extent` traps; with `mode`
4 added, indices from -`index_extent` on count from the end. A store with a `combine` gives each
element of DRAM what that makes of it and of the new one; elements are stored in order, so that
indices that occur several times do as if one came after the other.

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
    DescriptorField(
        "mode",
        5,
        1,
        "a sum of 1: bounds; 2: indices of one dimension; 4: these may count from the end",
    ),
    DescriptorField("fill", 6, 1, "bits of the element that a load writes outside, low bytes"),
    DescriptorField("size", 7, 4, "elements in each dimension, outermost first"),
    DescriptorField("dram_stride_bytes", 11, 4, "bytes between neighbours in DRAM, signed", True),
    DescriptorField(
        "spad_stride_bytes", 15, 4, "bytes between neighbours in the scratchpad, signed", True
    ),
    DescriptorField("first", 19, 4, "index in the tensor of element 0, signed", True),
    DescriptorField("step", 23, 4, "indices from one element to the next, signed", True),
    DescriptorField("extent", 27, 4, "the tensor's elements in each dimension, at least 1", True),
    DescriptorField("index_address", 31, 1, "first byte of the indices in the scratchpad"),
    DescriptorField("index_dim", 32, 1, "the dimension, outermost first, that they are of"),
    DescriptorField("index_extent", 33, 1, "the tensor's elements in it, below 2^31"),
    DescriptorField("combine", 34, 1, "what a store makes of old and new: 0, the new one"),
)

DESCRIPTOR_WORDS = 35
DESCRIPTOR_BYTES = 8 * DESCRIPTOR_WORDS

BOUNDED, INDEXED, FROM_END = 1, 2, 4
"""What `mode` is a sum of."""

COMBINES = ("add", "mul", "max", "min")
"""What a store may make of an element that is there and of a new one, by the order of `combine`.

Of f32 their numbers are 1 to 4, of i32 5 to 8. Products and sums of f32 are rounded to the nearest,
those of i32 wrap around; of extremes of f32, a NaN on either side is the result."""


def combine_code(name: str | None, element: str) -> int | None:
    """The number of a `combine` of elements f32 or i32; 0 without one, None for what is none."""
    if name is None:
        return 0
    if name not in COMBINES or element not in ("f32", "i32"):
        return None
    return 1 + COMBINES.index(name) + (len(COMBINES) if element == "i32" else 0)


@dataclass(frozen=True)
class Bounds:
    """Where a transfer's dimensions lie in the tensor's: one entry a dimension, outermost first."""

    first: Sequence[int]
    step: Sequence[int]
    extent: Sequence[int]
    fill: int = 0
    """Bits of an element, as an unsigned number."""


@dataclass(frozen=True)
class Indices:
    """The indices of one dimension that are data."""

    address: int
    dim: int
    extent: int
    from_end: bool = False
    combine: int = 0


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
    indices: Indices | None = None,
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
    mode = 0 if bounds is None else BOUNDED
    tail = (0, 0, 0, 0)
    if indices is not None:
        mode += INDEXED + (FROM_END if indices.from_end else 0)
        tail = (indices.address, indices.dim, indices.extent, indices.combine)
    head = (dram_address % (1 << 64), spad_address, ndims, element_bytes, tag, mode, within.fill)
    entries = [entry for column in columns for entry in (*column, *[0] * (MAX_DIMS - ndims))]
    return struct.pack("<7Q4Q20q4Q", *head, *entries, *tail)
