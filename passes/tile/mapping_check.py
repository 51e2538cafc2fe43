"""Whether a mapping suits its group: the choice may be a user's."""

from __future__ import annotations

from npu.configs.errors import UserError
from npu.dialects.npu import GroupOp
from npu.dialects.places import place
from npu.passes.group.plan import GroupPlan, can_cut_rows, plan_in_sweeps, plan_of
from npu.passes.kernel.value_names import loop_names
from npu.passes.map.device import Device
from npu.passes.map.fit import MappingError, tiling_of
from npu.passes.map.of_group import problem_of
from npu.passes.map.problem import Problem
from npu.passes.map.tiling import Tiling


def mapped_plan(group: GroupOp, device: Device) -> tuple[GroupPlan, Problem, Tiling]:
    """The plan of a group, in sweeps if its mapping cuts rows, and the mapping's numbers.

    Raises UserError if there is no mapping or it does not suit the group.
    """
    mapping, name = group.mapping, group.sym_name.data
    if mapping is None:
        raise UserError(f"{place(group)}npu-tile: group '{name}' has no mapping; run npu-map first")
    plan = plan_of(group)
    if _cuts_rows(group, plan):
        plan = plan_in_sweeps(group)
    problem = problem_of(plan, device)
    try:
        return plan, problem, tiling_of(problem, mapping.data)
    except MappingError as error:
        raise UserError(
            f"{place(group)}npu-tile: the mapping {mapping} of group '{name}' {error}"
        ) from error


def _cuts_rows(group: GroupOp, plan: GroupPlan) -> bool:
    """Whether the tiles of a vector group hold less than whole rows."""
    assert group.mapping is not None
    loops, space = group.mapping.data.loops, plan.space
    names = loop_names(len(space.extents), plan.contractions)
    return can_cut_rows(plan) and any(
        is_reduced and name in loops and loops[name].tile < extent
        for name, extent, is_reduced in zip(names, space.extents, space.reduced, strict=True)
    )
