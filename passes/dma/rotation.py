"""Which buffers profit from several slots, and by which loops their slot index counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.ir import Operation

from npu.dialects import npu
from npu.passes.kernel.loops import PARALLEL, PIECE, Loop, enclosing_loops
from npu.passes.place.scratchpad_uses import buffer_of, slot_bytes, users_of


@dataclass(frozen=True)
class Rotation:
    """A buffer that may rotate once an iteration of the innermost of `loops`."""

    alloc: npu.AllocOp
    loops: tuple[Loop, ...]
    """Outermost first; all iterations are counted, those of `npu.parallel` by the core's own."""

    benefit: int
    """Bytes that transfers move through it in the whole kernel; 0 for an accumulator."""

    def trips_on_one_of(self, cores: int) -> int:
        """The most iterations that one core does; only `npu.parallel` is dealt out."""
        dealt = prod(loop.trips for loop in self.loops if loop.is_dealt)
        own = prod(loop.trips for loop in self.loops if not loop.is_dealt)
        return -(-dealt // cores) * own if self.loops[0].is_dealt else own


def rotation_of(alloc: npu.AllocOp) -> Rotation | None:
    """The rotation of a buffer; None where a second slot would be of no use."""
    users = users_of(alloc)
    moved = [u for u in users if isinstance(u, npu.DmaLoadOp | npu.DmaStoreOp)]
    if not moved and not _is_accumulator(alloc, users):
        return None
    loops = _common_loops(users)
    if not _refills(users[0], loops):
        loops = _independent(loops)
    return Rotation(alloc, tuple(loops), _bytes_moved(alloc, moved)) if loops else None


def _is_accumulator(alloc: npu.AllocOp, users: list[Operation]) -> bool:
    """An array writes it and something else reads it: then arrays can start on the next tile."""
    written = any(isinstance(u, npu.MatmulOp) and buffer_of(u.accumulator) is alloc for u in users)
    return written and any(not isinstance(u, npu.MatmulOp) for u in users)


def _common_loops(users: list[Operation]) -> list[Loop]:
    """The loops around all users, outermost first."""
    common = _tile_loops(users[0])
    for user in users[1:]:
        bodies = {loop.body for loop in _tile_loops(user)}
        common = [loop for loop in common if loop.body in bodies]
    return common


def _tile_loops(op: Operation) -> list[Loop]:
    """The loops around an operation without those over the pieces of a transfer."""
    return [loop for loop in enclosing_loops(op) if loop.kind != PIECE]


def _refills(first: Operation, loops: list[Loop]) -> bool:
    """True where each iteration of the innermost loop starts by loading the buffer."""
    return isinstance(first, npu.DmaLoadOp) and len(_tile_loops(first)) == len(loops)


def _independent(loops: list[Loop]) -> list[Loop]:
    """The loops outside the first that may carry a value from one iteration to the next."""
    for depth, loop in enumerate(loops):
        if loop.kind != PARALLEL:
            return loops[:depth]
    return loops


def _bytes_moved(alloc: npu.AllocOp, moved: Sequence[Operation]) -> int:
    """A slot's bytes times the iterations of the loops around each transfer."""
    seen: dict[Operation | None, int] = {}
    for op in moved:
        loops = _tile_loops(op)
        holder = loops[-1].body.parent_op() if loops else None
        seen[holder] = prod(loop.trips for loop in loops) * slot_bytes(alloc)
    return sum(seen.values())
