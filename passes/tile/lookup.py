"""Kernels of lookups: a table in the scratchpad, elements taken out of it by vector code.

Vector code takes an end of the table for an index outside of it. So the least and the largest of
the indices are found when these are loaded, and a gather of these two from DRAM traps where one is
outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects.builtin import i32
from xdsl.ir import Block, Region, SSAValue

from npu.dialects.mapping import Mapping
from npu.dialects.npu import Box, ComputeOp, CopyOp, EndsOp, Indexed, KernelOp, LookupOp, YieldOp
from npu.dialects.npu.gather import IndexedOp
from npu.passes.map.indexed import IndexedShape
from npu.passes.tile.indexed_frame import Frame, Loaded, group_mapping, load_indices
from npu.passes.tile.nest import Index, Nest, view


def look_up(
    op: IndexedOp, shape: IndexedShape, tile: Sequence[int], mapping: Mapping, name: str
) -> KernelOp:
    """The kernel `name` of a gather of elements along the last of one or two dimensions."""
    result = op.results[0]
    arguments = [("table", op.table.type), ("indices", op.indices.type), ("out", result.type)]
    frame = Frame(shape.extents, tile, shape.order, shape.names, arguments)
    nest, (table, given, out) = frame.nest, frame.block.args
    element, last = cast(Any, op.table.type).element_type, shape.indexed
    outer: list[Index] = [nest.offset(d) for d in range(last)]
    ones: list[Index] = [1] * last

    def part(name: str, size: Index, extent: int, buffers: int, type_: Any = element) -> Any:
        buffer = frame.alloc(f"{name}_spad", type_, [extent], buffers)
        return view(buffer, [0, 0], [1, size], [0])

    held = part("table", shape.table_extent, shape.table_extent, mapping.buffers["table"])
    box = Box.of([*outer, 0], [*ones, shape.table_extent])
    nest.before[nest.level(range(last))] += [
        held,
        CopyOp(table, held.result, box, permutation=[last]),
    ]
    numbers = load_indices(frame, nest, given, last, mapping)
    _check_ends(frame, nest, table, numbers, op, name)
    count = nest.size(last)
    rows = part("rows", count, nest.tile[last], mapping.buffers["rows"])
    operands = [held.result, numbers.part.result, rows.result]
    body = Block(arg_types=[value.type for value in operands])
    body.add_ops([LookupOp(*body.args, from_end=op.from_end is not None), YieldOp()])
    nest.before[nest.deepest] += [
        rows,
        ComputeOp(f"{name}_c0", operands[:2], operands[2:], Region(body)),
        CopyOp(
            rows.result,
            out,
            Box.of([*outer, nest.offset(last)], [*ones, count]),
            permutation=[last],
        ),
    ]
    return frame.kernel(name, group_mapping(op))


def _check_ends(
    frame: Frame, nest: Nest, table: SSAValue, indices: Loaded, op: IndexedOp, name: str
) -> None:
    """Takes the elements of the least and the largest index by DMA, which traps for one outside."""
    last = op.dim.value.data
    element = cast(Any, op.table.type).element_type
    ends, probe = (
        view(frame.alloc(f"{kind}_spad", type_, [2], 2), [0, 0], [1, 2], [0])
        for kind, type_ in (("ends", i32), ("probe", element))
    )
    operands = [indices.every.result, ends.result]
    body = Block(arg_types=[value.type for value in operands])
    body.add_ops([EndsOp(*body.args), YieldOp()])
    by = Indexed(ends.result, last, from_end=op.from_end is not None)
    box = Box.of([0] * (last + 1), [*([1] * last), 2])
    nest.before[indices.level] += [
        *(ends, probe),
        ComputeOp(f"{name}_c1", operands[:1], operands[1:], Region(body)),
        CopyOp(table, probe.result, box, permutation=[last], by=by),
    ]
