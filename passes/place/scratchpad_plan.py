"""Where buffers go in the scratchpad: live ranges and first fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from xdsl.ir import Operation

from npu.dialects import npu
from npu.passes.place.scratchpad_uses import aligned_bytes, allocs_of, buffers_touched


@dataclass(frozen=True)
class Buffer:
    """A buffer, its size, and the operations of the kernel's schedule between which it is live."""

    alloc: npu.AllocOp
    name: str
    bytes: int
    first: int
    last: int
    shareable: bool

    def clashes(self, other: Buffer) -> bool:
        """True where the two may not have bytes in common."""
        if not (self.shareable and other.shareable):
            return True
        return self.first <= other.last and other.first <= self.last


def live_buffers(
    kernel: npu.KernelOp, slots: Mapping[npu.AllocOp, int] = MappingProxyType({})
) -> list[Buffer]:
    """The kernel's buffers in program order; `slots` overrides the number of slots of some."""
    touched: dict[npu.AllocOp, list[int]] = {alloc: [] for alloc in allocs_of(kernel)}
    busy: set[npu.AllocOp] = set()
    schedule = _schedule(kernel)
    for position, op in enumerate(schedule):
        for inner in op.walk():
            for alloc in buffers_touched(inner):
                touched[alloc].append(position)
                if not isinstance(inner, npu.ComputeOp) or not _in_parallel(op):
                    busy.add(alloc)
    return [
        Buffer(
            alloc,
            _name(alloc, number),
            aligned_bytes(alloc, slots.get(alloc)),
            min(positions, default=0),
            max(positions, default=len(schedule)),
            bool(positions) and alloc not in busy,
        )
        for number, (alloc, positions) in enumerate(touched.items())
    ]


def first_fit(buffers: Sequence[Buffer]) -> list[int]:
    """The offset of each buffer: the largest first, each at the lowest free place."""
    offsets: dict[int, int] = {}
    for index in sorted(range(len(buffers)), key=lambda i: (-buffers[i].bytes, i)):
        taken = sorted(
            (offsets[other], offsets[other] + buffers[other].bytes)
            for other in offsets
            if buffers[index].clashes(buffers[other])
        )
        offsets[index] = _lowest_gap(taken, buffers[index].bytes)
    return [offsets[i] for i in range(len(buffers))]


def end_of(buffers: Sequence[Buffer], offsets: Sequence[int]) -> int:
    """Bytes from the start of the scratchpad to the end of the last buffer."""
    return max((o + b.bytes for b, o in zip(buffers, offsets, strict=True)), default=0)


def _lowest_gap(taken: Sequence[tuple[int, int]], size: int) -> int:
    """The lowest start of `size` bytes that no range covers; the ranges are sorted by start."""
    start = 0
    for low, high in taken:
        if start + size <= low:
            break
        start = max(start, high)
    return start


def _schedule(kernel: npu.KernelOp) -> list[Operation]:
    """The operations that liveness counts in: those of the kernel, with `npu.parallel` opened."""
    schedule: list[Operation] = []
    for op in kernel.body.block.ops:
        schedule += list(op.body.block.ops) if isinstance(op, npu.ParallelOp) else [op]
    return schedule


def _in_parallel(op: Operation) -> bool:
    return isinstance(op.parent_op(), npu.ParallelOp)


def _name(alloc: npu.AllocOp, number: int) -> str:
    """How messages call a buffer: by its name in the text, or else by its number."""
    hint = alloc.buffer.name_hint
    return f"buffer {number}" if hint is None else f"%{hint}"
