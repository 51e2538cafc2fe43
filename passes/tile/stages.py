"""The stages of a kernel put into their loops: transfers, array loops, vector code.

Each transfer stands at the level at which its tile changes, ahead of what is inside. A contraction
is a stage in the loops over its reduced dimensions, its epilogue the next one. A vector group is
one stage, or, where rows are cut, sweeps and what stands between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xdsl.dialects.tensor import PadOp
from xdsl.ir import SSAValue

from npu.passes.group.contraction import Contraction
from npu.passes.group.fold import Fold
from npu.passes.group.plan import GroupPlan
from npu.passes.group.sweeps import Stage
from npu.passes.kernel.loops import PARALLEL, REDUCTION
from npu.passes.map.footprint import Role
from npu.passes.tile.buffers import Buffers
from npu.passes.tile.compute import compute
from npu.passes.tile.contraction import array_loops


@dataclass(frozen=True)
class Arrays:
    """What the arrays are, and how a convolution uses them."""

    size: int
    """Rows and columns."""
    fold: Fold | None
    """The taps that lie side by side in them."""


def fill_in(
    name: str,
    order: Sequence[int],
    buffers: Buffers,
    arguments: Sequence[SSAValue],
    arrays: Arrays,
) -> None:
    """Puts everything of a group into the nest of `buffers`.

    `name` is the group's; loops over reduced dimensions stand in `order`; `arguments` are the
    kernel's, inputs first.
    """
    filling = _Filling(name, order, buffers, arguments)
    if buffers.plan.contraction is not None:
        filling.contract(buffers.plan.contraction, arrays)
    for stage in buffers.plan.stages:
        filling.run(stage)


class _Filling:
    """Puts loads, computation and stores into the nest, stage by stage."""

    def __init__(
        self, name: str, order: Sequence[int], buffers: Buffers, arguments: Sequence[SSAValue]
    ) -> None:
        plan = buffers.plan
        self._name, self._plan, self._buffers = name, plan, buffers
        self._reduced = [dim for dim in order if plan.space.reduced[dim]]
        self._sources: dict[SSAValue, SSAValue] = {
            argument: arguments[number] for argument, number in plan.inputs
        }
        """The tensor in DRAM of each tile that is still to be loaded."""
        outputs = arguments[len(arguments) - len(plan.yielded) :]
        self._targets = dict(zip(plan.yielded, outputs, strict=True))
        self._computes = 0

    def contract(self, contraction: Contraction, arrays: Arrays) -> None:
        """What the arrays do, and all loads.

        What only the epilogue reads comes behind the reduction loop, so that the first operands of
        the array do not queue behind it.
        """
        nest = self._buffers.nest.stage(self._reduced, REDUCTION)
        inner = self._buffers.within(nest)
        for value in self._unloaded(self._sources):
            number = self._plan.buffer_of[value]
            level = inner.home(number)
            is_late = self._plan.buffers[number].role is Role.INPUT and level == nest.trunk_level
            self._load(value, inner, is_late=is_late)
        ops = array_loops(contraction, inner, arrays.size, arrays.fold)
        nest.before[nest.deepest].extend(ops)

    def run(self, stage: Stage) -> None:
        """One stage of vector code, its loads and its stores."""
        loops = self._reduced if stage.is_sweep else []
        nest = self._buffers.nest.stage(loops, REDUCTION if stage.reduces else PARALLEL)
        inner = self._buffers.within(nest)
        for value in self._unloaded(_source(v) for op in stage.ops for v in op.operands):
            self._load(value, inner)
        results = nest.before[nest.deepest]
        ops = [op for op in stage.ops if not self._plan.is_moved_only(op)]
        if ops:
            results.append(compute(f"{self._name}_c{self._computes}", ops, inner))
            self._computes += 1
        for value in self._plan.yielded:
            if value.owner in stage.ops or _is_of_arrays(value, self._plan):
                number, layout = self._plan.buffer_of[value], self._plan.layouts[value]
                is_of_tile = inner.home(number) > nest.trunk_level
                where = results if is_of_tile else nest.behind[nest.trunk_level]
                where.extend(inner.store(number, self._targets[value], layout))

    def _unloaded(self, values: Iterable[SSAValue]) -> list[SSAValue]:
        """Those of `values` that are still to be loaded, in the order in which a kernel wants them.

        That is rows, weights, operands of vector code.
        """
        order, plan, wanted = (Role.ROWS, Role.WEIGHTS), self._plan, set(values)
        roles = {
            value: plan.buffers[plan.buffer_of[value]].role
            for value in self._sources
            if value in wanted and value in plan.buffer_of
        }
        last = len(order)
        return sorted(roles, key=lambda v: order.index(roles[v]) if roles[v] in order else last)

    def _load(self, value: SSAValue, inner: Buffers, *, is_late: bool = False) -> None:
        """Loads a tile at the level where it changes: ahead of what is inside, or behind it."""
        nest, trunk, number = inner.nest, self._buffers.nest, self._plan.buffer_of[value]
        ops = inner.load(number, self._sources.pop(value), self._plan.layouts[value])
        level = inner.home(number)
        if is_late:
            nest.behind[level].extend(ops)
        else:
            (trunk if level <= trunk.deepest else nest).before[level].extend(ops)


def _source(value: SSAValue) -> SSAValue:
    """The tensor behind a padding."""
    return value.owner.source if isinstance(value.owner, PadOp) else value


def _is_of_arrays(value: SSAValue, plan: GroupPlan) -> bool:
    """Whether a yielded value is a contraction's own result."""
    return plan.contraction is not None and value.owner is plan.contraction.op
