"""What a group keeps in the scratchpad: one buffer for each value, shared where values may share.

`npu-map` asks how much room tiles take, `npu-tile` allocates exactly these buffers.

- Operands of a contraction are laid out as the array reads them: rows (batch, m, k), weights
  (batch, k, n). The accumulator is the result itself. Rows that are read through windows are kept
  once, with their halo: the windows are views of it.
- Where vector code reads through windows, a dimension that no window moves in lies innermost (the
  channels of a pooling), so that neighbours in memory are lanes.
- Another value that leaves a vector group is laid out as the tensor in DRAM; others in the order of
  the group's dimensions.
- An elementwise operation overwrites an operand that nobody reads afterwards. Loaded tiles are not
  overwritten: a store would hold back the next load.
- A copy in the order of its operand is where that is, and nothing is computed for it: its tile
  moves out, and in, too, if it is alone in its group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.dialects.tensor import EmptyOp, PadOp
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue

from npu.dialects.element_types import element_type
from npu.dialects.npu import GroupOp
from npu.dialects.order import is_ordered
from npu.passes.group.access import Access, reads_windows
from npu.passes.group.body import Body
from npu.passes.group.contraction import Contraction
from npu.passes.group.fuse import fuse_elementwise
from npu.passes.group.in_sweeps import in_sweeps
from npu.passes.group.iteration_space import (
    IterationSpace,
    operand_loops,
    reduction_loops,
    result_loops,
    shape_of,
)
from npu.passes.group.marks import is_in_place
from npu.passes.group.operand_names import operand_names
from npu.passes.group.prepare import erase_dead, is_copy
from npu.passes.group.sweeps import Stage, own_arguments, stages_of
from npu.passes.group.tree import Tree, left_between, tree_of
from npu.passes.map.footprint import Axis, Operand, Role, plain


@dataclass(frozen=True)
class TensorDim:
    """A dimension of a DRAM tensor, as a tile of it is moved.

    Element i of the tile's axis is the tensor's element first + step * (start + i), where the axis
    starts at start = the sum of factor times the tile's first index of each dimension of the group.
    """

    axis: Axis
    step: int
    first: int
    may_leave: bool
    """Whether some of it may lie outside of the tensor."""


@dataclass(frozen=True)
class Layout:
    """How a tensor in DRAM and its buffer correspond."""

    dims: tuple[TensorDim, ...]
    """In the tensor's order."""
    order: tuple[int, ...]
    """The tensor's dimension that each axis of the buffer is."""
    fill: float | None
    """What a load puts where the tensor has no elements; None where it never leaves the tensor."""


@dataclass(frozen=True)
class GroupPlan:
    """A group's operations, its iteration space and its scratchpad buffers."""

    ops: tuple[Operation, ...]
    """`linalg.generic` and `linalg.fill`, in order; not the fill that starts a contraction."""
    space: IterationSpace
    buffers: tuple[Operand, ...]
    buffer_of: dict[SSAValue, int]
    """The buffer of each block argument and of each result."""
    layouts: dict[SSAValue, Layout]
    """Of block arguments, yielded values, and what is left between stages."""
    yielded: tuple[SSAValue, ...]
    left: tuple[SSAValue, ...]
    """What stages of a tree leave for later ones."""
    growth: tuple[int, ...]
    """The dimensions of the group in the order in which tiles grow: what lies innermost first."""
    inputs: tuple[tuple[BlockArgument, int], ...]
    """Block arguments, and the number of the group's operand that each is a tile of."""
    trunk: tuple[int, ...]
    """The dimensions whose loops stand around all stages."""
    stages: tuple[Stage, ...]
    """In the order in which they run."""

    @property
    def contraction(self) -> Contraction | None:
        """The contraction that is the group's one stage, if that is so."""
        return self.stages[0].contraction if len(self.stages) == 1 else None

    @property
    def contractions(self) -> tuple[Contraction, ...]:
        """Those of all stages."""
        found = (stage.contraction for stage in self.stages)
        return tuple(contraction for contraction in found if contraction is not None)

    @property
    def is_tree(self) -> bool:
        """Whether a contraction is one of several stages."""
        return len(self.stages) > 1 and bool(self.contractions)

    def is_moved_only(self, op: Operation) -> bool:
        """Whether transfers do an operation: a copy whose tile moves in and out."""
        of = self.buffer_of
        return isinstance(op, GenericOp) and is_copy(op) and of[op.inputs[0]] == of[op.results[0]]


def plan_of(group: GroupOp) -> GroupPlan:
    """The plan of a group made by `npu-group`, whole rows in the scratchpad."""
    return plan_of_body(Body.of(group))


def plan_of_body(body: Body) -> GroupPlan:
    """The plan of a body, whole rows in the scratchpad."""
    inputs = tuple((argument, argument.index) for argument in body.block.args)
    return _Planner(body, inputs, tree_of(body)).plan()


def can_cut_rows(plan: GroupPlan) -> bool:
    """Whether the reduced dimensions of a group may be cut into the tiles of sweeps."""
    has_windows = any(isinstance(op, GenericOp) and reads_windows(op) for op in plan.ops)
    has_order = any(map(is_ordered, plan.ops))
    return not plan.contractions and any(plan.space.reduced) and not (has_windows or has_order)


def plan_in_sweeps(group: GroupOp) -> GroupPlan:
    """The plan of a group that `can_cut_rows`, whose rows are cut.

    What it plans is a copy of the group's body in which each sweep reads arguments of its own.
    """
    old = Body.of(group)
    block = in_sweeps(old.block, old.ops, old.space)
    fuse_elementwise(block)
    erase_dead(block)
    body = old.rewritten(block)
    tree = Tree(tree_of(body).trunk, stages_of(body.ops))
    return _Planner(body, own_arguments(block, body.space, tree.stages), tree).plan()


class _Planner:
    """Assigns buffers in program order."""

    def __init__(
        self, body: Body, inputs: tuple[tuple[BlockArgument, int], ...], tree: Tree
    ) -> None:
        block = body.block
        self.contractions: dict[Operation, Contraction] = {c.op: c for c in body.contractions}
        self.ops, self.space = body.ops, body.space
        self.inputs, self.tree = inputs, tree
        self.order = _order(self.ops, self.space, body.contractions)
        self.has_windows = any(isinstance(op, GenericOp) and reads_windows(op) for op in self.ops)
        assert block.last_op is not None
        self.yielded = tuple(block.last_op.operands)
        self.axes: list[tuple[Axis, ...]] = []
        self.elements: list[Attribute] = []
        self.loaded: list[Role | None] = []
        self.buffer_of: dict[SSAValue, int] = {}
        self.layouts: dict[SSAValue, Layout] = {}
        self.last_use = {operand: i for i, op in enumerate(self.ops) for operand in op.operands}
        self._keep_for_all_tiles()

    def plan(self) -> GroupPlan:
        """All buffers, inputs first in the order of the block arguments."""
        for op in self.ops:
            for index, operand in enumerate(op.operands):
                if operand in self.buffer_of:
                    continue
                if isinstance(operand, BlockArgument) or isinstance(operand.owner, PadOp):
                    self._input(op, index)
                elif isinstance(operand.owner, EmptyOp) and index < len(op.operands) - 1:
                    self._window(op, index)
        for position, op in enumerate(self.ops):
            self._result(position, op)
        left = left_between(self.tree.stages) if self.contractions else ()
        for value in (*self.yielded, *left):
            assert isinstance(value.owner, Operation)
            self.layouts[value] = self._stored(value, self.space.result_dims(value.owner))
        stored = {self.buffer_of[value] for value in self.yielded}
        roles = [
            Role.OUTPUT if number in stored else loaded or Role.TEMPORARY
            for number, loaded in enumerate(self.loaded)
        ]
        results = [op.results[0] for op in self.contractions]
        names = operand_names(roles, self.buffer_of, results)
        described = zip(self.axes, roles, map(str, self.elements), names, strict=True)
        buffers = tuple(Operand(*one) for one in described)
        return GroupPlan(
            tuple(self.ops),
            self.space,
            buffers,
            self.buffer_of,
            self.layouts,
            self.yielded,
            left,
            self.order[::-1],
            self.inputs,
            self.tree.trunk,
            self.tree.stages,
        )

    def _keep_for_all_tiles(self) -> None:
        """What comes from outside of a sweep is needed to its end, for the next tile."""
        behind = 0
        for stage in self.tree.stages:
            behind += len(stage.ops)
            inside = set(stage.ops)
            for value in (v for op in stage.ops for v in op.operands if stage.is_sweep):
                if value.owner not in inside:
                    self.last_use[value] = max(self.last_use[value], behind)

    def _new(self, value: SSAValue, axes: tuple[Axis, ...], loaded: Role | None = None) -> int:
        """A new buffer of `axes` for a tensor."""
        self.axes.append(axes)
        self.elements.append(element_type(value.type))
        self.loaded.append(loaded)
        return len(self.axes) - 1

    def _input(self, op: Operation, index: int) -> None:
        read = self.space.read(op, index)
        shape = shape_of(read.source)
        dims = tuple(
            _tensor_dim(access, size, self.space.extents)
            for access, size in zip(read.accesses, shape, strict=True)
        )
        order = sorted(range(len(dims)), key=lambda i: self._axis_rank(dims[i].axis))
        fill = read.fill if any(dim.may_leave for dim in dims) else None
        self.layouts[read.source] = Layout(dims, tuple(order), fill)
        axes = tuple(dims[i].axis for i in order)
        number = self._new(read.source, axes, self._role(op, index))
        self.buffer_of[read.source] = self.buffer_of[op.operands[index]] = number

    def _window(self, op: Operation, index: int) -> None:
        """What only says how large a window is: it is neither loaded nor written nor read."""
        value = op.operands[index]
        self.buffer_of[value] = self._new(value, plain(self.space.operand_dims(op, index)))

    def _stored(self, value: SSAValue, dims: tuple[int, ...]) -> Layout:
        """How a result lies in DRAM, of which each dimension is one of the group's."""
        axes = plain(dims)
        order = tuple(axes.index(axis) for axis in self.axes[self.buffer_of[value]])
        return Layout(tuple(TensorDim(axis, 1, 0, may_leave=False) for axis in axes), order, None)

    def _role(self, op: Operation, index: int) -> Role:
        if op not in self.contractions:
            return Role.INPUT
        return Role.ROWS if index == self.contractions[op].rows else Role.WEIGHTS

    def _rank(self, dim: int) -> int:
        """Where a dimension stands in a buffer."""
        return self.order.index(dim)

    def _axis_rank(self, axis: Axis) -> int:
        """Where an axis stands: a window where what it moves by does; single elements first."""
        return min((self._rank(dim) for dim, _ in axis.terms), default=-1)

    def _result(self, position: int, op: Operation) -> None:
        value = op.results[0]
        if self._writes_over_start(op):
            self.buffer_of[value] = self.buffer_of[op.operands[-1]]
            return
        axes = plain(self._result_dims(op))
        shared = self._overwritten(position, op, axes)
        if shared is None:
            shared = self._free(position, value, axes)
        self.buffer_of[value] = self._new(value, axes) if shared is None else shared

    def _writes_over_start(self, op: Operation) -> bool:
        """Whether a result lies where the value lay that it started from."""
        start = op.operands[-1].owner
        is_started = isinstance(start, FillOp) or (
            isinstance(start, Operation) and is_in_place(start)
        )
        return is_in_place(op) or (
            bool(reduction_loops(op)) and is_started and op not in self.contractions
        )

    def _result_dims(self, op: Operation) -> tuple[int, ...]:
        """As in DRAM if the value (or the reduction that it starts) is yielded, else sorted.

        Results of a contraction are always as the array writes them, and those of windows channel
        by channel; stores see to their order.
        """
        dims = self.space.result_dims(op)
        if self.contractions or self.has_windows:
            return tuple(sorted(dims, key=self._rank))
        values = [op.results[0], *(r for use in op.results[0].uses for r in use.operation.results)]
        starts = isinstance(op, FillOp)
        if values[0] in self.yielded or (starts and any(v in self.yielded for v in values)):
            return dims
        return tuple(sorted(dims, key=self._rank))

    def _overwritten(self, position: int, op: Operation, axes: tuple[Axis, ...]) -> int | None:
        """The buffer of an operand that `op` may write its result over."""
        if not isinstance(op, GenericOp) or reduction_loops(op):
            return None
        for value in op.inputs:
            if self._may_overwrite(position, op, value, axes):
                return self.buffer_of[value]
        return None

    def _may_overwrite(
        self, position: int, op: GenericOp, value: SSAValue, axes: tuple[Axis, ...]
    ) -> bool:
        number = self.buffer_of[value]
        if not self._holds(number, op.results[0], axes):
            return False
        if is_copy(op) and self.loaded[number] is None:
            return True  # both are the same values
        if self.loaded[number] is not None:
            return len(self.ops) == 1 and is_copy(op)
        reads = [
            operand_loops(op, i) for i, v in enumerate(op.inputs) if self.buffer_of[v] == number
        ]
        return self._dead_after(number, position) and all(r == result_loops(op) for r in reads)

    def _dead_after(self, number: int, position: int) -> bool:
        """Whether no value of a buffer is read behind operation `position` or leaves the group."""
        values = [v for v, b in self.buffer_of.items() if b == number]
        return all(v not in self.yielded and self.last_use.get(v, -1) <= position for v in values)

    def _free(self, position: int, value: SSAValue, axes: tuple[Axis, ...]) -> int | None:
        """A buffer that may hold `value`, all of whose own are dead before operation `position`."""
        for number, loaded in enumerate(self.loaded):
            fits = loaded is None and self._holds(number, value, axes)
            if fits and self._dead_after(number, position - 1):
                return number
        return None

    def _holds(self, number: int, value: SSAValue, axes: tuple[Axis, ...]) -> bool:
        """Whether a buffer has the axes and the elements of a value."""
        return self.axes[number] == axes and self.elements[number] == element_type(value.type)


def _order(
    ops: Sequence[Operation], space: IterationSpace, contractions: Sequence[Contraction]
) -> tuple[int, ...]:
    """The dimensions of a group as they lie in its buffers, outermost first.

    What is n for one contraction may be k for the next one.
    """
    every = tuple(range(len(space.extents)))
    if contractions:
        walked = [d for c in contractions for d in (*c.batch, *c.m, *c.k, *c.n)]
        return tuple(dict.fromkeys((*walked, *every)))
    moved = {d for op in ops if isinstance(op, GenericOp) for d in _moved_by_windows(op, space)}
    alone = [d for d in every if d not in moved and not space.reduced[d]]
    if not moved or not alone:
        return every
    return (*(d for d in every if d != alone[-1]), alone[-1])


def _moved_by_windows(op: GenericOp, space: IterationSpace) -> Iterator[int]:
    """The dimensions that share a dimension of a tensor with another one."""
    for index in range(len(op.inputs)):
        for access in space.read(op, index).accesses:
            if len(access.terms) > 1:
                yield from (dim for dim, _ in access.terms)


def _tensor_dim(access: Access, size: int, extents: Sequence[int]) -> TensorDim:
    """How a dimension of `size` elements is moved that is read by `access`."""
    step = access.step
    axis = Axis(tuple((dim, factor // step) for dim, factor in access.terms))
    far = access.constant + sum(factor * (extents[dim] - 1) for dim, factor in access.terms)
    may_leave = min(access.constant, far) < 0 or max(access.constant, far) >= size
    return TensorDim(axis, step, access.constant, may_leave)
