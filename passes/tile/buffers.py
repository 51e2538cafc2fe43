"""Scratchpad buffers of a kernel, views of their current tiles, transfers from and to DRAM.

A buffer is `memref<1 x tile shape, "spad">`; the leading 1 is its number of slots. Where a
contraction lacks its m or n loop, the array still wants matrices: rows, weights and accumulator
then have a dimension of extent 1 in its place. So it is where every reduced loop of a convolution
is a tap: rows and weights have a dimension of one channel then.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from xdsl.dialects.builtin import DenseArrayBase, MemRefType, i64
from xdsl.ir import Attribute, Operation, SSAValue

from npu.dialects.element_types import NAMED, number_attribute
from npu.dialects.npu import SPAD, AllocOp, Box, CopyOp
from npu.passes.group.plan import GroupPlan, Layout
from npu.passes.kernel.value_names import buffer_names
from npu.passes.map.footprint import MAX_TRANSFER_RANK, Axis
from npu.passes.tile.nest import Index, Nest, view
from npu.passes.tile.transfer_cuts import Pieces


class Buffers:
    """The scratchpad buffers of one kernel."""

    def __init__(self, plan: GroupPlan, nest: Nest, pieces: Pieces, counts: Sequence[int]) -> None:
        """`counts` says how many of each the mapping wants."""
        self.plan = plan
        self.nest = nest
        self.pieces = pieces
        self.allocs = [AllocOp(self._type(i), buffers=count) for i, count in enumerate(counts)]
        for alloc, name in zip(self.allocs, buffer_names(plan), strict=True):
            alloc.buffer.name_hint = name
        self._views: dict[tuple[int, tuple[int, ...]], SSAValue] = {}
        self._trunk: Buffers | None = None

    def within(self, stage: Nest) -> Buffers:
        """The same buffers as a stage sees them: with the loops that are its own."""
        inner = copy(self)
        inner.nest, inner._views, inner._trunk = stage, {}, self
        return inner

    def _type(self, number: int) -> MemRefType[Attribute]:
        shape = [1, *(1 if a is None else a.size(self.nest.tile) for a in self.axes(number))]
        element = NAMED[self.plan.buffers[number].type]
        return MemRefType(element, shape, memory_space=SPAD)

    def axes(self, number: int) -> tuple[Axis | None, ...]:
        """What each buffer dimension behind the slot is; None is an extent of 1 put there."""
        axes: tuple[Axis | None, ...] = self.plan.buffers[number].axes
        c = self.plan.contraction
        if c is None:
            return axes
        of, batch = self.plan.buffer_of, len(c.batch)
        is_rows, is_weights = (of[c.op.inputs[i]] == number for i in (c.rows, c.weights))
        is_result = of[c.op.results[0]] == number
        if not c.m and (is_rows or is_result):
            axes = (*axes[:batch], None, *axes[batch:])
        if c.walked_k is None and is_rows:
            axes = (*axes, None)
        if c.walked_k is None and is_weights:
            axes = (*axes[: len(axes) - len(c.n)], None, *axes[len(axes) - len(c.n) :])
        return (*axes, None) if not c.n and (is_weights or is_result) else axes

    def home(self, number: int) -> int:
        """The level at which the buffer's tile changes."""
        return self.nest.level(self.plan.buffers[number].dims)

    def current(self, number: int, dropped: Sequence[int] = ()) -> SSAValue:
        """The view of the current tile without the axes of extent 1 in `dropped`, nor those put in.

        Without `dropped` it is the whole tile as vector code sees it.
        """
        if self._trunk is not None and self.home(number) <= self.nest.trunk_level:
            return self._trunk.current(number, dropped)
        key = (number, tuple(sorted(dropped)))
        if key not in self._views:
            kept: list[int] = []
            sizes: list[Index] = [1]
            position = 0
            for place, axis in enumerate(self.axes(number), 1):
                sizes.append(1 if axis is None else self.nest.span(axis))
                if axis is None:
                    continue
                if position not in dropped:
                    kept.append(place)
                position += 1
            left_out = [place for place in range(len(sizes)) if place not in kept]
            op = view(self.allocs[number].buffer, [0] * len(sizes), sizes, left_out)
            self.nest.before[self.home(number)].append(op)
            self._views[key] = op.result
        return self._views[key]

    def load(self, number: int, source: SSAValue, layout: Layout) -> list[Operation]:
        """Operations that fill the buffer from its tile of a DRAM tensor."""
        dropped = self._dropped(number, layout)
        return [self._copy(source, self.current(number, dropped), number, layout, dropped)]

    def store(self, number: int, target: SSAValue, layout: Layout) -> list[Operation]:
        """Operations that write the buffer's tile to a DRAM tensor."""
        dropped = self._dropped(number, layout)
        return [self._copy(self.current(number, dropped), target, number, layout, dropped)]

    def _dropped(self, number: int, layout: Layout) -> tuple[int, ...]:
        """Axes of extent 1 that a transfer leaves out.

        As many as it takes for rank 4; all of them where the buffer has another order than the
        tensor, so that what does not really transpose is a plain copy. What may lie outside of the
        tensor stays.
        """
        axes, order = self.plan.buffers[number].axes, layout.order
        units = [
            place
            for place, axis in enumerate(axes)
            if axis.size(self.nest.tile) == 1 and not layout.dims[order[place]].may_leave
        ]
        is_transposed = order != tuple(range(len(order)))
        most = len(axes) - 1 if is_transposed else max(0, len(axes) - MAX_TRANSFER_RANK)
        return tuple(units[:most])

    def _copy(
        self,
        source: SSAValue,
        destination: SSAValue,
        number: int,
        layout: Layout,
        dropped: Sequence[int],
    ) -> CopyOp:
        """The transfer between a buffer's tile and its tensor, one side of which is `source`."""
        box = Box.of(
            [self.nest.start(dim.axis, dim.step, dim.first) for dim in layout.dims],
            [self.nest.span(dim.axis) for dim in layout.dims],
            [dim.step for dim in layout.dims],
        )
        buffer = self.plan.buffers[number]
        axes = buffer.axes
        kept = [place for place in range(len(axes)) if place not in dropped]
        is_contiguous = [layout.order[place] == len(axes) - 1 for place in kept]
        held = [axes[place] for place in kept]
        pieces = self.pieces.sizes(buffer, held, self.nest.tile, is_contiguous)
        fill = None if layout.fill is None else number_attribute(layout.fill, NAMED[buffer.type])
        return CopyOp(
            source,
            destination,
            box,
            permutation=[layout.order[place] for place in kept],
            fill=fill,
            subtile=DenseArrayBase.from_list(i64, pieces),
        )
