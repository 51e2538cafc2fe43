"""`npu.group` operations in float64, with what float32 rounding may do to each element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, partial
from math import prod

import numpy as np
from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import AnyFloat, ModuleOp
from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import Operation

from npu.dialects.npu import GroupOp
from npu.passes.group.body import Body
from npu.passes.group.contraction import contraction_of
from npu.passes.group.iteration_space import IterationSpace, loop_extents, reduction_loops
from npu.passes.map.footprint import trips
from npu.passes.map.strategies import fold_for
from npu.runtime.reference import memory
from npu.runtime.reference import structured as reference
from npu.runtime.reference.frame import Frame, Handler
from npu.runtime.rounding import scalars, structured
from npu.runtime.rounding.pairs import Pairs, rounded

_BASE: dict[type[Operation], Handler] = {
    **scalars.HANDLERS,
    linalg.FillOp: structured.fill,
    linalg.TransposeOp: reference.HANDLERS[linalg.TransposeOp],
    tensor.EmptyOp: structured.empty,
    tensor.PadOp: structured.pad,
    tensor.ExpandShapeOp: memory.HANDLERS[tensor.ExpandShapeOp],
    tensor.CollapseShapeOp: memory.HANDLERS[tensor.CollapseShapeOp],
}


class Rounding(Enum):
    """What is taken to err."""

    NOTHING = "nothing"
    """The values alone are asked for; errors mean nothing."""

    OPERATIONS = "operations"
    """Every operation of the program."""

    CONSTANTS_TOO = "constants too"
    """As before, and every constant, as one that was rounded to float32."""


def run_group(
    group: GroupOp,
    inputs: Sequence[Pairs],
    array_size: int,
    rounding: Rounding = Rounding.OPERATIONS,
) -> list[Pairs]:
    """The group's results on `inputs`."""
    handlers = dict(_BASE)
    if rounding is Rounding.NOTHING:
        handlers[linalg.GenericOp] = partial(structured.generic, depth=lambda _: 0)
    else:
        depths = _Depths(group, array_size)
        handlers[linalg.GenericOp] = partial(structured.generic, depth=depths.of)
    if rounding is Rounding.CONSTANTS_TOO:
        handlers[arith.ConstantOp] = _rounded_constant
    frame = Frame(ModuleOp([]), handlers, cores=1)
    with np.errstate(all="ignore"):
        return frame.run_block(group.work, *inputs)


@dataclass(frozen=True)
class _Depths:
    """How many additions in f32 the terms of a group's sums go through."""

    group: GroupOp
    array_size: int

    def of(self, op: linalg.GenericOp) -> int:
        """The additions that a term of one sum goes through.

        An array adds a piece of up to `array_size` terms one by one; pieces are added one by one.
        Vector code rounds once; the sums of the tiles of a row are added one by one.
        """
        mapping = self.group.mapping
        found, extents = contraction_of(op), loop_extents(op)
        if found is None:
            return self._tiles_of_a_row(op) - 1
        if mapping is None:
            return prod(extents[loop] for loop in found.k)
        fold = fold_for(mapping.strategy.data, found, self.array_size)
        if fold is None and found.walked_k is None:
            return prod(extents[loop] for loop in found.k)
        if fold is not None:
            taken = (fold.dim, found.walked_k)
            others = prod(extents[loop] for loop in found.k if loop not in taken)
            return fold.taps * fold.channels + others * -(-extents[fold.dim] // fold.taps)
        tile, last = mapping.tile_sizes, found.k[-1]
        piece = min(tile[last], self.array_size)
        full, tail = divmod(extents[last], tile[last])
        pieces = full * -(-tile[last] // piece) + -(-tail // piece)
        for loop in found.k[:-1]:
            pieces *= extents[loop]
        return piece + pieces

    def _tiles_of_a_row(self, op: linalg.GenericOp) -> int:
        """How many tiles the reduced loops of a vector group's operation are cut into."""
        if self.group.mapping is None:
            return 1
        counts = trips(self._space.extents, self.group.mapping.tile_sizes)
        loops = self._space.op_dims[op]
        return prod(counts[loops[loop]] for loop in reduction_loops(op))

    @cached_property
    def _space(self) -> IterationSpace:
        return Body.of(self.group).space


def _rounded_constant(op: Operation, frame: Frame) -> None:
    scalars.HANDLERS[arith.ConstantOp](op, frame)
    if isinstance(op.results[0].type, AnyFloat):
        frame.set(op, rounded(frame.array(op.results[0])["value"]))
