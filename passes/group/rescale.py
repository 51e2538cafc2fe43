"""Sums that depend on a row value in a way that can be mended when the value changes.

A sum over a row often needs another reduction of the same row, which is complete only behind the
last tile: the largest element, the mean. Where the sum's terms are of one of these forms in a row
value v, a tile may take what v is so far; what was added up before is mended when v changes:

| form | the sum so far, when v becomes w |
|---|---|
| `Power`: exp(x - v), or that times what does not depend on v | times exp(v - w) |
| `Shifted`: x - v | plus count * (v - w) |
| `Squared`: (x - v)^2 | plus (v - w) * (2 * the sum of x - v, + count * (v - w)) |

x is any expression of the row's elements. In the last two forms several row values may be
subtracted, x - v - w. Here sums are looked at; `online.py` makes code of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xdsl.dialects import arith, math
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import BlockArgument, Operation, SSAValue

from npu.passes.group.iteration_space import reduction_loops


@dataclass(frozen=True)
class Shifted:
    """x - v, or x minus several row values."""

    shifts: tuple[SSAValue, ...]
    """The row values, in the order in which they are subtracted."""
    operations: tuple[Operation, ...]
    """The subtractions, and the product of a square, in the bodies that they stand in."""


@dataclass(frozen=True)
class Squared(Shifted):
    """(x - v)^2."""


@dataclass(frozen=True)
class Power:
    """exp(x - v), times what does not depend on v."""

    shift: SSAValue


Form = Power | Shifted
"""How a term depends on row values that are not there yet."""


@dataclass(frozen=True)
class _Known:
    """What is there."""


@dataclass(frozen=True)
class _RowValue:
    """A row value that is not there yet."""

    tensor: SSAValue


_Found = _Known | _RowValue | Form | None
"""None for a dependence of no known form."""

_KNOWN = _Known()

Test = Callable[[SSAValue], bool]


def form_of(op: Operation, is_known: Test, is_row_value: Test) -> Form | None:
    """The form of a sum's terms; None of another operation, and if they have none of the forms.

    `is_known` says of a tensor that a tile may read it, `is_row_value` that it is a value of whole
    rows, and not there yet. Anything else is looked into.
    """
    term = summed_term(op)
    if term is None:
        return None
    assert isinstance(op, GenericOp)
    found = _Walk(is_known, is_row_value).scalar(op, term)
    return found if isinstance(found, Power | Shifted) else None


def summed_term(op: Operation) -> SSAValue | None:
    """What a reduction adds to its element, if that is all that it does."""
    if not isinstance(op, GenericOp) or not reduction_loops(op):
        return None
    block = op.body.block
    assert block.last_op is not None
    add, element = block.last_op.operands[0].owner, block.args[-1]
    if not isinstance(add, arith.AddfOp) or element not in add.operands:
        return None
    term = add.rhs if add.lhs is element else add.lhs
    return term if element.has_one_use() and term is not element else None


class _Walk:
    """Looks into what a term is computed of."""

    def __init__(self, is_known: Test, is_row_value: Test) -> None:
        self._is_known, self._is_row_value = is_known, is_row_value
        self._found: dict[SSAValue, _Found] = {}

    def scalar(self, op: GenericOp, value: SSAValue) -> _Found:
        """A scalar of the body of `op`."""
        if value not in self._found:
            self._found[value] = self._look(op, value)
        return self._found[value]

    def _look(self, op: GenericOp, value: SSAValue) -> _Found:
        if isinstance(value, BlockArgument):
            return self._tensor(op.operands[value.index])
        assert isinstance(value.owner, Operation)
        return _combined(value.owner, [self.scalar(op, v) for v in value.owner.operands])

    def _tensor(self, tensor: SSAValue) -> _Found:
        if self._is_row_value(tensor):
            return _RowValue(tensor)
        if self._is_known(tensor):
            return _KNOWN
        producer = tensor.owner
        if not isinstance(producer, GenericOp) or reduction_loops(producer):
            return None
        last = producer.body.block.last_op
        assert last is not None
        return self.scalar(producer, last.operands[0])


def _combined(op: Operation, operands: list[_Found]) -> _Found:
    """The form of a result, from those of the operands."""
    if all(operand is _KNOWN for operand in operands):
        return _KNOWN
    found: _Found = None
    match op, operands:
        case arith.SubfOp(), [_Known(), _RowValue(tensor)]:
            found = Shifted((tensor,), (op,))
        case arith.SubfOp(), [Shifted() as left, _RowValue(tensor)] if type(left) is Shifted:
            found = Shifted((*left.shifts, tensor), (*left.operations, op))
        case arith.MulfOp(), [Shifted() as left, _] if _is_square(op, left):
            found = Squared(left.shifts, (*left.operations, op))
        case math.ExpOp(), [Shifted() as exponent] if _is_one_shift(exponent):
            found = Power(exponent.shifts[0])
        case ((arith.MulfOp() | arith.DivfOp()), [Power() as power, _Known()]):
            found = power
        case arith.MulfOp(), [_Known(), Power() as power]:
            found = power
        case _:
            pass
    return found


def _is_square(op: Operation, operand: Shifted) -> bool:
    return op.operands[0] is op.operands[1] and type(operand) is Shifted


def _is_one_shift(operand: Shifted) -> bool:
    return len(operand.shifts) == 1 and type(operand) is Shifted


_KEEPS_ORDER = (arith.ConstantOp, arith.CmpfOp, arith.SelectOp, arith.MaximumfOp, math.AbsFOp)
"""What may make a shift of a maximum: clamping it, and another number for an infinite one."""


def is_of_maximum(shift: SSAValue, is_there: Test) -> bool:
    """Whether a row value is the maximum of a row, clamped or chosen; others must be there."""
    if is_there(shift):
        return True
    op = shift.owner
    if not isinstance(op, GenericOp):
        return False
    *body, last = op.body.block.ops
    if reduction_loops(op):
        best = last.operands[0].owner
        return isinstance(best, arith.MaximumfOp) and op.body.block.args[-1] in best.operands
    is_plain = all(isinstance(inner, _KEEPS_ORDER) for inner in body)
    return is_plain and all(is_of_maximum(value, is_there) for value in op.inputs)
