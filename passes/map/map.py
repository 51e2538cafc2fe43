"""`npu-map`: decides for each group how it is cut into tiles.

Overview. Sets `#npu.mapping` on every `npu.group` that has none: a tree of loops over tiles, of the
buffers of each operand, and of stages (docs/mapping.md). Loops are those of the group's iteration
space: a contraction's own, or the common ones of a vector group. The strategy `heuristic` takes the
tiles with the best analytic estimate that fit the scratchpad; equal groups are mapped once, and a
group that repeats another one has its mapping. A mapping that is there already stays, so that a
user can pick up the text of this stage and change one.

The steps are functions on plain data that another mapper can use: `of_group.problem_of`,
`choice.candidates`, `estimate.estimate`, `choice.best`, `nest.mapping_of`; `fit.tiling_of` checks.

Before:

    npu.group @matmul_0 ins(...) { ... } ops ["aten.mm"] : tensor<516x224xf32>

After:

    npu.group @matmul_0 ins(...) { ... } ops ["aten.mm"]
        mapping <par m 258, hold rows 2, hold acc 2, par n 224 by 128, hold weights 1,
                 [for k 244 by 128, run arrays]>

Rows that do not fit the scratchpad are cut: see `npu-tile`; those of a sort into blocks. Of a group
of several stages the trunk
and the stages' own dimensions are cut (`npu.passes.map.tree`).

Limitations: a window that is reduced is not cut; it must fit the scratchpad.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from typing_extensions import override
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.configs.short import short
from npu.dialects.element_types import element_type
from npu.dialects.mapping import Mapping
from npu.dialects.npu import GroupOp, KernelOp, MappingAttr
from npu.dialects.order import is_ordered
from npu.dialects.places import place
from npu.passes.group.indexed import indexed_work
from npu.passes.group.plan import GroupPlan, can_cut_rows, plan_in_sweeps, plan_of
from npu.passes.group.sort import sort_work
from npu.passes.group.structure import structure_of
from npu.passes.map import strategies
from npu.passes.map.choice import FREE, Rules, choose
from npu.passes.map.device import Device, device_of
from npu.passes.map.indexed import mapping_of as mapping_of_indexed
from npu.passes.map.indexed import shape_of
from npu.passes.map.nest import mapping_of
from npu.passes.map.of_group import problem_of
from npu.passes.map.problem import Problem
from npu.passes.map.sort import mapping_in_blocks
from npu.passes.map.strategies import AUTO, StrategyError
from npu.passes.map.tiling import Tiling, TooLargeError

STRATEGIES = ("heuristic",)
"""The known values of the option `strategy`."""

MOST_SLOTS = 3
"""As `npu-double-buffer` has it."""

MOST_KB = 1 << 24
"""More than any scratchpad has."""


@dataclass(frozen=True)
class MapPass(ModulePass):
    """Sets `#npu.mapping` on each group that has none."""

    name = "npu-map"

    machine: str = "tpuv3"
    """A shipped machine's name or the path of its YAML file."""

    strategy: str = "heuristic"
    """How tiles are chosen; `heuristic` is the one there is."""

    conv_strategy: str = AUTO
    """How convolutions meet the arrays: `taps`, `row`, `folded`; `auto` takes the best estimate."""

    result_slots: int = 0
    """Buffers of the result of a matrix product, 1 to 3; 0 is as many as pay. With one, the store
    of a tile holds back the next one."""

    scoped_kb: int = 0
    """If not 0: a matrix product's operands are copied into the scratchpad whole, ahead of all
    work, where they and the result leave that many KiB of it free."""

    @override
    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Raises UserError for an unknown strategy or machine, or tiles that cannot fit.

        Also for a strategy of convolutions that does not suit one of them.
        """
        if self.strategy not in STRATEGIES:
            raise UserError(
                f"npu-map: unknown strategy '{short(self.strategy)}'; expected "
                f"{', '.join(STRATEGIES)}"
            )
        if self.conv_strategy not in (AUTO, *strategies.STRATEGIES):
            raise UserError(
                f"npu-map: unknown conv_strategy '{short(self.conv_strategy)}'; expected "
                f"{', '.join((AUTO, *strategies.STRATEGIES))}"
            )
        for option, value, most in (
            ("result_slots", self.result_slots, MOST_SLOTS),
            ("scoped_kb", self.scoped_kb, MOST_KB),
        ):
            if not 0 <= value <= most:
                raise UserError(f"npu-map: {option} is {value}; expected a number from 0 to {most}")
        rules = Rules(self.conv_strategy, self.result_slots, self.scoped_kb)
        machine = load(self.machine)
        groups = [o for o in op.walk() if isinstance(o, GroupOp)]
        _check_grouped(op, groups)
        chosen: dict[Hashable, MappingAttr] = {}
        for group in groups:
            if group.mapping is not None or group.body is None:
                continue
            structure = structure_of(group)
            if structure not in chosen:
                device = device_of(machine)
                found = mapping_for(group, device, self.machine, rules)
                chosen[structure] = MappingAttr(found)
            group.mapping = chosen[structure]


def _check_grouped(module: ModuleOp, groups: Sequence[GroupOp]) -> None:
    """Refuses tensor work that stands in no group: npu-group was left out."""
    lone = next((op for op in module.walk() if op.name.startswith("linalg.")), None)
    if lone is not None and not groups and not any(isinstance(o, KernelOp) for o in module.ops):
        raise UserError(
            f"{place(lone)}npu-map: {lone.name} stands outside of all groups; run npu-group first"
        )


def mapping_for(group: GroupOp, device: Device, machine: str, rules: Rules = FREE) -> Mapping:
    """The mapping of a group. Raises UserError if no tile fits; `machine` is named in it."""
    indexed = indexed_work(group)
    if indexed is not None:
        return mapping_of_indexed(shape_of(indexed), device)
    plan = plan_of(group)
    _check_types(group, plan, device, machine)
    try:
        problem, tiling = _whole_or_in_sweeps(group, plan, device, rules)
    except TooLargeError as error:
        sort = sort_work(group)
        if sort is not None and (mapping := mapping_in_blocks(sort, device)) is not None:
            return mapping
        raise UserError(_too_large(group, plan, error, machine)) from error
    except StrategyError as error:
        raise UserError(
            f"{place(group)}npu-map: conv_strategy '{rules.conv_strategy}' does not suit group "
            f"'{group.sym_name.data}': {error}; expected {AUTO}, {strategies.TAPS} "
            f"or {strategies.ROW}"
        ) from error
    return mapping_of(problem, tiling)


def _check_types(group: GroupOp, plan: GroupPlan, device: Device, machine: str) -> None:
    """Raises UserError if a contraction multiplies what the arrays of `machine` do not take."""
    for contraction in plan.contractions:
        found = str(element_type(contraction.op.inputs[0].type))
        if not device.array_passes.of(found):
            taken = " and ".join(device.array_passes.taken)
            raise UserError(
                f"{place(group)}npu-map: group '{group.sym_name.data}' multiplies {found}, which "
                f"the arrays of '{machine}' do not take; expected {taken} (array_passes); convert "
                "the model and its inputs to one of those"
            )


def _whole_or_in_sweeps(
    group: GroupOp, plan: GroupPlan, device: Device, rules: Rules
) -> tuple[Problem, Tiling]:
    """Tiles of whole rows if one fits, else tiles of sweeps. Raises as `choose`."""
    problem = problem_of(plan, device)
    try:
        return problem, choose(problem, rules)[0]
    except TooLargeError:
        if not can_cut_rows(plan):
            raise
    problem = problem_of(plan_in_sweeps(group), device)
    return problem, choose(problem)[0]


def _too_large(group: GroupOp, plan: GroupPlan, error: TooLargeError, machine: str) -> str:
    """What, where, what was expected, how to mend it."""
    space = plan.space
    reduced = [n for n, is_reduced in zip(space.extents, space.reduced, strict=True) if is_reduced]
    is_window = plan.contraction is None and reduced and not can_cut_rows(plan)
    is_row = any(map(is_ordered, plan.ops))
    is_window = is_window and not is_row
    unit = f"one window ({' x '.join(map(str, reduced))})" if is_window else "the smallest tile"
    unit = f"one row ({' x '.join(map(str, reduced))})" if is_row else unit
    advice = "make the window smaller, or " if is_window else ""
    advice = "take shorter rows, or " if is_row else advice
    return (
        f"{place(group)}"
        f"npu-map: group '{group.sym_name.data}' does not fit the scratchpad of '{machine}': "
        f"{unit} needs {error.needed} bytes in {len(plan.buffers)} buffers, there are "
        f"{error.available}; {advice}use a machine with a larger vpu_spad_size_kb_per_lane"
    )
