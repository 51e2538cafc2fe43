"""How a gather or a scatter is cut: rows in tiles that DMA brings in and takes out again.

    hold indices 1, par n 64, par j 4096, hold rows 3, run transfer

Dimension `n` is that of the indices, the others are those of the table in their order: i, j, l, r.
All indices are loaded once, ahead of the loops, where an eighth of the scratchpad holds them, so
that a gather waits for them once; else those of a tile. A scatter may write one place several
times, so its loop over `n` is in order, inside of the others; cores share the other dimensions.

    hold indices 1, hold table 1, par n 16384, hold rows 2, run lookup

Rows of one element would be a request each. Where the table (or a row of it, in a loop over `i`)
fits an eighth of the scratchpad, and is fewer requests, it is loaded, and vector code takes the
elements out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, cast

from xdsl.dialects.builtin import TensorType, f32, i32
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

TRANSFER, LOOKUP = "transfer", "lookup"
"""The one stage: rows by DMA, or elements by vector code."""

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
    table_extent: int
    """Of the table in the dimension of the indices."""
    is_number: bool
    """Whether elements are f32 or i32, which vector code takes by their indices."""

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
        cast("TensorType[Any]", op.table.type).get_shape()[op.dim.value.data],
        type_.element_type in (f32, i32),
    )


def tile_bytes(device: Device) -> int:
    """Bytes that a tile takes at most."""
    return min(device.spad_bytes // PART, MOST_BYTES)


def mapping_of(shape: IndexedShape, device: Device) -> Mapping:
    """The mapping of a gather or a scatter."""
    budget = tile_bytes(device)
    if _gains_by_lookup(shape, device):
        return _lookup_of(shape, budget, device.cores)
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


def may_look_up(shape: IndexedShape) -> bool:
    """Whether vector code can take the elements out of a table in the scratchpad."""
    is_last = shape.indexed == len(shape.extents) - 1 <= 1
    return is_last and shape.is_number and not shape.is_scatter and shape.extents[-1] > 1


def _gains_by_lookup(shape: IndexedShape, device: Device) -> bool:
    """Whether the table fits and takes fewer requests than its elements one by one."""
    size = shape.table_extent * shape.element_bytes
    fits = size <= device.spad_bytes // PART
    return may_look_up(shape) and fits and size // (BLOCK * 4) <= shape.extents[-1]


def _lookup_of(shape: IndexedShape, budget: int, cores: int) -> Mapping:
    """Tiles of a row of the table each, and of as many indices as an eighth of the budget holds."""
    tile = [1] * len(shape.extents)
    tile[-1] = min(shape.extents[-1], budget // (2 * INDEX_BYTES))
    tile = _dealt(shape, tile, cores)
    whole = shape.extents[-1] * INDEX_BYTES <= budget
    table, indices = Hold("table", 1 if len(tile) == 1 else 2), Hold("indices", 1 if whole else 2)
    outer: list[Node] = [] if len(tile) == 1 else [Loop(shape.names[0], 1, 1, is_parallel=True)]
    ahead: list[Node] = [indices] if whole else []
    late: list[Node] = [] if whole else [indices]
    own = Loop(INDEXED, tile[-1], tile[-1], is_parallel=True)
    return Mapping((*ahead, *outer, table, own, *late, Hold("rows", 2), Run(LOOKUP)))


def looks_up(mapping: Mapping) -> bool:
    """Whether vector code takes the elements."""
    return any(isinstance(node, Run) and node.stage == LOOKUP for node, _ in mapping.walk())


def cut(extents: Sequence[int], element_bytes: int, budget: int) -> list[int]:
    """A tile of at most `budget` bytes: outer dimensions go first."""
    tile = list(extents)
    for dim in range(len(tile)):
        over = -(-prod(tile) * element_bytes // budget)
        if over > 1:
            tile[dim] = max(1, tile[dim] // over)
    return tile


def _cut(shape: IndexedShape, budget: int) -> list[int]:
    """`cut` of rows, the indices of which fit `budget` as well."""
    tile = cut(shape.extents, shape.element_bytes, budget)
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
