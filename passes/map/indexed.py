"""How a gather or a scatter is cut: rows in tiles that DMA brings in and takes out again.

    hold indices 1, par n 64, par j 4096, hold rows 3, run transfer

Dimension `n` is that of the indices, the others are those of the table in their order: i, j, l, r.
All indices are loaded once, ahead of the loops, where an eighth of the scratchpad holds them, so
that a gather waits for them once; else those of a tile. A scatter may write one place several
times, so its loop over `n` is in order, inside of the others; cores share the other dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, cast

from xdsl.dialects.builtin import TensorType
from xdsl.ir import SSAValue

from npu.configs.errors import UserError
from npu.dialects.dram_tensors import element_bytes
from npu.dialects.mapping import Hold, Loop, Mapping, Node, Run
from npu.dialects.npu import GroupOp, ScatterOp
from npu.dialects.npu.gather import IndexedOp
from npu.dialects.places import place
from npu.passes.map.device import Device

NAMES = "ijlr"
"""Of the dimensions of a table."""

INDEXED = "n"
"""Of the dimension that indices are of."""

TRANSFER = "transfer"
"""The one stage."""

PART, MOST_BYTES = 8, 1 << 20
"""A tile takes at most this part of the scratchpad, and this many bytes: of three, one is filled,
one full and one drained."""

INDEX_BYTES = 4
BLOCK = 16
"""Elements of the innermost dimension that are not cut: a request of 64 bytes."""


@dataclass(frozen=True)
class IndexedShape:
    """What a gather or a scatter moves."""

    extents: tuple[int, ...]
    """Of the rows that are moved: one for each dimension of the table."""

    indexed: int
    """The dimension of the indices."""

    element_bytes: int
    is_scatter: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each dimension's loop."""
        others = NAMES[: len(self.extents)]
        return tuple(INDEXED if d == self.indexed else others[d] for d in range(len(others)))

    @property
    def shared(self) -> tuple[int, ...]:
        """The dimensions that cores may share."""
        dims = range(len(self.extents))
        return tuple(d for d in dims if not (self.is_scatter and d == self.indexed))

    @property
    def order(self) -> tuple[int, ...]:
        """Loops, outermost first."""
        return (*self.shared, self.indexed) if self.is_scatter else self.shared


def shape_of(op: IndexedOp) -> IndexedShape:
    """What an operation moves."""
    rows: SSAValue = op.rows if isinstance(op, ScatterOp) else op.result
    type_ = cast("TensorType[Any]", rows.type)
    return IndexedShape(
        tuple(type_.get_shape()),
        op.dim.value.data,
        element_bytes(type_),
        isinstance(op, ScatterOp),
    )


def mapping_of(shape: IndexedShape, device: Device) -> Mapping:
    """The mapping of a gather or a scatter."""
    budget = min(device.spad_bytes // PART, MOST_BYTES)
    tile = _cut(shape, budget)
    tile = _dealt(shape, tile, device.cores)
    whole = shape.extents[shape.indexed] * INDEX_BYTES <= budget
    indices = Hold("indices", 1 if whole else 2)
    nest: list[Node] = [indices] if whole else []
    for dim in shape.order:
        is_parallel = dim in shape.shared
        nest.append(Loop(shape.names[dim], tile[dim], tile[dim], is_parallel))
        nest += [] if whole or dim != shape.indexed else [indices]
    return Mapping((*nest, Hold("rows", 3), Run(TRANSFER)))


def _cut(shape: IndexedShape, budget: int) -> list[int]:
    """Tiles of at most `budget` bytes: outer dimensions go first, then rows, then their parts."""
    tile = list(shape.extents)
    outer = [d for d in range(len(tile)) if d < shape.indexed]
    for dim in (*outer, *range(shape.indexed, len(tile))):
        over = -(-prod(tile) * shape.element_bytes // budget)
        if over > 1:
            tile[dim] = max(1, tile[dim] // over)
    tile[shape.indexed] = min(tile[shape.indexed], budget // INDEX_BYTES)
    return tile


def _dealt(shape: IndexedShape, tile: list[int], cores: int) -> list[int]:
    """Smaller tiles where there is not one for each core."""
    for dim in shape.shared:
        items = prod(-(-shape.extents[d] // tile[d]) for d in shape.shared)
        if items >= cores:
            break
        others = items // -(-shape.extents[dim] // tile[dim])
        wanted = -(-cores // others)
        is_row = dim == len(tile) - 1 and dim != shape.indexed
        least = min(BLOCK, shape.extents[dim]) if is_row else 1
        tile[dim] = max(least, min(tile[dim], -(-shape.extents[dim] // wanted)))
    return tile


def tile_of(shape: IndexedShape, mapping: Mapping, group: GroupOp) -> list[int]:
    """The tile of each dimension. Raises UserError for a mapping that has not just these loops."""
    loops = mapping.loops
    if sorted(loops) != sorted(shape.names) or not {"indices", "rows"} <= set(mapping.buffers):
        raise UserError(
            f"{place(group)}npu-tile: the mapping {group.mapping} of group "
            f"'{group.sym_name.data}' does not suit it; expected loops over "
            f"{', '.join(shape.names)}, and indices and rows held"
        )
    return [min(loops[n].tile, e) for n, e in zip(shape.names, shape.extents, strict=True)]


def holds_all_indices(mapping: Mapping) -> bool:
    """Whether all indices are loaded ahead of the loops."""
    for node, around in mapping.walk():
        if isinstance(node, Hold) and node.operand == "indices":
            return not around
    return False


def sizes_text(extents: Sequence[int]) -> str:
    """`8192x4096`, without extents of 1."""
    return "x".join(str(n) for n in extents if n != 1) or "1"
