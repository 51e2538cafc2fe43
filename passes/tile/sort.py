"""Kernels of a sort whose rows do not fit the scratchpad: blocks in order, then merges of runs.

The bitonic network of `npu.codegen.sort`, cut between launches, each of which brings every tile in
and out once:

    sort     each block alone, those with an odd number falling
    merge    for runs of 2, 4, ... blocks, up to a row: what is at least a block apart meets, in
             tiles of some columns of a run, seen as a matrix whose rows are blocks; then each block
             is merged in itself. Runs with an odd number fall, but for the last, which is the row

A kernel takes a rising and a falling tile in turn, each with a buffer of its own, so that one is
moved while the other is worked on. Merges work in place, in DRAM as in the scratchpad: no tile of a
launch reads what another one writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    MemRefType,
    i32,
)
from xdsl.dialects.linalg.attrs import IteratorType, IteratorTypeAttr
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.dialects.linalg.ops import YieldOp as BodyEnd
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineMap

from npu.configs.errors import UserError
from npu.dialects.npu import Box, ComputeOp, CopyOp, GroupOp, MappingAttr, YieldOp
from npu.dialects.order import set_merge, set_sort
from npu.dialects.places import place
from npu.passes.group.sort import Pass, SortWork, block_of, passes_of, sort_work
from npu.passes.map.sort import HELD
from npu.passes.tile.indexed_frame import Frame
from npu.passes.tile.launched import Launched
from npu.passes.tile.nest import Index, view, weighted_sum

_HALVES = 2
"""Numbers of 32 bits in a pair."""


def sorted_in_blocks(group: GroupOp, name: str) -> list[Launched]:
    """The kernels of a group whose mapping sorts by blocks, the first of them called `name`.

    Raises UserError if the mapping does not suit the group.
    """
    work, block = sort_work(group), block_of(group)
    if work is None or block is None or not _suits(group, work, block):
        raise UserError(
            f"{place(group)}npu-tile: the mapping {group.mapping} of group "
            f"'{group.sym_name.data}' does not suit it; expected a sort alone, a row (i) at a time,"
            f" in blocks (j) of a power of two of pairs, from 2 to half a row, and {HELD} held"
        )
    made = _Sort(work, block, group)
    launched = [Launched(made.blocks(name), (0, 1))]
    for number, one in enumerate(passes_of(work.length, block)):
        launched.append(Launched(made.merges(one, f"{name}_merge{number}"), (1,)))
    return launched


def _suits(group: GroupOp, work: SortWork, block: int) -> bool:
    """Whether blocks are powers of two of a row, and nothing else is said."""
    assert group.mapping is not None
    mapping = group.mapping.data
    is_block = 2 <= block <= work.length // 2 and block.bit_count() == 1
    loops = mapping.loops
    return (
        is_block and list(loops) == ["i", "j"] and loops["i"].tile == 1 and HELD in mapping.buffers
    )


@dataclass(frozen=True)
class _Sort:
    """What the kernels of one sort have in common."""

    work: SortWork
    block: int
    group: GroupOp

    def blocks(self, name: str) -> Any:
        """The kernel that sorts each block, rising and falling in turn."""
        work, block = self.work, self.block
        shapes = ((work.rows, n, _HALVES) for n in (work.given, work.length))
        arguments = list(zip(("in", "out"), map(_dram, shapes), strict=True))
        frame = Frame((work.rows, work.length), (1, 2 * block), (0, 1), ("i", "j"), arguments)
        source, target = frame.block.args
        row, at = frame.nest.offset(0), frame.nest.offset(1)
        for falls, start in enumerate((at, _behind(frame, at, block))):
            box = Box.of([row, start, 0], [1, block, _HALVES])
            tile = _Tile(frame, name, (block, _HALVES), (1, 2), falls=bool(falls))
            load = CopyOp(source, tile.view, box, permutation=tile.dims, fill=work.fill)
            tile.run(load, tile.sorted(), CopyOp(tile.view, target, box, permutation=tile.dims))
        return frame.kernel(name, self._mapping)

    def merges(self, one: Pass, name: str) -> Any:
        """The kernel of one pass over all runs of a length."""
        columns = self.block // one.meeting
        runs = self.work.rows * self.work.length // one.run
        turns = 1 if one.run == self.work.length else 2
        shape = (runs, one.outer, one.meeting, one.columns, _HALVES)
        extents, names = (runs, one.outer, one.columns), ("i", "j", "l")
        tile_of = (turns, 1, columns)
        frame = Frame(extents, tile_of, (0, 1, 2), names, [("out", _dram(shape))])
        (data,) = frame.block.args
        run, outer, column = (frame.nest.offset(dim) for dim in range(3))
        for falls, start in enumerate((run, _behind(frame, run, 1))[:turns]):
            offsets, sizes = (start, outer, 0, column, 0), (1, 1, one.meeting, columns, _HALVES)
            kept = (2, 4) if columns == 1 else (2, 3, 4)
            held = tuple(sizes[dim] for dim in kept)
            buffers = 2 if turns == 1 else 1
            tile = _Tile(frame, name, held, kept, falls=bool(falls), buffers=buffers)
            box = Box.of(offsets, sizes)
            tile.run(
                CopyOp(data, tile.view, box, permutation=kept),
                tile.merged(),
                CopyOp(tile.view, data, box, permutation=kept),
            )
        return frame.kernel(name, self._mapping)

    @property
    def _mapping(self) -> MappingAttr | None:
        return self.group.mapping


def _dram(shape: Sequence[int]) -> MemRefType[Any]:
    """Integers in DRAM."""
    return MemRefType(i32, list(shape))


def _behind(frame: Frame, offset: Index, distance: int) -> Index:
    """What lies a distance behind an offset of the innermost loops."""
    if isinstance(offset, int):
        return offset + distance
    moved = weighted_sum([(offset, 1)], distance)
    frame.nest.before[frame.nest.deepest].append(moved)
    return moved.result


class _Tile:
    """A tile of pairs in a buffer of its own: loaded, worked on in place, stored."""

    def __init__(
        self,
        frame: Frame,
        kernel: str,
        shape: Sequence[int],
        dims: Sequence[int],
        *,
        falls: bool,
        buffers: int = 1,
    ) -> None:
        """`dims` are the dimensions of the tensor in DRAM that the tile has."""
        self.dims, self._falls = tuple(dims), falls
        self._frame, self._shape = frame, tuple(shape)
        self._name = f"{kernel}_c{int(falls)}"
        buffer = frame.alloc("falling" if falls else "rising", i32, shape, buffers)
        self._view = view(buffer, [0] * (len(shape) + 1), [1, *shape], [0])

    @property
    def view(self) -> SSAValue:
        """The tile in the scratchpad."""
        return self._view.result

    def run(self, load: Operation, work: Operation, store: Operation) -> None:
        """Puts what is done with the tile into the innermost loop."""
        nest = self._frame.nest
        nest.before[nest.deepest] += [self._view, load, work, store]

    def sorted(self) -> ComputeOp:
        """Sorts the tile, which is one row."""
        kinds = [IteratorType.REDUCTION] * len(self._shape)
        return self._compute(kinds, set_sort)

    def merged(self) -> ComputeOp:
        """Merges the rows of the tile, which lie side by side where it has columns."""
        kinds = [IteratorType.PARALLEL] * len(self._shape)
        kinds[0] = kinds[-1] = IteratorType.REDUCTION
        return self._compute(kinds, set_merge)

    def _compute(self, kinds: Sequence[IteratorType], mark: Any) -> ComputeOp:
        block = Block(arg_types=[self.view.type])
        (tile,) = block.args
        tile.name_hint = "pairs"
        body = Block(arg_types=[i32, i32])
        first, other = body.args
        kind = arith.MaxSIOp if self._falls else arith.MinSIOp
        meet = kind(first, other)
        body.add_ops([meet, BodyEnd(meet.result)])
        identity = AffineMapAttr(AffineMap.identity(len(kinds)))
        listed = ArrayAttr([IteratorTypeAttr(kind) for kind in kinds])
        maps = ArrayAttr([identity, identity])
        work = GenericOp([tile], [tile], Region(body), maps, listed)
        mark(work)
        block.add_ops([work, YieldOp()])
        return ComputeOp(self._name, [], [self.view], Region(block))
