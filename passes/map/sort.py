"""How a sort whose rows do not fit the scratchpad is cut.

    par i 1, par j 16384, hold pairs 2, run network

Rows are sorted in blocks, the largest power of two of pairs of which the scratchpad holds two: one
is worked on while the other is moved. What lies in different blocks meets in further launches
(`npu.passes.tile.sort`).
"""

from __future__ import annotations

from npu.dialects.mapping import Hold, Loop, Mapping, Run
from npu.passes.group.sort import ELEMENTS, NETWORK, ROWS, SortWork
from npu.passes.map.device import Device

PAIR_BYTES = 8

HELD = "pairs"
"""The operand that the mapping holds."""


def mapping_in_blocks(work: SortWork, device: Device) -> Mapping | None:
    """The mapping of a sort by blocks; None where not even two blocks of two pairs fit."""
    pairs = device.spad_bytes // (2 * PAIR_BYTES)
    block = min(1 << max(0, pairs.bit_length() - 1), work.length // 2)
    if block < 2:
        return None
    loops = (Loop(ROWS, 1, 1, is_parallel=True), Loop(ELEMENTS, block, block, is_parallel=True))
    return Mapping((*loops, Hold(HELD, 2), Run(NETWORK)))
