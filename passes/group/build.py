"""Makes `npu.group` operations of an assignment, in an order that dependences allow.

Equal work gets one body: the first group of its name has it, the others repeat that.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TypeAlias

from xdsl.dialects import arith, tensor
from xdsl.dialects.linalg.ops import FillOp
from xdsl.ir import Block, Operation, Region, SSAValue

from npu.dialects.npu import GroupOp, YieldOp
from npu.dialects.npu.gather import IndexedOp
from npu.passes.group.access import is_windowed
from npu.passes.group.assign import Assignment, Group, is_loaded
from npu.passes.group.fuse import fuse_elementwise
from npu.passes.group.indexed import indexed_body
from npu.passes.group.iteration_space import build
from npu.passes.group.names import group_name, kind_of, origin_of
from npu.passes.group.prepare import erase_dead
from npu.passes.group.repeat import repeat_cheap
from npu.passes.group.structure import structure_of_body, work_of
from npu.passes.kernel.symbols import unique
from npu.passes.map.indexed import shape_of, sizes_text


def emit(block: Block, assignment: Assignment) -> None:
    """Replaces the operations of the function body by groups, in dependence order."""
    last = block.last_op
    assert last is not None
    made = _Made()
    for node in _ordered(assignment):
        if isinstance(node, Group):
            block.insert_op_before(made.group_op(node), last)
            continue
        if isinstance(node, IndexedOp):
            block.insert_op_before(made.indexed_op(node), last)
            continue
        node.detach()
        block.insert_op_before(node, last)
    for node in assignment.nodes:
        if isinstance(node, Group):
            for op in reversed(node.ops):
                op.detach()
                op.erase()
        elif isinstance(node, IndexedOp):
            node.detach()
            node.erase()
    erase_dead(block)


def _ordered(assignment: Assignment) -> list[Group | Operation]:
    """Producers before consumers; among those that are ready, the first of the program."""
    missing = [len(assignment.needs(n)) for n in range(len(assignment.nodes))]
    needed_by: list[list[int]] = [[] for _ in assignment.nodes]
    for number in range(len(assignment.nodes)):
        for other in sorted(assignment.needs(number)):
            needed_by[other].append(number)
    ready = [n for n, count in enumerate(missing) if count == 0]
    order: list[Group | Operation] = []
    while ready:
        number = heappop(ready)
        order.append(assignment.nodes[number])
        for user in needed_by[number]:
            missing[user] -= 1
            if missing[user] == 0:
                heappush(ready, user)
    return order


@dataclass(frozen=True)
class _Work:
    """Work that a group stands for."""

    name: str
    reads: tuple[tuple[int, int], ...]
    """What comes from outside, in order: the operation of the group and its operand."""


class _Made:
    """The groups that there are so far, by what they compute."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._by_ops: dict[Hashable, _Work] = {}
        self._by_body: dict[Hashable, str] = {}

    def group_op(self, group: Group) -> GroupOp:
        """The group as an operation; outside uses of its results are moved to it."""
        inside = set(group.ops)
        outputs = [op.results[0] for op in group.ops if _leaves(op, inside)]
        key = work_of(group.ops, outputs)
        body: Region | None = None
        if key not in self._by_ops:
            self._by_ops[key], body = self._new(group, outputs)
        work = self._by_ops[key]
        inputs = [_read(group.ops[number], index) for number, index in work.reads]
        types = [value.type for value in outputs]
        result = GroupOp(work.name, inputs, types, body, origin_of(group.ops))
        result.location = group.ops[0].location
        for old, new in zip(outputs, result.outputs, strict=True):
            old.replace_uses_with_if(new, lambda use: use.operation not in inside)
        return result

    def indexed_op(self, op: IndexedOp) -> GroupOp:
        """The group of a gather or a scatter; uses of its result are moved to it."""
        body = indexed_body(op)
        structure = structure_of_body(body.block)
        is_new = structure not in self._by_body
        if is_new:
            rows = shape_of(op).extents
            name = f"{kind_of([op])}_{sizes_text(rows)}"
            self._by_body[structure] = unique(name, self._taken)
        name, types = self._by_body[structure], [op.result.type]
        inputs, origin = list(op.operands), origin_of([op])
        result = GroupOp(name, inputs, types, body if is_new else None, origin)
        result.location = op.location
        op.result.replace_all_uses_with(result.outputs[0])
        return result

    def _new(self, group: Group, outputs: Sequence[SSAValue]) -> tuple[_Work, Region | None]:
        """Work that no group was built of; its body if there is none that computes the same."""
        builder = _Body(group)
        for op in group.ops:
            builder.clone(op)
        builder.block.add_op(YieldOp([builder.values[value] for value in outputs]))
        fuse_elementwise(builder.block)
        if repeat_cheap(builder.block):
            fuse_elementwise(builder.block)
        erase_dead(builder.block)
        structure = structure_of_body(builder.block)
        is_new = structure not in self._by_body
        if is_new:
            name = group_name(group.ops, group.contraction, builder.extents)
            self._by_body[structure] = unique(name, self._taken)
        work = _Work(self._by_body[structure], tuple(builder.reads))
        return work, Region(builder.block) if is_new else None


def _read(op: Operation, index: int) -> SSAValue:
    """The tensor from outside that an operand reads, behind its padding if it has one."""
    value = op.operands[index]
    is_padded = isinstance(value.owner, tensor.PadOp) and is_windowed(op, index)
    return value.owner.operands[0] if is_padded else value


def _leaves(op: Operation, inside: set[Operation]) -> bool:
    """Whether anything outside the group reads the result."""
    return any(use.operation not in inside for use in op.results[0].uses)


_Key: TypeAlias = "tuple[SSAValue, tuple[int, ...] | tuple[Operation, int]]"
"""An outside tensor, and the dimensions of the group that walk it or the operand that it is."""


class _Body:
    """A group's body under construction.

    An outside tensor becomes one block argument for each way in which it is laid out in the
    scratchpad: the operands of a contraction, and what is read through windows, have one of their
    own, others share one per order of the group's dimensions.
    """

    def __init__(self, group: Group) -> None:
        self.group = group
        self.block = Block()
        self.reads: list[tuple[int, int]] = []
        """The operation and operand that each block argument is read by first."""
        self.values: dict[SSAValue, SSAValue] = {}
        self._arguments: dict[_Key, SSAValue] = {}
        root = group.contraction.op if group.contraction is not None else None
        self._space = build(group.ops, root, share_inputs=root is None)

    @property
    def extents(self) -> tuple[int, ...]:
        """The extents of the group's loops."""
        return self._space.extents

    def clone(self, op: Operation) -> None:
        """Appends a copy of `op` that reads block arguments and values of the body."""
        mapped = [self._operand(op, index) for index in range(len(op.operands))]
        copy = op.clone()
        copy.operands = mapped
        self.block.add_op(copy)
        self.values[op.results[0]] = copy.results[0]

    def _operand(self, op: Operation, index: int) -> SSAValue:
        value = op.operands[index]
        if value in self.values:
            return self.values[value]
        if is_windowed(op, index):
            return self._windowed(op, index)
        is_constant = isinstance(value.owner, FillOp | tensor.EmptyOp | arith.ConstantOp)
        if is_constant and not is_loaded(op, index):
            assert isinstance(value.owner, Operation)
            return self._own_copy(value.owner)
        return self._argument(op, index)

    def _own_copy(self, op: Operation) -> SSAValue:
        """A copy of a fill, an empty tensor or a constant, and of what it reads, for one use."""
        mapped = [self._own_copy(v.owner) for v in op.operands if isinstance(v.owner, Operation)]
        copy = op.clone()
        copy.operands = mapped
        self.block.add_op(copy)
        return copy.results[0]

    def _windowed(self, op: Operation, index: int) -> SSAValue:
        """A tensor that is read through windows, behind a padding of its own if it has one."""
        pad = op.operands[index].owner
        if not isinstance(pad, tensor.PadOp):
            return self._new_argument((op.operands[index], (op, index)), op, index)
        copy = pad.clone()
        copy.operands[0] = self._new_argument((pad.source, (op, index)), op, index)
        self.block.add_op(copy)
        return copy.result

    def _argument(self, op: Operation, index: int) -> SSAValue:
        value = op.operands[index]
        contraction = self.group.contraction
        if contraction is not None and op is contraction.op:
            return self._new_argument((value, (op, index)), op, index)
        return self._new_argument((value, self._space.operand_dims(op, index)), op, index)

    def _new_argument(self, key: _Key, op: Operation, index: int) -> SSAValue:
        """The argument for a tensor and how it is read, made if it is not there."""
        if key not in self._arguments:
            value, _ = key
            self.reads.append((self.group.ops.index(op), index))
            argument = self.block.insert_arg(value.type, len(self.block.args))
            argument.name_hint = value.name_hint
            self._arguments[key] = argument
        return self._arguments[key]
