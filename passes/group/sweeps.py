"""Rows that are cut: a vector group's operations as sweeps over the tiles of a row.

A reduction is complete only behind the last tile. So operations that walk reduced dimensions fall
into sweeps, each a loop over the tiles of a row: what needs a row's reduction stands in a later
sweep than it. Between sweeps stand operations on the reduced values. A tile does not outlive its
iteration: elementwise work that several sweeps need is done again in each.

    m = max(x);  e = exp(x - m);  s = sum(e);  y = e / s

becomes

    sweep 0: m = max(x), and beside it s = sum(exp(x - m))
    sweep 1: y = exp(x - m) / s

A sum that depends on an earlier reduction of its row in a form that can be mended (`rescale.py`)
needs no sweep of its own: it runs beside that reduction (`online.py`). Any other one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from npu.passes.group.contraction import Contraction
from npu.passes.group.iteration_space import IterationSpace, reduction_loops
from npu.passes.group.marks import sweep_of
from npu.passes.group.rescale import Form, Power, form_of, is_of_maximum

BETWEEN = -1
"""The sweep of an operation that is in none: it works on whole rows' results."""


@dataclass(frozen=True)
class Stage:
    """What runs together: a contraction and vector code behind it, or vector code alone.

    That is all of a group's, a part of it (`tree.py`), a sweep's, or what is between two sweeps.
    """

    ops: tuple[Operation, ...]
    """The vector code."""
    is_sweep: bool
    """Whether it runs once for each tile of a row."""
    contraction: Contraction | None = None
    """What the arrays do ahead of the vector code."""
    own: tuple[int, ...] = ()
    """The dimensions whose loops stand around this stage alone, where it has a contraction."""

    @property
    def every(self) -> tuple[Operation, ...]:
        """All operations, in order."""
        return self.ops if self.contraction is None else (self.contraction.op, *self.ops)

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
        self.online: dict[Operation, Form] = {}
        """The sums that run beside a reduction that they depend on, and how they depend on it."""
        for op in ops:
            self._place(op)

    def _place(self, op: Operation) -> None:
        first = max((self._earliest(value) for value in op.operands), default=0)
        if not self.walks_rows(op):
            self.of[op] = BETWEEN
            self._complete[op.results[0]] = first - 1
        elif reduction_loops(op):
            form = self._form(op, first - 1)
            if form is not None:
                first -= 1
                self.online[op] = form
            self.of[op] = self._complete[op.results[0]] = first
        else:
            self.of[op] = self._first[op.results[0]] = first

    def _earliest(self, value: SSAValue) -> int:
        """The first sweep that can read a value."""
        return self._first.get(value, self._complete.get(value, -1) + 1)

    def _form(self, op: Operation, sweep: int) -> Form | None:
        """How a sum depends on what is complete behind `sweep` only; None if it cannot run in it.

        Powers are of maxima that are no sums of this kind themselves: then none overflows.
        """

        def is_known(value: SSAValue) -> bool:
            return self._earliest(value) <= sweep

        def is_row_value(value: SSAValue) -> bool:
            return self._complete.get(value, -1) == sweep and value.type == op.results[0].type

        form = form_of(op, is_known, is_row_value) if sweep >= 0 else None
        if isinstance(form, Power) and not is_of_maximum(form.shift, is_known):
            return None
        return form

    def walks_rows(self, op: Operation) -> bool:
        """Whether an operation loops over reduced dimensions."""
        return any(self._space.reduced[dim] for dim in self._space.op_dims[op])

    def behind(self, op: Operation) -> int:
        """The sweep behind which an operation that is in none can run; -1 if ahead of all."""
        return self._complete[op.results[0]]


def stages_of(ops: Sequence[Operation]) -> tuple[Stage, ...]:
    """The stages of a body made by `in_sweeps`, in order."""
    runs = groupby(ops, key=sweep_of)
    return tuple(Stage(tuple(run), is_sweep=sweep is not None) for sweep, run in runs)


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
