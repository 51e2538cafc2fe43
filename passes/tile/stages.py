"""The stages of a kernel put into their loops: transfers, array loops, vector code.

Each transfer stands at the level at which its tile changes, ahead of what is inside. A contraction
stands in the loops over its reduced dimensions, and in those over columns that it has for itself;
the vector code of its stage stands behind the reduced ones, where the sums are whole. A vector
group is one stage, or, where rows are cut, sweeps and what stands between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xdsl.dialects.tensor import PadOp
from xdsl.ir import Operation, SSAValue

from npu.passes.group.contraction import Contraction
from npu.passes.group.fold import Fold
from npu.passes.group.sweeps import Stage
from npu.passes.map.footprint import Role
from npu.passes.tile.buffers import Buffers
from npu.passes.tile.compute import compute
from npu.passes.tile.contraction import array_loops
from npu.passes.tile.nest import Nest


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
    watched: Mapping[SSAValue, SSAValue],
) -> None:
    """Puts everything of a group into the nest of `buffers`.

    `name` is the group's; loops over reduced dimensions stand in `order`; `arguments` are the
    kernel's, inputs first; `watched` has the tensors for what stages leave for later ones.
    """
    filling = _Filling(name, order, buffers, arguments, arrays, watched)
    for stage in buffers.plan.stages:
        filling.run(stage)


class _Filling:
    """Puts loads, computation and stores into the nest, stage by stage."""

    def __init__(
        self,
        name: str,
        order: Sequence[int],
        buffers: Buffers,
        arguments: Sequence[SSAValue],
        arrays: Arrays,
        watched: Mapping[SSAValue, SSAValue],
    ) -> None:
        plan = buffers.plan
        self._name, self._plan, self._buffers = name, plan, buffers
        self._order, self._arrays = order, arrays
        self._sources: dict[SSAValue, SSAValue] = {
            argument: arguments[number] for argument, number in plan.inputs
        }
        """The tensor in DRAM of each tile that is still to be loaded."""
        outputs = arguments[len(arguments) - len(plan.yielded) :]
        self._targets = dict(zip(plan.yielded, outputs, strict=True))
        self._watched = watched
        self._computes = 0
        self._is_later = False
        """Whether this is a stage of a tree that is not its first."""

    def run(self, stage: Stage) -> None:
        """One stage: its loads, what the arrays do, vector code, stores."""
        self._is_later = self._plan.is_tree and stage is not self._plan.stages[0]
        nest = self._nest_of(stage)
        inner = self._buffers.within(nest)
        results = nest.before[nest.deepest]
        if stage.contraction is not None:
            whole = max(nest.trunk_level, nest.level(stage.contraction.result))
            results = nest.behind[whole]
            self._contract(stage, stage.contraction, inner, whole)
        for value in self._unloaded(_source(v) for op in stage.ops for v in op.operands):
            self._load(value, inner)
        ops = [op for op in stage.ops if not self._plan.is_moved_only(op)]
        if ops:
            results.append(compute(f"{self._name}_c{self._computes}", ops, inner))
            self._computes += 1
        for value in self._plan.yielded:
            if value.owner in (*stage.ops, _work(stage.contraction)):
                number, layout = self._plan.buffer_of[value], self._plan.layouts[value]
                is_row = inner.home(number) <= nest.trunk_level and stage.contraction is None
                where = nest.behind[nest.trunk_level] if is_row else results
                where.extend(inner.store(number, self._targets[value], layout))
        for value, target in self._watched.items():
            if value.owner in (*stage.ops, _work(stage.contraction)):
                number, layout = self._plan.buffer_of[value], self._plan.layouts[value]
                results.extend(inner.store(number, target, layout))

    def _nest_of(self, stage: Stage) -> Nest:
        """The loops of a stage: dimensions that are its own, or, of a sweep, all reduced ones."""
        reduced = self._plan.space.reduced
        if stage.contraction is not None:
            own = [dim for dim in self._order if dim in stage.own]
            return self._buffers.nest.stage(own, stage.contraction.k)
        loops = [dim for dim in self._order if reduced[dim]] if stage.is_sweep else []
        return self._buffers.nest.stage(loops, loops if stage.reduces else ())

    def _contract(self, stage: Stage, contraction: Contraction, inner: Buffers, whole: int) -> None:
        """What the arrays do, and all loads of a stage, whose sums are `whole` at a level.

        What only the vector code reads comes behind the reduction loop, so that the first operands
        of the array do not queue behind it.
        """
        nest = inner.nest
        read = [value for op in (contraction.op, *stage.ops) for value in op.operands]
        for value in self._unloaded(map(_source, read)):
            number = self._plan.buffer_of[value]
            level = inner.home(number)
            is_late = self._plan.buffers[number].role is Role.INPUT and level == whole
            self._load(value, inner, is_late=is_late)
        ops = array_loops(contraction, inner, self._arrays.size, self._arrays.fold)
        nest.before[nest.deepest].extend(ops)

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
        """Loads a tile at the level where it changes: ahead of what is inside, or behind it.

        What a later stage of a tree reads queues behind what the stages before it read.
        """
        nest, trunk, number = inner.nest, self._buffers.nest, self._plan.buffer_of[value]
        ops = inner.load(number, self._sources.pop(value), self._plan.layouts[value])
        level = inner.home(number)
        if is_late:
            nest.behind[level].extend(ops)
        elif level > trunk.deepest or (level == trunk.deepest and self._is_later):
            nest.before[level].extend(ops)
        else:
            trunk.before[level].extend(ops)


def _source(value: SSAValue) -> SSAValue:
    """The tensor behind a padding."""
    return value.owner.source if isinstance(value.owner, PadOp) else value


def _work(contraction: Contraction | None) -> Operation | None:
    """What the arrays do."""
    return None if contraction is None else contraction.op
