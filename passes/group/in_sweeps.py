"""The copy of a group's body in which each sweep over the tiles of a row has its own operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import FloatAttr, f32
from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.ir import Block, Operation, SSAValue

from npu.dialects.npu import YieldOp
from npu.passes.group.iteration_space import IterationSpace, reduction_loops
from npu.passes.group.marks import set_in_place, set_sweep
from npu.passes.group.online import State, states_of
from npu.passes.group.row_code import Scalar, on_rows
from npu.passes.group.sweeps import BETWEEN, Sweeps


def in_sweeps(block: Block, ops: Sequence[Operation], space: IterationSpace) -> Block:
    """A copy of a group's body in which each sweep has its own operations, in order.

    Those that run for each tile are marked with their sweep (`marks.py`).
    """
    return _Copy(block, ops, Sweeps(ops, space)).made


class _Copy:
    """The copy under construction; what `online.py` writes its code with."""

    def __init__(self, block: Block, ops: Sequence[Operation], sweeps: Sweeps) -> None:
        self._ops, self._sweeps = ops, sweeps
        self.made = Block(arg_types=[argument.type for argument in block.args])
        self._values: dict[SSAValue, SSAValue] = dict(zip(block.args, self.made.args, strict=True))
        """What stands for a value of the source, of whole rows or of the sweep at hand."""
        for old, new in self._values.items():
            new.name_hint = old.name_hint
        self._sweep: int | None = None
        """The sweep to which operations are added."""
        self._states: dict[Operation, State] = {}
        assert block.last_op is not None
        self._yielded = tuple(block.last_op.operands)
        self._add_between(-1)
        for number in range(max(sweeps.of.values()) + 1):
            self._add_sweep(number)
            self._add_between(number)
        self.made.add_op(YieldOp([self._values[value] for value in self._yielded]))

    def _add_between(self, number: int) -> None:
        """What is there behind sweep `number` and is in none, sums that are to be finished."""
        of = self._sweeps.of
        for op in self._ops:
            if of[op] == BETWEEN and self._sweeps.behind(op) == number:
                self._clone(op, self._values)
            elif of[op] == number and op in self._states:
                self._values[op.results[0]] = self._states[op].finish(op)

    def _add_sweep(self, number: int) -> None:
        """What ends in sweep `number`, and again what it is computed of."""
        ends = [op for op in self._ops if self._sweeps.of[op] == number and self._ends(op)]
        sums = {op: form for op, form in self._sweeps.online.items() if op in ends}
        states = states_of(sums, self)
        for state, ops in states:
            self._states |= dict.fromkeys(ops, state)
            state.start()
        self._sweep = number
        needed = self._needed([op for op in ends if op not in sums])
        inside = dict(self._values)
        for op in self._ops:
            if op in needed:
                self._clone(op, inside)
        for op in ends:
            if op not in sums:
                self._values[op.results[0]] = inside[op.results[0]]
        for state, _ in states:
            state.update()
        self._sweep = None

    def _ends(self, op: Operation) -> bool:
        return bool(reduction_loops(op)) or op.results[0] in self._yielded

    def _needed(self, ends: Sequence[Operation]) -> set[Operation]:
        """The operations of a sweep: `ends` and the elementwise ones that they are computed of."""
        found, pending = set(ends), list(ends)
        while pending:
            owners = [value.owner for value in pending.pop().operands]
            again = [o for o in owners if isinstance(o, Operation) and self._is_of_tile(o)]
            pending += [op for op in again if op not in found]
            found.update(again)
        return found

    def _is_of_tile(self, op: Operation) -> bool:
        """Whether the result is a tile's, which is gone when its sweep is over."""
        return self._sweeps.of.get(op, BETWEEN) != BETWEEN and not reduction_loops(op)

    def _clone(self, op: Operation, values: dict[SSAValue, SSAValue]) -> Operation:
        mapped = [self._operand(value, values) for value in op.operands]
        copy = op.clone()
        copy.operands = mapped
        values[op.results[0]] = copy.results[0]
        return self._add(copy)

    def _operand(self, value: SSAValue, values: dict[SSAValue, SSAValue]) -> SSAValue:
        """What stands for an operand; a constant or an empty tensor is copied for each use."""
        if value in values:
            return values[value]
        owner = value.owner
        assert isinstance(owner, Operation)
        self._clone(owner, once := {})
        return once[value]

    def _add(self, op: Operation) -> Operation:
        self.made.add_op(op)
        if self._sweep is not None and isinstance(op, GenericOp | FillOp):
            set_sweep(op, self._sweep)
        return op

    def rows(
        self,
        inputs: Sequence[SSAValue],
        compute: Callable[..., Scalar],
        onto: SSAValue | None = None,
    ) -> SSAValue:
        """An elementwise operation on row values (`row_code.on_rows`)."""
        op = [self._add(op) for op in on_rows(inputs, compute, onto)][-1]
        if onto is not None:
            set_in_place(op)
        return op.results[0]

    def filled(self, like: SSAValue, number: float) -> SSAValue:
        """A number for each row."""
        constant = arith.ConstantOp(FloatAttr(number, f32))
        empty = tensor.EmptyOp([], like.type)
        fill = FillOp([constant.result], [empty.tensor], [like.type])
        return [self._add(op) for op in (constant, empty, fill)][-1].results[0]

    def running(self, shift: SSAValue) -> SSAValue:
        """What a row value is so far, computed again of the reductions of this sweep."""
        if shift in self._values:
            return self._values[shift]
        op = shift.owner
        assert isinstance(op, GenericOp)
        inside = dict(self._values)
        inside |= {v: self.running(v) for v in op.inputs if isinstance(v.owner, GenericOp)}
        return self._clone(op, inside).results[0]

    def changed(
        self, op: GenericOp, onto: SSAValue, values: dict[SSAValue, SSAValue]
    ) -> tuple[GenericOp, dict[Operation, Operation]]:
        """A copy of a sum that adds to `onto`, of other `values`; and of what each is a copy."""
        inside = {**self._values, **values, op.operands[-1]: onto}
        needed = self._needed([op])
        copies: dict[Operation, Operation] = {}
        made: Operation = op
        for source in (o for o in self._ops if o in needed):
            made = self._clone(source, inside)
            if isinstance(source, GenericOp) and isinstance(made, GenericOp):
                copies |= dict(zip(source.body.block.ops, made.body.block.ops, strict=True))
        assert isinstance(made, GenericOp)
        return made, copies

    def final(self, value: SSAValue) -> SSAValue:
        """A row value of the source behind the sweep."""
        return self._operand(value, self._values)
