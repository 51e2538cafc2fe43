"""How many launches a group becomes."""

from __future__ import annotations

from npu.dialects.npu import GroupOp, ScatterOp
from npu.passes.group.indexed import indexed_work
from npu.passes.group.sort import block_of, passes_of, sort_work


def launches_of(group: GroupOp) -> int:
    """How many launches a group becomes; the last one leaves its results."""
    if isinstance(indexed_work(group), ScatterOp):
        return 2
    sort, block = sort_work(group), block_of(group)
    return 1 if sort is None or block is None else 1 + len(passes_of(sort.length, block))
