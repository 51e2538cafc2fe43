"""Kernels of gathers and scatters: transfers alone, rows through the scratchpad.

A gather loads a tile's rows by their indices and stores them. A scatter is two launches: a copy of
the table to the result, and the rows written to it by their indices. Index numbers are loaded ahead
of the loops if the mapping says so, else in the loop over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.ir import Attribute, SSAValue

from npu.configs.errors import UserError
from npu.dialects.dram_tensors import element_bytes
from npu.dialects.mapping import Mapping
from npu.dialects.npu import (
    Box,
    CopyOp,
    GroupOp,
    KernelOp,
    ScatterOp,
)
from npu.dialects.npu.gather import IndexedOp
from npu.dialects.places import place
from npu.passes.group.indexed import indexed_work
from npu.passes.map.device import Device
from npu.passes.map.indexed import (
    NAMES,
    IndexedShape,
    cut,
    looks_up,
    may_look_up,
    shape_of,
    sizes_text,
    tile_bytes,
    tile_of,
)
from npu.passes.tile.indexed_frame import Frame, group_mapping, indexed_by, load_indices
from npu.passes.tile.launched import Launched
from npu.passes.tile.lookup import look_up
from npu.passes.tile.nest import Index, Nest, view


def launched_of(group: GroupOp, name: str, device: Device) -> list[Launched]:
    """The kernels of a gather's or a scatter's group. Raises UserError for a wrong mapping."""
    op = indexed_work(group)
    assert op is not None
    if group.mapping is None:
        raise UserError(
            f"{place(group)}npu-tile: group '{group.sym_name.data}' has no mapping; run npu-map "
            "first"
        )
    mapping, shape = group.mapping.data, shape_of(op)
    tile = tile_of(shape, mapping, group)
    if looks_up(mapping):
        if not may_look_up(shape) or "table" not in mapping.buffers or tile[:-1] not in ([], [1]):
            raise UserError(
                f"{place(group)}npu-tile: group '{group.sym_name.data}' cannot look its elements "
                "up; expected a gather of single f32 or i32 along the last of at most two "
                "dimensions, 1 of the other at a time, and a table that is held"
            )
        kernel = look_up(op, shape, tile, mapping, name)
        return [Launched(kernel, _places(group, op.operands))]
    if not isinstance(op, ScatterOp):
        kernel = _gather(op, shape, tile, mapping, name)
        return [Launched(kernel, _places(group, op.operands))]
    copy = _copy(op, name, device)
    table, out = group.work.args.index(cast(Any, op.table)), len(group.inputs)
    rows = _scatter(op, shape, tile, mapping, name)
    return [
        Launched(copy, (table, out)),
        Launched(rows, _places(group, [op.rows, op.indices])),
    ]


def _places(group: GroupOp, values: Sequence[SSAValue]) -> tuple[int, ...]:
    """The places of block arguments, and that of the result."""
    return (*(group.work.args.index(cast(Any, value)) for value in values), len(group.inputs))


def _held(
    frame: Frame, nest: Nest, name: str, type_: Attribute, buffers: int
) -> tuple[Any, list[Index], list[Index]]:
    """The view of the current tile in a buffer of its own, and the tile's offsets and sizes.

    The elements are those of `type_`.
    """
    buffer = frame.alloc(name, cast(Any, type_).element_type, nest.tile, buffers)
    dims = range(len(nest.extents))
    sizes = [nest.size(d) for d in dims]
    part = view(buffer, [0] * (len(sizes) + 1), [1, *sizes], [0])
    return part, [nest.offset(d) for d in dims], sizes


def _at(offsets: Sequence[Index], dim: int, by: Index) -> list[Index]:
    return [by if d == dim else offset for d, offset in enumerate(offsets)]


def _gather(
    op: IndexedOp, shape: IndexedShape, tile: Sequence[int], mapping: Mapping, name: str
) -> KernelOp:
    arguments = [("table", op.table.type), ("indices", op.indices.type), ("out", op.result.type)]
    frame = Frame(shape.extents, tile, shape.order, shape.names, arguments)
    nest, (table, given, out) = frame.nest, frame.block.args
    indices = load_indices(frame, nest, given, shape.indexed, mapping)
    rows, offsets, sizes = _held(frame, nest, "rows_spad", op.table.type, mapping.buffers["rows"])
    box = Box.of(_at(offsets, shape.indexed, 0), sizes)
    nest.before[nest.deepest] += [
        rows,
        CopyOp(table, rows.result, box, by=indexed_by(op, indices.part.result)),
        CopyOp(rows.result, out, Box.of(offsets, sizes)),
    ]
    return frame.kernel(name, group_mapping(op))


def _scatter(
    op: ScatterOp, shape: IndexedShape, tile: Sequence[int], mapping: Mapping, name: str
) -> KernelOp:
    arguments = [("rows", op.rows.type), ("indices", op.indices.type), ("out", op.result.type)]
    frame = Frame(shape.extents, tile, shape.shared, shape.names, arguments)
    given, numbers, out = frame.block.args
    nest = frame.nest.stage([shape.indexed], [shape.indexed])
    indices = load_indices(frame, nest, numbers, shape.indexed, mapping)
    rows, offsets, sizes = _held(frame, nest, "rows_spad", op.table.type, mapping.buffers["rows"])
    box = Box.of(_at(offsets, shape.indexed, 0), sizes)
    nest.before[nest.deepest] += [
        rows,
        CopyOp(given, rows.result, Box.of(offsets, sizes)),
        CopyOp(rows.result, out, box, by=indexed_by(op, indices.part.result)),
    ]
    return frame.kernel(name, group_mapping(op))


def _copy(op: ScatterOp, name: str, device: Device) -> KernelOp:
    """The kernel that copies the table of a scatter to its result, outer dimensions cut first."""
    type_ = cast(Any, op.table.type)
    extents = tuple(type_.get_shape())
    tile = cut(extents, element_bytes(type_), tile_bytes(device))
    outer = next((d for d, n in enumerate(tile) if n > 1), 0)
    tile[outer] = min(tile[outer], -(-extents[outer] // device.cores))
    arguments = [("in", type_), ("out", type_)]
    frame = Frame(extents, tile, range(len(tile)), NAMES[: len(tile)], arguments)
    nest, (source, out) = frame.nest, frame.block.args
    part, offsets, sizes = _held(frame, nest, "in_spad", type_, 3)
    nest.before[nest.deepest] += [
        part,
        CopyOp(source, part.result, Box.of(offsets, sizes)),
        CopyOp(part.result, out, Box.of(offsets, sizes)),
    ]
    return frame.kernel(f"copy_{sizes_text(extents)}_for_{name}", None)
