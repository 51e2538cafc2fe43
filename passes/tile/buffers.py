"""Scratchpad buffers of a kernel, views of their current tiles, transfers from and to DRAM.

A buffer is `memref<1 x tile shape, "spad">`; the leading 1 is its number of slots. Where a
contraction lacks its m or n loop, the array still wants matrices: rows, weights and accumulator
then have a dimension of extent 1 in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import DenseArrayBase, IntegerType, MemRefType, f32, i64
from xdsl.ir import Attribute, Operation, SSAValue

from npu.dialects.npu import SPAD, AllocOp, Box, CopyOp
from npu.passes.group.plan import GroupPlan
from npu.passes.map.footprint import MAX_TRANSFER_RANK, Role
from npu.passes.tile.nest import Index, Nest, view
from npu.passes.tile.transfer_cuts import Pieces


class Buffers:
    """The scratchpad buffers of one kernel."""

    def __init__(self, plan: GroupPlan, nest: Nest, pieces: Pieces, names: Sequence[str]) -> None:
        self.plan = plan
        self.nest = nest
        self.pieces = pieces
        self.allocs = [AllocOp(self._type(i)) for i in range(len(plan.buffers))]
        for alloc, name in zip(self.allocs, names, strict=True):
            alloc.buffer.name_hint = name
        self._views: dict[tuple[int, tuple[int, ...]], SSAValue] = {}

    def _type(self, number: int) -> MemRefType[Attribute]:
        axes = self.axes(number)
        shape = [1, *(1 if d is None else self.nest.tile[d] for d in axes)]
        return cast(MemRefType[Attribute], MemRefType(f32, shape, memory_space=SPAD))

    def axes(self, number: int) -> tuple[int | None, ...]:
        """The group dimension of each buffer dimension behind the slot; None is an extent of 1."""
        dims: tuple[int | None, ...] = self.plan.buffers[number].dims
        c = self.plan.contraction
        if c is None or (c.m and c.n):
            return dims
        operands = {Role.ROWS: c.op.inputs[c.rows], Role.WEIGHTS: c.op.inputs[c.weights]}
        is_rows = self.plan.buffer_of[operands[Role.ROWS]] == number
        is_weights = self.plan.buffer_of[operands[Role.WEIGHTS]] == number
        is_result = self.plan.buffer_of[c.op.results[0]] == number
        if not c.m and (is_rows or is_result):
            batch = len(c.batch)
            return (*dims[:batch], None, *dims[batch:])
        if not c.n and (is_weights or is_result):
            return (*dims, None)
        return dims

    def home(self, number: int) -> int:
        """The level at which the buffer's tile changes."""
        return self.nest.level(self.plan.buffers[number].dims)

    def current(self, number: int, dropped: Sequence[int] = ()) -> SSAValue:
        """The view of the current tile without its dimensions of extent 1 in `dropped`."""
        key = (number, tuple(sorted(dropped)))
        if key not in self._views:
            axes = self.axes(number)
            sizes: list[Index] = [1, *(1 if d is None else self.nest.size(d) for d in axes)]
            left_out = [0, *(i + 1 for i, d in enumerate(axes) if d is None or d in dropped)]
            op = view(self.allocs[number].buffer, [0] * len(sizes), sizes, left_out)
            self.nest.before[self.home(number)].append(op)
            self._views[key] = op.result
        return self._views[key]

    def load(self, number: int, source: SSAValue, dims: Sequence[int]) -> list[Operation]:
        """Operations that fill the buffer from its tile of a DRAM tensor with dimensions `dims`."""
        dropped = self._dropped(number, dims)
        return [self._copy(source, self.current(number, dropped), number, dims, dropped)]

    def store(self, number: int, target: SSAValue, dims: Sequence[int]) -> list[Operation]:
        """Operations that write the buffer's tile to a DRAM tensor with dimensions `dims`."""
        dropped = self._dropped(number, dims)
        return [self._copy(self.current(number, dropped), target, number, dims, dropped)]

    def _dropped(self, number: int, dims: Sequence[int]) -> tuple[int, ...]:
        """Dimensions of extent 1 that a transfer leaves out.

        As many as it takes for rank 4; all of them where the buffer has another order than the
        tensor, so that what does not really transpose is a plain copy.
        """
        units = [d for d in dims if self.nest.tile[d] == 1]
        if self.plan.buffers[number].dims != tuple(dims):
            return tuple(units[: len(dims) - 1])
        return tuple(units[: max(0, len(dims) - MAX_TRANSFER_RANK)])

    def _copy(
        self,
        source: SSAValue,
        destination: SSAValue,
        number: int,
        dims: Sequence[int],
        dropped: Sequence[int],
    ) -> CopyOp:
        """The transfer between a buffer's tile and its tensor, one side of which is `source`."""
        walked = [d for d in self.plan.buffers[number].dims if d not in dropped]
        box = Box.of([self.nest.offset(d) for d in dims], [self.nest.size(d) for d in dims])
        return CopyOp(
            source,
            destination,
            box,
            permutation=[dims.index(d) for d in walked],
            subtile=self._pieces(walked, dims[-1]),
        )

    def _pieces(self, dims: Sequence[int], contiguous: int) -> DenseArrayBase[IntegerType]:
        """The sizes of a transfer's pieces along `dims`, one of them `contiguous` in DRAM."""
        return DenseArrayBase.from_list(i64, self.pieces.sizes(dims, self.nest.tile, contiguous))
