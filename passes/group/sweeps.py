"""Rows that are cut: a vector group's operations as sweeps over the tiles of a row.

A reduction is complete only behind the last tile. So operations that walk reduced dimensions fall
into sweeps, each a loop over the tiles of a row: what needs a row's reduction stands in a later
sweep than it. Between sweeps stand operations on the reduced values. A tile does not outlive its
iteration: elementwise work that several sweeps need is done again in each.

    m = max(x);  e = exp(x - m);  s = sum(e);  y = e / s

becomes

    sweep 0: m = max(x)
    sweep 1: s = sum(exp(x - m))
    sweep 2: y = exp(x - m) / s
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from npu.dialects.npu import YieldOp
from npu.passes.group.iteration_space import IterationSpace, reduction_loops

BETWEEN = -1
"""The sweep of an operation that is in none: it works on whole rows' results."""


@dataclass(frozen=True)
class Stage:
    """Operations that run together: all of a group's, those of a sweep, or those between two."""

    ops: tuple[Operation, ...]
    is_sweep: bool
    """Whether it runs once for each tile of a row."""

    @property
    def reduces(self) -> bool:
        """Whether a tile adds to what the tiles before it left."""
        return any(reduction_loops(op) for op in self.ops)


class Sweeps:
    """Which sweep each operation of a group belongs to."""

    def __init__(self, ops: Iterable[Operation], space: IterationSpace) -> None:
        self._space = space
        self._complete: dict[SSAValue, int] = {}
        """Of a value of whole rows: the sweep behind which it is there; -1 if ahead of all."""
        self._first: dict[SSAValue, int] = {}
        """Of a value that a row's tiles hold: the first sweep in which it can be computed."""
        self.of: dict[Operation, int] = {}
        """The first sweep in which an operation can run; `BETWEEN` for those of none."""
        for op in ops:
            self._place(op)

    def _place(self, op: Operation) -> None:
        first = max((self._earliest(value) for value in op.operands), default=0)
        if not self.walks_rows(op):
            self.of[op] = BETWEEN
            self._complete[op.results[0]] = first - 1
        elif reduction_loops(op):
            self.of[op] = self._complete[op.results[0]] = first
        else:
            self.of[op] = self._first[op.results[0]] = first

    def _earliest(self, value: SSAValue) -> int:
        """The first sweep that can read a value."""
        return self._first.get(value, self._complete.get(value, -1) + 1)

    def walks_rows(self, op: Operation) -> bool:
        """Whether an operation loops over reduced dimensions."""
        return any(self._space.reduced[dim] for dim in self._space.op_dims[op])

    def behind(self, op: Operation) -> int:
        """The sweep behind which an operation that is in none can run; -1 if ahead of all."""
        return self._complete[op.results[0]]


def in_sweeps(block: Block, ops: Sequence[Operation], space: IterationSpace) -> Block:
    """A copy of a group's body in which each sweep has its own operations, in order."""
    return _Copy(block, ops, Sweeps(ops, space)).made


class _Copy:
    """The copy under construction."""

    def __init__(self, block: Block, ops: Sequence[Operation], sweeps: Sweeps) -> None:
        self._ops, self._sweeps = ops, sweeps
        self.made = Block(arg_types=[argument.type for argument in block.args])
        self._values: dict[SSAValue, SSAValue] = dict(zip(block.args, self.made.args, strict=True))
        for old, new in self._values.items():
            new.name_hint = old.name_hint
        assert block.last_op is not None
        self._yielded = tuple(block.last_op.operands)
        self._between(-1)
        for number in range(max(sweeps.of.values()) + 1):
            self._sweep(number)
            self._between(number)
        self.made.add_op(YieldOp([self._values[value] for value in self._yielded]))

    def _between(self, number: int) -> None:
        """What is there behind sweep `number` and is in none."""
        of = self._sweeps.of
        for op in self._ops:
            if of[op] == BETWEEN and self._sweeps.behind(op) == number:
                self._clone(op, self._values)

    def _sweep(self, number: int) -> None:
        """What ends in sweep `number`, and again what it is computed of."""
        ends = [op for op in self._ops if self._sweeps.of[op] == number and self._ends(op)]
        needed = self._needed(ends)
        inside = dict(self._values)
        for op in self._ops:
            if op in needed:
                self._clone(op, inside)
        for op in ends:
            self._values[op.results[0]] = inside[op.results[0]]

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

    def _clone(self, op: Operation, values: dict[SSAValue, SSAValue]) -> None:
        mapped = [self._operand(value, values) for value in op.operands]
        copy = op.clone()
        copy.operands = mapped
        self.made.add_op(copy)
        values[op.results[0]] = copy.results[0]

    def _operand(self, value: SSAValue, values: dict[SSAValue, SSAValue]) -> SSAValue:
        """What stands for an operand; a constant or an empty tensor is copied for each use."""
        if value in values:
            return values[value]
        owner = value.owner
        assert isinstance(owner, Operation)
        self._clone(owner, once := {})
        return once[value]


def stages_of(block: Block, ops: Sequence[Operation], space: IterationSpace) -> tuple[Stage, ...]:
    """The stages of a body made by `in_sweeps`, in order."""
    sweeps = Sweeps(ops, space)
    assert block.last_op is not None
    number: dict[Operation, int] = {}
    for op in reversed(ops):
        of = sweeps.of[op]
        ends = reduction_loops(op) or op.results[0] in block.last_op.operands
        # Elementwise work stands in the sweep of its readers, not in the first that could do it.
        users = [number[use.operation] for use in op.results[0].uses if use.operation in number]
        number[op] = of if of == BETWEEN or ends else min(users)
    runs = groupby(ops, key=number.__getitem__)
    return tuple(Stage(tuple(run), is_sweep=sweep != BETWEEN) for sweep, run in runs)


def own_arguments(
    block: Block, space: IterationSpace, stages: Sequence[Stage]
) -> tuple[tuple[BlockArgument, int], ...]:
    """Gives each sweep a block argument of its own for each tensor whose tiles it reads.

    Returns all arguments, in order, each with the number of the one that it was made of.
    """
    found = [(argument, argument.index) for argument in block.args]
    sweeps = [stage for stage in stages if stage.is_sweep]
    for argument, number in list(found):
        for reads in _further_sweeps(argument, space, sweeps):
            own = block.insert_arg(argument.type, len(block.args))
            own.name_hint = argument.name_hint
            found.append((own, number))
            for op, index in reads:
                op.operands[index] = own
    return tuple(found)


def _further_sweeps(
    argument: BlockArgument, space: IterationSpace, sweeps: Sequence[Stage]
) -> list[list[tuple[Operation, int]]]:
    """Where each sweep but the first one reads tiles of an argument; (operation, operand)."""
    reads = [
        [(op, i) for op in stage.ops for i, v in enumerate(op.operands) if v is argument]
        for stage in sweeps
    ]
    walking = [
        found
        for found in reads
        if found and any(space.reduced[d] for d in space.operand_dims(*found[0]))
    ]
    return walking[1:]
