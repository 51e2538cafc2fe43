"""Groups of one sort: rows that do not fit a scratchpad are sorted by blocks.

A sort stands alone in its group, but for what fills its rows up at their end.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, cast

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import IntegerAttr
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Block, BlockArgument

from npu.dialects.mapping import Mapping, Run
from npu.dialects.npu import GroupOp
from npu.dialects.order import is_sort
from npu.passes.group.iteration_space import shape_of

NETWORK = "network"
"""The stage of a mapping that sorts by blocks."""

ROWS, ELEMENTS = "i", "j"
"""The loops of such a mapping."""


@dataclass(frozen=True)
class SortWork:
    """The sort that a group consists of."""

    op: GenericOp
    rows: int
    given: int
    """Pairs of a row that are there."""
    length: int
    """Pairs of a row, a power of two."""
    fill: IntegerAttr[Any] | None
    """Both halves of the pairs that are not there."""


def sort_work(group: GroupOp) -> SortWork | None:
    """The sort that a group consists of; None for other groups."""
    return sort_in(group.work)


def sort_in(block: Block) -> SortWork | None:
    """The sort that the body of a group consists of."""
    found = [op for op in block.ops if isinstance(op, GenericOp)]
    if len(found) != 1 or not is_sort(found[0]):
        return None
    source = found[0].inputs[0]
    *rows, length, _ = shape_of(found[0].results[0])
    if isinstance(source, BlockArgument):
        return SortWork(found[0], prod(rows), length, length, None)
    pad = source.owner
    if not isinstance(pad, tensor.PadOp) or not _pads_ends(pad, len(rows)):
        return None
    constant = cast(Any, pad.region.block.last_op).operands[0].owner
    assert isinstance(constant, arith.ConstantOp)
    *_, given, _ = shape_of(pad.source)
    return SortWork(found[0], prod(rows), given, length, cast("IntegerAttr[Any]", constant.value))


def _pads_ends(pad: tensor.PadOp, dim: int) -> bool:
    """Whether a padding only adds to the ends of dimension `dim`."""
    low, high = pad.static_low.get_values(), pad.static_high.get_values()
    return not any(low) and all(n == 0 or d == dim for d, n in enumerate(high))


def block_in(mapping: Mapping) -> int | None:
    """Pairs of a block, where a mapping sorts by blocks."""
    sorts = any(isinstance(node, Run) and node.stage == NETWORK for node, _ in mapping.walk())
    loop = mapping.loops.get(ELEMENTS)
    return loop.tile if sorts and loop is not None else None


def block_of(group: GroupOp) -> int | None:
    """Pairs of a block, where the mapping of a group (or of the one it repeats) has some."""
    owner = group.work.parent_op()
    assert isinstance(owner, GroupOp)
    return None if owner.mapping is None else block_in(owner.mapping.data)


@dataclass(frozen=True)
class Pass:
    """Merges of runs that are longer than a block, of one tile at a time.

    A run is `outer` x `meeting` x `columns` pairs. Those of one outer and one column that are
    `columns` apart meet: a tile has some columns of all that meet. In the last pass of a level
    there is one column, and tiles are blocks.
    """

    run: int
    """Pairs of a run when it is merged."""
    outer: int
    meeting: int
    columns: int


def passes_of(length: int, block: int) -> list[Pass]:
    """What brings rows of `length` pairs in order, whose blocks rise and fall in turn."""
    most = block // nearest_columns(block)
    found: list[Pass] = []
    run = 2 * block
    while run <= length:
        distance = run  # what lies at least this far apart has met
        while distance > block:
            meeting = min(most, distance // block)
            distance //= meeting
            found.append(Pass(run, run // (meeting * distance), meeting, distance))
        found.append(Pass(run, run // block, block, 1))
        run *= 2
    return found


LINE = 64
"""Pairs that lie behind one another in a tile of columns: 512 bytes."""


def nearest_columns(block: int) -> int:
    """The least number of columns of a tile: a line, or the root of a small block."""
    return min(LINE, 1 << (block.bit_length() - 1) // 2)
