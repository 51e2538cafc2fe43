"""What a group keeps in the scratchpad: one buffer for each value, shared where values may share.

`npu-map` asks how much room tiles take, `npu-tile` allocates exactly these buffers.

- Operands of a contraction are laid out as the array reads them: rows (batch, m, k), weights
  (batch, k, n). The accumulator is the result itself.
- A value that leaves a vector group is laid out as the tensor in DRAM; others in the order of the
  group's dimensions.
- An elementwise operation overwrites an operand that nobody reads afterwards. Loaded tiles are not
  overwritten: a store would hold back the next load.
- A copy alone in its group moves its tile in and out without computing.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from npu.dialects.npu import GroupOp
from npu.passes.group.contraction import Contraction, only_contraction
from npu.passes.group.iteration_space import (
    IterationSpace,
    build,
    operand_loops,
    reduction_loops,
    result_loops,
)
from npu.passes.group.prepare import is_copy
from npu.passes.map.footprint import Buffer, Role


@dataclass(frozen=True)
class GroupPlan:
    """A group's operations, its iteration space and its scratchpad buffers."""

    ops: tuple[Operation, ...]
    """`linalg.generic` and `linalg.fill`, in order; not the fill that starts a contraction."""
    contraction: Contraction | None
    space: IterationSpace
    buffers: tuple[Buffer, ...]
    buffer_of: dict[SSAValue, int]
    """The buffer of each block argument and of each result."""
    dram_dims: dict[SSAValue, tuple[int, ...]]
    """The group dimension of each tensor dimension, of block arguments and yielded values."""
    yielded: tuple[SSAValue, ...]


def plan_of(group: GroupOp) -> GroupPlan:
    """The plan of a group made by `npu-group`."""
    return _Planner(group.body.block).plan()


class _Planner:
    """Assigns buffers in program order."""

    def __init__(self, block: Block) -> None:
        every = [op for op in block.ops if isinstance(op, GenericOp | FillOp)]
        self.contraction = only_contraction(every)
        root = self.contraction.op if self.contraction else None
        start = root.operands[-1].owner if root is not None else None
        self.ops = [op for op in every if op is not start]
        self.space = build(self.ops, root, share_inputs=root is None)
        assert block.last_op is not None
        self.yielded = tuple(block.last_op.operands)
        self.dims: list[tuple[int, ...]] = []
        self.loaded: list[Role | None] = []
        self.buffer_of: dict[SSAValue, int] = {}
        self.dram_dims: dict[SSAValue, tuple[int, ...]] = {}
        self.last_use = {operand: i for i, op in enumerate(self.ops) for operand in op.operands}

    def plan(self) -> GroupPlan:
        """All buffers, inputs first in the order of the block arguments."""
        for op in self.ops:
            for index, operand in enumerate(op.operands):
                if isinstance(operand, BlockArgument) and operand not in self.buffer_of:
                    self._input(op, index, operand)
        for position, op in enumerate(self.ops):
            self._result(position, op)
        for value in self.yielded:
            assert isinstance(value.owner, Operation)
            self.dram_dims[value] = self.space.result_dims(value.owner)
        stored = {self.buffer_of[value] for value in self.yielded}
        buffers = tuple(
            Buffer(dims, Role.OUTPUT if i in stored else loaded or Role.TEMPORARY)
            for i, (dims, loaded) in enumerate(zip(self.dims, self.loaded, strict=True))
        )
        return GroupPlan(
            tuple(self.ops),
            self.contraction,
            self.space,
            buffers,
            self.buffer_of,
            self.dram_dims,
            self.yielded,
        )

    def _new(self, dims: tuple[int, ...], loaded: Role | None = None) -> int:
        self.dims.append(dims)
        self.loaded.append(loaded)
        return len(self.dims) - 1

    def _input(self, op: Operation, index: int, value: SSAValue) -> None:
        dims = self.space.operand_dims(op, index)
        role = self._role(op, index)
        self.dram_dims[value] = dims
        self.buffer_of[value] = self._new(tuple(sorted(dims, key=self._rank)), role)

    def _role(self, op: Operation, index: int) -> Role:
        if self.contraction is None or op is not self.contraction.op:
            return Role.INPUT
        return Role.ROWS if index == self.contraction.rows else Role.WEIGHTS

    def _rank(self, dim: int) -> int:
        """Where a dimension stands in a buffer: for a contraction batch, m, k, n."""
        if self.contraction is None:
            return dim
        c = self.contraction
        return (*c.batch, *c.m, *c.k, *c.n).index(dim)

    def _result(self, position: int, op: Operation) -> None:
        value = op.results[0]
        if (
            reduction_loops(op)
            and isinstance(op.operands[-1].owner, FillOp)
            and not self._is_root(op)
        ):
            self.buffer_of[value] = self.buffer_of[op.operands[-1]]
            return
        dims = self._result_dims(op)
        shared = self._overwritten(position, op, dims)
        if shared is None:
            shared = self._free(position, dims)
        self.buffer_of[value] = self._new(dims) if shared is None else shared

    def _is_root(self, op: Operation) -> bool:
        return self.contraction is not None and op is self.contraction.op

    def _result_dims(self, op: Operation) -> tuple[int, ...]:
        """As in DRAM if the value (or the reduction that it starts) is yielded, else sorted.

        Results of a contraction are always as the array writes them; stores see to their order.
        """
        dims = self.space.result_dims(op)
        if self.contraction is not None:
            return tuple(sorted(dims, key=self._rank))
        values = [op.results[0], *(r for use in op.results[0].uses for r in use.operation.results)]
        starts = isinstance(op, FillOp)
        if values[0] in self.yielded or (starts and any(v in self.yielded for v in values)):
            return dims
        return tuple(sorted(dims, key=self._rank))

    def _overwritten(self, position: int, op: Operation, dims: tuple[int, ...]) -> int | None:
        """The buffer of an operand that `op` may write its result over."""
        if not isinstance(op, GenericOp) or reduction_loops(op):
            return None
        for value in op.inputs:
            if self._may_overwrite(position, op, value, dims):
                return self.buffer_of[value]
        return None

    def _may_overwrite(
        self, position: int, op: GenericOp, value: SSAValue, dims: tuple[int, ...]
    ) -> bool:
        number = self.buffer_of[value]
        if self.dims[number] != dims:
            return False
        if isinstance(value, BlockArgument):
            return len(self.ops) == 1 and is_copy(op)
        reads = [
            operand_loops(op, i) for i, v in enumerate(op.inputs) if self.buffer_of[v] == number
        ]
        return self._dead_after(number, position) and all(r == result_loops(op) for r in reads)

    def _dead_after(self, number: int, position: int) -> bool:
        """Whether no value of a buffer is read behind operation `position` or leaves the group."""
        values = [v for v, b in self.buffer_of.items() if b == number]
        return all(v not in self.yielded and self.last_use.get(v, -1) <= position for v in values)

    def _free(self, position: int, dims: tuple[int, ...]) -> int | None:
        """A buffer of these dimensions whose values are all dead before operation `position`."""
        for number, candidate in enumerate(self.dims):
            is_loaded = self.loaded[number] is not None
            if candidate == dims and not is_loaded and self._dead_after(number, position - 1):
                return number
        return None
