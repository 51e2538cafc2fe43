"""Mappings of sizes that a test chooses."""

from __future__ import annotations

from collections.abc import Sequence

from npu.dialects.npu import GroupOp, MappingAttr
from npu.passes.group.plan import can_cut_rows, plan_in_sweeps, plan_of
from npu.passes.map.device import Device
from npu.passes.map.nest import mapping_of
from npu.passes.map.of_group import problem_of
from npu.passes.map.tiling import Tiling


def hand_mapping(
    group: GroupOp,
    device: Device,
    tile: Sequence[int],
    *,
    order: Sequence[int] | None = None,
    piece: Sequence[int] | None = None,
    buffers: int = 2,
) -> MappingAttr:
    """Tiles of these sizes, in sweeps if they cut rows, and as many buffers of every operand.

    Without an order summed dimensions stand innermost, others as they are numbered.
    """
    plan = plan_of(group)
    space = plan.space
    cut = zip(tile, space.extents, space.reduced, strict=True)
    if can_cut_rows(plan) and any(t < e and is_reduced for t, e, is_reduced in cut):
        plan = plan_in_sweeps(group)
    wanted = sorted(range(len(tile)), key=lambda d: (space.reduced[d], d))
    problem = problem_of(plan, device)
    tiling = Tiling(
        tuple(tile),
        tuple(tile if piece is None else piece),
        tuple(wanted if order is None else order),
        (buffers,) * len(problem.operands),
    )
    return MappingAttr(mapping_of(problem, tiling))
