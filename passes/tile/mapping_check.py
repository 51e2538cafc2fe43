"""Whether a mapping suits its group: the choice may be a user's."""

from __future__ import annotations

from collections.abc import Sequence

from npu.configs.errors import UserError
from npu.configs.short import short
from npu.dialects.npu import GroupOp, MappingAttr
from npu.dialects.places import place
from npu.passes.group.contraction import Contraction
from npu.passes.group.fold import Fold
from npu.passes.group.plan import GroupPlan, can_cut_rows
from npu.passes.map.strategies import STRATEGIES, StrategyError, fold_for
from npu.passes.tile.contraction import MAX_ROW_LOOPS


def cuts_rows(plan: GroupPlan, tile: Sequence[int]) -> bool:
    """Whether the tiles of a vector group hold less than whole rows."""
    space = plan.space
    cut = (t < e and r for t, e, r in zip(tile, space.extents, space.reduced, strict=True))
    return plan.contraction is None and any(cut)


def checked_fold(group: GroupOp, contraction: Contraction, array_size: int) -> Fold | None:
    """Taps side by side in the arrays. Raises UserError where the mapping's strategy cannot be."""
    assert group.mapping is not None
    name = group.mapping.strategy.data
    try:
        if name not in ("", *STRATEGIES):
            raise StrategyError(f"there is no such one, expected {', '.join(STRATEGIES)}")
        return fold_for(name, contraction, array_size)
    except StrategyError as error:
        raise UserError(
            f"{place(group)}npu-tile: strategy '{short(name)}' of group '{group.sym_name.data}': "
            f"{error}"
        ) from error


def checked_mapping(group: GroupOp, plan: GroupPlan) -> MappingAttr:
    """The group's mapping. Raises UserError if there is none or it does not suit the group."""
    mapping, name = group.mapping, group.sym_name.data
    if mapping is None:
        raise UserError(f"{place(group)}npu-tile: group '{name}' has no mapping; run npu-map first")
    problem = _problem(mapping, plan)
    if problem:
        raise UserError(f"npu-tile: the mapping {mapping} of group '{name}' {problem}")
    return mapping


def _problem(mapping: MappingAttr, plan: GroupPlan) -> str | None:
    """What is wrong with a mapping, and what would be right; None if nothing is."""
    space, tile = plan.space, mapping.tile_sizes
    if len(tile) != len(space.extents):
        return f"has {len(tile)} dimensions; expected one for each of {list(space.extents)}"
    kinds = [space.reduced[d] for d in mapping.loop_order]
    if kinds != sorted(kinds):
        return (
            "has a reduction loop outside of a parallel one; put reduced dimensions last in order"
        )
    problems = (_cut_problem(plan, dim, tile[dim]) for dim in range(len(tile)))
    return next((problem for problem in problems if problem), None)


def _cut_problem(plan: GroupPlan, dim: int, size: int) -> str | None:
    """What is wrong with cutting a dimension into tiles of `size`."""
    extent, c = plan.space.extents[dim], plan.contraction
    if c is not None and dim in c.one_by_one and size > 1:
        return (
            f"has several of batch dimension {dim} in one tile; expected 1, since the result "
            "interleaves batches"
        )
    if size >= extent:
        return None
    if c is None and plan.space.reduced[dim] and not can_cut_rows(plan):
        return f"cuts the window dimension {dim}; expected its whole extent, {extent}"
    if c is None or extent % size == 0:
        return None
    if dim in (*c.m[-MAX_ROW_LOOPS:], *c.n[-1:]) or dim == c.walked_k:
        return None
    return (
        f"leaves a last tile of {extent % size} in dimension {dim} ({extent}), which is walked "
        f"one by one; expected a size that divides it, such as {_divisor(extent, size)}"
    )


def _divisor(extent: int, size: int) -> int:
    """The largest divisor of `extent` up to `size`."""
    return next(s for s in range(size, 0, -1) if extent % s == 0)
