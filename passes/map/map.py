"""`npu-map`: decides for each group how it is cut into tiles.

Overview. Sets `#npu.mapping` on every `npu.group` that has none: tile sizes, pieces for DMA, loop
order, slots. Dimensions are those of the group's iteration space: a contraction's own loops, or the
common loops of a vector group. The strategy `heuristic` takes the tiles with the best analytic
estimate that fit the scratchpad (`npu.passes.map`). A mapping that is there already stays, so
that a user can pick up the text of this stage and change one.

Before:

    npu.group "matmul_0" ins(...) { ... } ops ["aten.mm"] : tensor<516x224xf32>

After:

    npu.group "matmul_0" ins(...) { ... } ops ["aten.mm"]
        mapping <tile = [258, 224, 244], subtile = [128, 128, 128], order = [0, 1, 2], buffers = 2>

Limitations: a reduction of a vector group is not cut; one row must fit the scratchpad.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.configs.short import short
from npu.dialects.npu import GroupOp, KernelOp, MappingAttr
from npu.dialects.places import place
from npu.passes.group.plan import GroupPlan, plan_of
from npu.passes.map import contraction_search, vector
from npu.passes.map.choice import Choice, TooLargeError
from npu.passes.map.contraction import Problem
from npu.passes.map.device import Device, device_of

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

    @override
    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Raises UserError for an unknown strategy or machine, or tiles that cannot fit."""
        if self.strategy not in STRATEGIES:
            raise UserError(
                f"npu-map: unknown strategy '{short(self.strategy)}'; expected "
                f"{', '.join(STRATEGIES)}"
            )
        machine = load(self.machine)
        groups = [o for o in op.walk() if isinstance(o, GroupOp)]
        _check_grouped(op, groups)
        for group in groups:
            if group.mapping is None:
                group.mapping = mapping_of(group, device_of(machine), self.machine)


def _check_grouped(module: ModuleOp, groups: Sequence[GroupOp]) -> None:
    """Refuses tensor work that stands in no group: npu-group was left out."""
    lone = next((op for op in module.walk() if op.name.startswith("linalg.")), None)
    if lone is not None and not groups and not any(isinstance(o, KernelOp) for o in module.ops):
        raise UserError(
            f"{place(lone)}npu-map: {lone.name} stands outside of all groups; run npu-group first"
        )


def mapping_of(group: GroupOp, device: Device, machine: str) -> MappingAttr:
    """The mapping of a group. Raises UserError if no tile fits; `machine` is named in it."""
    plan = plan_of(group)
    try:
        choice = choose(plan, device)
    except TooLargeError as error:
        raise UserError(_too_large(group, plan, error, machine)) from error
    return MappingAttr(choice.tile, choice.subtile, choice.order, choice.slots)


def choose(plan: GroupPlan, device: Device) -> Choice:
    """The best tiles for a plan. Raises TooLargeError if none fits."""
    space = plan.space
    if plan.contraction is None:
        problem = vector.VectorProblem(space.extents, space.reduced, plan.buffers, plan.growth)
        return vector.choose(problem, device)
    c = plan.contraction
    one_by_one = c.batch if c.is_strided else ()
    taps = () if not c.is_windowed else tuple(d for d in c.k if d != c.walked_k)
    problem = Problem(
        space.extents,
        c.batch,
        c.m,
        c.n,
        c.k,
        plan.buffers,
        one_by_one,
        c.walked_k is not None,
        taps,
    )
    return contraction_search.search(problem, device)


def _too_large(group: GroupOp, plan: GroupPlan, error: TooLargeError, machine: str) -> str:
    """What, where, what was expected, how to mend it."""
    whole = " x ".join(
        str(extent)
        for extent, reduced in zip(plan.space.extents, plan.space.reduced, strict=True)
        if reduced
    )
    unit = f"one row ({whole})" if plan.contraction is None and whole else "the smallest tile"
    return (
        f"{place(group)}"
        f"npu-map: group '{group.sym_name.data}' does not fit the scratchpad of '{machine}': "
        f"{unit} needs {error.needed} bytes in {len(plan.buffers)} buffers, there are "
        f"{error.available}; make the row shorter, or use a machine with a larger "
        "vpu_spad_size_kb_per_lane"
    )
