"""What kernels of gathers, scatters and lookups are built of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects import memref
from xdsl.dialects.builtin import MemRefType, i32
from xdsl.ir import Attribute, Block, Region, SSAValue

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
from npu.passes.map.indexed import holds_all_indices
from npu.passes.tile.nest import Nest, view


class Frame:
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


@dataclass(frozen=True)
class Loaded:
    """Indices in the scratchpad."""

    part: memref.SubviewOp
    """Those of the current tile."""

    every: memref.SubviewOp
    """Those that were loaded together: all, or those of the tile."""

    level: int
    """Where in the nest they are loaded."""


def load_indices(
    frame: Frame, nest: Nest, argument: SSAValue, dim: int, mapping: Mapping
) -> Loaded:
    """Loads the indices, all ahead of the loops if the mapping says so."""
    count, tile = nest.extents[dim], nest.tile[dim]
    buffers = mapping.buffers["indices"]
    if not holds_all_indices(mapping):
        buffer = frame.alloc("indices_spad", i32, [tile], buffers)
        size, level = nest.size(dim), nest.level([dim])
        part = view(buffer, [0, 0], [1, size], [0])
        load = CopyOp(argument, part.result, Box.of([nest.offset(dim)], [size]))
        nest.before[level] += [part, load]
        return Loaded(part, part, level)
    buffer = frame.alloc("indices_spad", i32, [count], buffers)
    every = view(buffer, [0, 0], [1, count], [0])
    frame.nest.before[0] += [every, CopyOp(argument, every.result, Box.of([0], [count]))]
    part = view(buffer, [0, nest.offset(dim)], [1, nest.size(dim)], [0])
    nest.before[nest.deepest].append(part)
    return Loaded(part, every, 0)


def indexed_by(op: IndexedOp, indices: SSAValue) -> Indexed:
    """The indices of a transfer, taken as `op` says."""
    combine = op.combine.data if isinstance(op, ScatterOp) and op.combine is not None else None
    from_end = op.from_end is not None
    return Indexed(indices, op.dim.value.data, from_end=from_end, combine=combine)


def group_mapping(op: IndexedOp) -> Any:
    """The mapping of the group around an operation."""
    group = op.parent_op()
    assert isinstance(group, GroupOp)
    return group.mapping
