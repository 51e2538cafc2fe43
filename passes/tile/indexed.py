"""Kernels of gathers and scatters: transfers alone, rows through the scratchpad.

A gather loads a tile's rows by their indices and stores them. A scatter is two launches: a copy of
the table to the result, and the rows written to it by their indices. Index numbers are loaded ahead
of the loops if the mapping says so, else in the loop over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects.builtin import MemRefType, i32
from xdsl.ir import Attribute, Block, Region, SSAValue

from npu.configs.errors import UserError
from npu.dialects.dram_tensors import element_bytes
from npu.dialects.mapping import Mapping
from npu.dialects.npu import (
    SPAD,
    AllocOp,
    Box,
    CopyOp,
    GroupOp,
    Indexed,
    KernelOp,
    ReturnOp,
    ScatterOp,
)
from npu.dialects.npu.gather import IndexedOp
from npu.dialects.places import place
from npu.passes.group.indexed import indexed_work
from npu.passes.map.device import Device
from npu.passes.map.indexed import (
    MOST_BYTES,
    NAMES,
    PART,
    IndexedShape,
    holds_all_indices,
    shape_of,
    sizes_text,
    tile_of,
)
from npu.passes.tile.nest import Index, Nest, view


@dataclass(frozen=True)
class Launched:
    """One launch of several that a group becomes."""

    kernel: KernelOp
    arguments: tuple[int, ...]
    """Which of the group's inputs and outputs, counted in a row, it takes."""


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
    if not isinstance(op, ScatterOp):
        return [
            Launched(_gather(op, shape, tile, mapping, name), _places(group, op.operands, True))
        ]
    copy = _copy(op, name, device)
    table, out = group.work.args.index(cast(Any, op.table)), len(group.inputs)
    rows = _scatter(op, shape, tile, mapping, name)
    return [
        Launched(copy, (table, out)),
        Launched(rows, _places(group, [op.rows, op.indices], True)),
    ]


def _places(group: GroupOp, values: Sequence[SSAValue], with_result: bool) -> tuple[int, ...]:
    """The places of block arguments, and that of the result."""
    places = [group.work.args.index(cast(Any, value)) for value in values]
    return (*places, len(group.inputs)) if with_result else tuple(places)


class _Frame:
    """A kernel under construction: its arguments, loops and buffers."""

    def __init__(
        self,
        extents: Sequence[int],
        tile: Sequence[int],
        trunk: Sequence[int],
        names: Sequence[str],
        arguments: Sequence[tuple[str, Attribute]],
    ) -> None:
        self.nest = Nest(extents, tile, trunk, names)
        self.block = Block(arg_types=[_memref(type_) for _, type_ in arguments])
        for argument, (name, _) in zip(self.block.args, arguments, strict=True):
            argument.name_hint = name
        self.allocs: list[AllocOp] = []

    def alloc(self, name: str, element: Attribute, shape: Sequence[int], buffers: int) -> SSAValue:
        """A scratchpad buffer."""
        type_ = MemRefType(cast(Any, element), [1, *shape], memory_space=SPAD)
        op = AllocOp(type_, buffers=buffers)
        op.buffer.name_hint = name
        self.allocs.append(op)
        return op.buffer

    def kernel(self, name: str, mapping: Any) -> KernelOp:
        """The kernel, when all is in place."""
        self.nest.assemble(self.block, self.allocs, ReturnOp())
        types = [argument.type for argument in self.block.args]
        return KernelOp(name, types, Region(self.block), mapping)


def _memref(type_: Attribute) -> MemRefType[Attribute]:
    tensor = cast(Any, type_)
    return MemRefType(tensor.element_type, tensor.get_shape())


def _whole(nest: Nest, buffer: SSAValue) -> tuple[Any, list[Index], list[Index]]:
    """The view of the current tile in a buffer, and the tile's offsets and sizes."""
    dims = range(len(nest.extents))
    sizes = [nest.size(d) for d in dims]
    part = view(buffer, [0] * (len(sizes) + 1), [1, *sizes], [0])
    return part, [nest.offset(d) for d in dims], sizes


def _indices(frame: _Frame, nest: Nest, argument: SSAValue, dim: int, mapping: Mapping) -> Any:
    """Loads the indices, and returns the view of those of the current tile."""
    count, tile = nest.extents[dim], nest.tile[dim]
    buffers = mapping.buffers["indices"]
    if not holds_all_indices(mapping):
        buffer = frame.alloc("indices_spad", i32, [tile], buffers)
        size = nest.size(dim)
        part = view(buffer, [0, 0], [1, size], [0])
        load = CopyOp(argument, part.result, Box.of([nest.offset(dim)], [size]))
        nest.before[nest.level([dim])] += [part, load]
        return part
    buffer = frame.alloc("indices_spad", i32, [count], buffers)
    every = view(buffer, [0, 0], [1, count], [0])
    frame.nest.before[0] += [every, CopyOp(argument, every.result, Box.of([0], [count]))]
    part = view(buffer, [0, nest.offset(dim)], [1, nest.size(dim)], [0])
    nest.before[nest.deepest].append(part)
    return part


def _at(offsets: Sequence[Index], dim: int, by: Index) -> list[Index]:
    return [by if d == dim else offset for d, offset in enumerate(offsets)]


def _by(op: IndexedOp, indices: SSAValue) -> Indexed:
    combine = op.combine.data if isinstance(op, ScatterOp) and op.combine is not None else None
    from_end = op.from_end is not None
    return Indexed(indices, op.dim.value.data, from_end=from_end, combine=combine)


def _gather(
    op: IndexedOp, shape: IndexedShape, tile: Sequence[int], mapping: Mapping, name: str
) -> KernelOp:
    arguments = [("table", op.table.type), ("indices", op.indices.type), ("out", op.result.type)]
    frame = _Frame(shape.extents, tile, shape.order, shape.names, arguments)
    nest, (table, given, out) = frame.nest, frame.block.args
    indices = _indices(frame, nest, given, shape.indexed, mapping)
    element = cast(Any, op.table.type).element_type
    buffer = frame.alloc("rows_spad", element, nest.tile, mapping.buffers["rows"])
    rows, offsets, sizes = _whole(nest, buffer)
    box = Box.of(_at(offsets, shape.indexed, 0), sizes)
    nest.before[nest.deepest] += [
        rows,
        CopyOp(table, rows.result, box, by=_by(op, indices.result)),
        CopyOp(rows.result, out, Box.of(offsets, sizes)),
    ]
    return frame.kernel(name, _mapping(op))


def _scatter(
    op: ScatterOp, shape: IndexedShape, tile: Sequence[int], mapping: Mapping, name: str
) -> KernelOp:
    arguments = [("rows", op.rows.type), ("indices", op.indices.type), ("out", op.result.type)]
    frame = _Frame(shape.extents, tile, shape.shared, shape.names, arguments)
    given, numbers, out = frame.block.args
    nest = frame.nest.stage([shape.indexed], [shape.indexed])
    indices = _indices(frame, nest, numbers, shape.indexed, mapping)
    element = cast(Any, op.table.type).element_type
    buffer = frame.alloc("rows_spad", element, nest.tile, mapping.buffers["rows"])
    rows, offsets, sizes = _whole(nest, buffer)
    box = Box.of(_at(offsets, shape.indexed, 0), sizes)
    nest.before[nest.deepest] += [
        rows,
        CopyOp(given, rows.result, Box.of(offsets, sizes)),
        CopyOp(rows.result, out, box, by=_by(op, indices.result)),
    ]
    return frame.kernel(name, _mapping(op))


def _copy(op: ScatterOp, name: str, device: Device) -> KernelOp:
    """The kernel that copies the table of a scatter to its result, outer dimensions cut first."""
    type_ = cast(Any, op.table.type)
    extents = tuple(type_.get_shape())
    budget = min(device.spad_bytes // PART, MOST_BYTES)
    tile = list(extents)
    for dim in range(len(tile)):
        over = -(-_bytes(tile, type_) // budget)
        tile[dim] = max(1, tile[dim] // over)
    outer = next((d for d, n in enumerate(tile) if n > 1), 0)
    tile[outer] = min(tile[outer], -(-extents[outer] // device.cores))
    arguments = [("in", type_), ("out", type_)]
    frame = _Frame(extents, tile, range(len(tile)), NAMES[: len(tile)], arguments)
    nest, (source, out) = frame.nest, frame.block.args
    buffer = frame.alloc("in_spad", type_.element_type, nest.tile, 3)
    part, offsets, sizes = _whole(nest, buffer)
    nest.before[nest.deepest] += [
        part,
        CopyOp(source, part.result, Box.of(offsets, sizes)),
        CopyOp(part.result, out, Box.of(offsets, sizes)),
    ]
    return frame.kernel(f"copy_{sizes_text(extents)}_for_{name}", None)


def _bytes(tile: Sequence[int], type_: Any) -> int:
    total = element_bytes(type_)
    for extent in tile:
        total *= extent
    return total


def _mapping(op: IndexedOp) -> Any:
    group = op.parent_op()
    assert isinstance(group, GroupOp)
    return group.mapping
