"""`npu-map`: decides for each group how it is cut into tiles.

Overview. Sets `#npu.mapping` on every `npu.group` that has none: tile sizes, pieces for DMA, loop
order, slots. Dimensions are those of the group's iteration space: a contraction's own loops, or the
common loops of a vector group. The strategy `heuristic` takes the tiles with the best analytic
estimate that fit the scratchpad (`npu.passes.map`); equal groups are mapped once, and a group that
repeats another one has its mapping. A mapping that is there already stays, so that a user can pick
up the text of this stage and change one.

Before:

    npu.group "matmul_0" ins(...) { ... } ops ["aten.mm"] : tensor<516x224xf32>

After:

    npu.group "matmul_0" ins(...) { ... } ops ["aten.mm"]
        mapping <tile = [258, 224, 244], subtile = [128, 128, 128], order = [0, 1, 2], buffers = 2>

Rows that do not fit the scratchpad are cut: see `npu-tile`.

Limitations: a window that is reduced is not cut; it must fit the scratchpad.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from typing_extensions import override
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.configs.short import short
from npu.dialects.npu import GroupOp, KernelOp, MappingAttr
from npu.dialects.places import place
from npu.passes.group.contraction import Contraction
from npu.passes.group.fold import Fold
from npu.passes.group.plan import GroupPlan, can_cut_rows, plan_in_sweeps, plan_of
from npu.passes.group.structure import structure_of
from npu.passes.map import contraction_search, strategies, vector
from npu.passes.map.choice import Choice, TooLargeError
from npu.passes.map.contraction import Problem
from npu.passes.map.device import Device, device_of
from npu.passes.map.strategies import AUTO, StrategyError

STRATEGIES = ("heuristic",)
"""The known values of the option `strategy`."""


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
                chosen[structure] = mapping_of(group, device, self.machine, self.conv_strategy)
            group.mapping = chosen[structure]


def _check_grouped(module: ModuleOp, groups: Sequence[GroupOp]) -> None:
    """Refuses tensor work that stands in no group: npu-group was left out."""
    lone = next((op for op in module.walk() if op.name.startswith("linalg.")), None)
    if lone is not None and not groups and not any(isinstance(o, KernelOp) for o in module.ops):
        raise UserError(
            f"{place(lone)}npu-map: {lone.name} stands outside of all groups; run npu-group first"
        )


def mapping_of(
    group: GroupOp, device: Device, machine: str, conv_strategy: str = AUTO
) -> MappingAttr:
    """The mapping of a group. Raises UserError if no tile fits; `machine` is named in it."""
    plan = plan_of(group)
    try:
        choice = _whole_or_in_sweeps(group, plan, device, conv_strategy)
    except TooLargeError as error:
        raise UserError(_too_large(group, plan, error, machine)) from error
    except StrategyError as error:
        raise UserError(
            f"{place(group)}npu-map: conv_strategy '{conv_strategy}' does not suit group "
            f"'{group.sym_name.data}': {error}; expected {AUTO}, {strategies.TAPS} "
            f"or {strategies.ROW}"
        ) from error
    return MappingAttr(choice.tile, choice.subtile, choice.order, choice.slots, choice.strategy)


def _whole_or_in_sweeps(
    group: GroupOp, plan: GroupPlan, device: Device, conv_strategy: str
) -> Choice:
    """Tiles of whole rows if one fits, else tiles of sweeps. Raises as `choose`."""
    try:
        return choose(plan, device, conv_strategy)
    except TooLargeError:
        if not can_cut_rows(plan):
            raise
    return choose(plan_in_sweeps(group), device, cuts_rows=True)


def choose(
    plan: GroupPlan, device: Device, conv_strategy: str = AUTO, *, cuts_rows: bool = False
) -> Choice:
    """The best tiles for a plan, which is one in sweeps if it `cuts_rows`.

    Raises TooLargeError if none fits, StrategyError.
    """
    space = plan.space
    if plan.contraction is None:
        problem = vector.VectorProblem(
            space.extents, space.reduced, plan.buffers, plan.growth, cuts_rows
        )
        return vector.choose(problem, device)
    c = plan.contraction
    if not c.is_windowed:
        return contraction_search.search(_problem(plan, c), device)
    if conv_strategy != AUTO:
        return _with_strategy(plan, c, device, conv_strategy)
    found: list[Choice] = []
    for name in strategies.COMPARED:
        try:
            found.append(_with_strategy(plan, c, device, name))
        except StrategyError:
            continue
    return min(found, key=lambda choice: choice.estimate)


def _with_strategy(plan: GroupPlan, c: Contraction, device: Device, name: str) -> Choice:
    """The best tiles of one strategy. Raises StrategyError if it does not suit the convolution."""
    fold = strategies.fold_for(name, c, device.array_size)
    problem = _problem(plan, c, fold, is_one_row=name == strategies.ROW)
    return replace(contraction_search.search(problem, device), strategy=name)


def _problem(
    plan: GroupPlan, c: Contraction, fold: Fold | None = None, *, is_one_row: bool = False
) -> Problem:
    """What the search is told of a contraction."""
    return Problem(
        plan.space.extents,
        c.batch,
        c.m,
        c.n,
        c.k,
        plan.buffers,
        c.one_by_one,
        c.walked_k is not None,
        () if not c.is_windowed else tuple(d for d in c.k if d != c.walked_k),
        fold,
        is_one_row,
    )


def _too_large(group: GroupOp, plan: GroupPlan, error: TooLargeError, machine: str) -> str:
    """What, where, what was expected, how to mend it."""
    space = plan.space
    reduced = [n for n, is_reduced in zip(space.extents, space.reduced, strict=True) if is_reduced]
    is_window = plan.contraction is None and reduced and not can_cut_rows(plan)
    unit = f"one window ({' x '.join(map(str, reduced))})" if is_window else "the smallest tile"
    advice = "make the window smaller, or " if is_window else ""
    return (
        f"{place(group)}"
        f"npu-map: group '{group.sym_name.data}' does not fit the scratchpad of '{machine}': "
        f"{unit} needs {error.needed} bytes in {len(plan.buffers)} buffers, there are "
        f"{error.available}; {advice}use a machine with a larger vpu_spad_size_kb_per_lane"
    )
