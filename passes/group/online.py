"""Sums that run beside the reduction that they depend on: one sweep instead of two.

    m = max(x);  s = sum(exp(x - m))         mean = sum(x) / n;  q = sum((x - mean)^2)

In a sweep each tile takes the row value as it is so far, and what was added up ahead of it is
mended first (`rescale.py` has the forms). What tiles hand on is written in place:

    m' = max(m, x)                           p' = p + d;   d = (the tile's mean - p) * k / (n + k)
    s  = s * exp(m - m') + sum(exp(x - m'))  q  = q - d * (2 s - n d) + sum((x - p')^2)
    m  = m'                                  s  = s - n d + sum(x - p');   n = n + k;   p = p'

Powers. A row that starts with -inf has no largest number yet: its powers are taken of x itself,
which is 0, and behind the sweep, if it stays so, the sum becomes what it is in one piece: NaN.

Moments. k is the count of a tile. Squares are added up about a pivot near the mean of what has been
seen, not about 0, and the pivot moves with it: nothing cancels that is large beside the sum (Chan,
Golub and LeVeque combine parts of a sample so). Which row values the source subtracts does not
matter until the sweep is over: then the sums about the pivot become those about them, exactly but
for rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from math import prod
from typing import Protocol

from xdsl.dialects import arith
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import Rewriter

from npu.passes.group.iteration_space import loop_extents, reduction_loops
from npu.passes.group.rescale import Form, Power, Shifted, Squared, summed_term
from npu.passes.group.row_code import Scalar
from npu.passes.group.value_numbers import ValueNumbers


class Emitter(Protocol):
    """The body under construction."""

    def rows(
        self,
        inputs: Sequence[SSAValue],
        compute: Callable[..., Scalar],
        onto: SSAValue | None = None,
    ) -> SSAValue:
        """An elementwise operation on row values (`row_code.on_rows`)."""
        ...

    def filled(self, like: SSAValue, number: float) -> SSAValue:
        """A number for each row."""
        ...

    def running(self, shift: SSAValue) -> SSAValue:
        """What a row value is so far, computed again of the reductions of this sweep."""
        ...

    def changed(
        self, op: GenericOp, onto: SSAValue, values: dict[SSAValue, SSAValue]
    ) -> tuple[GenericOp, dict[Operation, Operation]]:
        """A copy of a sum that adds to `onto`, of other `values`; and of what each is a copy."""
        ...

    def final(self, value: SSAValue) -> SSAValue:
        """A row value of the source behind the sweep."""
        ...


class State(Protocol):
    """What the tiles of a row hand on for some sums."""

    def start(self) -> None:
        """Ahead of the sweep."""
        ...

    def update(self) -> None:
        """In the sweep, for each tile, behind the reductions that the sums depend on."""
        ...

    def finish(self, op: Operation) -> SSAValue:
        """The sum that the source asks for, behind the sweep."""
        ...


def states_of(sums: dict[Operation, Form], emitter: Emitter) -> list[tuple[State, set[Operation]]]:
    """The states of the sums of one sweep: one for all powers of one shift, or moments of one x."""
    numbers = ValueNumbers()
    found: dict[Hashable, list[GenericOp]] = {}
    for op, form in sums.items():
        assert isinstance(op, GenericOp)
        key = _state_key(form, numbers)
        found.setdefault(key, []).append(op)
    states: list[tuple[State, set[Operation]]] = []
    for ops in found.values():
        form = sums[ops[0]]
        if isinstance(form, Power):
            states.append((_Powers(ops, form.shift, emitter), set(ops)))
            continue
        forms = {op: form for op in ops if isinstance(form := sums[op], Shifted)}
        states.append((_Moments(forms, emitter), set(ops)))
    return states


def _state_key(form: Form, numbers: ValueNumbers) -> Hashable:
    """Equal for sums that share a state."""
    if isinstance(form, Power):
        return form.shift
    return numbers.scalar(form.operations[0].operands[0])


class _Powers:
    """Sums of exp(x - shift)."""

    def __init__(self, ops: Sequence[GenericOp], shift: SSAValue, emitter: Emitter) -> None:
        self._ops, self._shift, self._emitter = ops, shift, emitter
        self._totals: dict[Operation, SSAValue] = {}

    def start(self) -> None:
        emit = self._emitter
        self._taken = emit.filled(self._shift, float("-inf"))
        self._totals = {op: emit.filled(self._shift, 0.0) for op in self._ops}

    def update(self) -> None:
        emit = self._emitter
        so_far = emit.running(self._shift)
        shift = emit.rows([so_far], _not_minus_infinity)
        for op in self._ops:
            onto = emit.rows([self._taken, shift], _mended_power, onto=self._totals[op])
            self._totals[op] = emit.changed(op, onto, {self._shift: shift})[0].results[0]
        self._taken = emit.rows([shift], _first, onto=self._taken)

    def finish(self, op: Operation) -> SSAValue:
        emit = self._emitter
        given = [self._totals[op], self._taken, emit.final(self._shift)]
        start = emit.final(op.operands[-1])
        return emit.rows([*given, start], _in_one_piece)


def _first(value: Scalar, _: Scalar) -> Scalar:
    return value


def _both(more: Scalar, so_far: Scalar) -> Scalar:
    return so_far + more


def _not_minus_infinity(value: Scalar) -> Scalar:
    return value.unless(value, float("-inf"), value.constant(0.0))


def _in_one_piece(total: Scalar, taken: Scalar, shift: Scalar, start: Scalar) -> Scalar:
    """What the source's sum is; `taken` and `shift` differ where the latter is -inf."""
    return total * (taken - shift).exp() + start


def _mended_power(taken: Scalar, shift: Scalar, total: Scalar) -> Scalar:
    """The sum so far with another shift; nothing stays nothing, however far the shift goes."""
    return (total * (taken - shift).exp()).unless(total, 0.0, total)


class _Moments:
    """Sums of x - v and of (x - v)^2."""

    def __init__(self, forms: dict[GenericOp, Shifted], emitter: Emitter) -> None:
        self._forms, self._emitter = forms, emitter
        self._op, self._form = next(iter(forms.items()))
        self._squared = next((op for op, f in forms.items() if isinstance(f, Squared)), None)
        self._length = prod(loop_extents(self._op)[d] for d in reduction_loops(self._op))

    def start(self) -> None:
        like = self._form.shifts[0]
        names = ("count", "pivot", "sum", "squares")
        self._held = {name: self._emitter.filled(like, 0.0) for name in names}

    def update(self) -> None:
        emit, held = self._emitter, self._held
        count = self._of_tile(lambda x: x.constant(1.0))
        mean = self._of_tile(lambda x: x * x.constant(1.0 / self._length))
        given = [count, mean, held["count"], held["pivot"]]
        pivot = emit.rows(given, self._next_pivot)
        old = [held["count"], held["pivot"], pivot]
        if self._squared is not None:
            held["squares"] = emit.rows([held["sum"], *old], _mended_squares, onto=held["squares"])
        held["sum"] = emit.rows(old, _mended_sum, onto=held["sum"])
        held["count"] = emit.rows([count], _both, onto=held["count"])
        held["pivot"] = emit.rows([pivot], _first, onto=held["pivot"])
        held["sum"] = self._added(self._op, held["sum"], pivot, is_squared=False)
        if self._squared is not None:
            held["squares"] = self._added(self._squared, held["squares"], pivot, is_squared=True)

    def finish(self, op: Operation) -> SSAValue:
        assert isinstance(op, GenericOp)
        emit, held, form = self._emitter, self._held, self._forms[op]
        shifts = [emit.final(shift) for shift in form.shifts]
        given = [*shifts, held["pivot"], held["count"], held["sum"]]
        start = emit.final(op.operands[-1])
        if not isinstance(form, Squared):
            return emit.rows([*given, start], _about)
        return emit.rows([*given, held["squares"], start], _squares_about)

    def _next_pivot(self, k: Scalar, mean: Scalar, n: Scalar, p: Scalar) -> Scalar:
        """The mean of what has been seen, this tile included.

        The tile's sum is of the whole row's shares of the mean, so that it does not overflow.
        """
        return p + (mean * (k.constant(float(self._length)) / k) - p) * (k / (n + k))

    def _of_tile(self, compute: Callable[[Scalar], Scalar]) -> SSAValue:
        """The sum over a tile of something of each x."""
        onto = self._emitter.filled(self._form.shifts[0], 0.0)
        anything = dict.fromkeys(self._form.shifts, onto)
        op, copies = self._emitter.changed(self._op, onto, anything)
        _leave_out([copies[old] for old in self._form.operations])
        term = summed_term(op)
        last = op.body.block.last_op
        assert term is not None
        assert last is not None
        add = last.operands[0].owner
        assert isinstance(add, Operation)
        block = op.body.block
        add.detach()
        last.detach()
        made = compute(Scalar(block, term))
        new = arith.AddfOp(made.value, block.args[-1])
        block.add_ops([new, last])
        last.operands[0] = new.result
        add.erase()
        return op.results[0]

    def _added(
        self, op: GenericOp, onto: SSAValue, pivot: SSAValue, *, is_squared: bool
    ) -> SSAValue:
        """The sum `onto` of earlier tiles, and of x - pivot, or its square, of this one."""
        form = self._forms[op]
        copy, copies = self._emitter.changed(op, onto, dict.fromkeys(form.shifts, pivot))
        is_kept = [
            o is form.operations[0] or (is_squared and _is_product(o)) for o in form.operations
        ]
        left_out = [o for o, kept in zip(form.operations, is_kept, strict=True) if not kept]
        _leave_out([copies[old] for old in left_out])
        return copy.results[0]


def _mended_sum(n: Scalar, p: Scalar, q: Scalar, total: Scalar) -> Scalar:
    """The sum so far about another pivot."""
    return total + n * (p - q)


def _mended_squares(s: Scalar, n: Scalar, p: Scalar, q: Scalar, squares: Scalar) -> Scalar:
    """The sum of squares so far about another pivot."""
    moved = p - q
    return squares + moved * (s + s + n * moved)


def _about(*operands: Scalar) -> Scalar:
    """The sum of x about the shifts."""
    *shifts, pivot, count, total, start = operands
    return total + count * _distance(pivot, shifts) + start


def _squares_about(*operands: Scalar) -> Scalar:
    """The sum of squares about the shifts; rounding leaves none below 0."""
    *shifts, pivot, count, total, squares, start = operands
    moved = _distance(pivot, shifts)
    found = squares + moved * (total + total + count * moved)
    return found.at_least(found.constant(0.0)) + start


def _distance(pivot: Scalar, shifts: Sequence[Scalar]) -> Scalar:
    """From the shifts to the pivot."""
    for shift in shifts:
        pivot = pivot - shift
    return pivot


def _is_product(op: Operation) -> bool:
    return isinstance(op, arith.MulfOp)


def _leave_out(ops: Sequence[Operation]) -> None:
    """Lets the first operands of `ops` stand in their place."""
    for op in ops:
        Rewriter.replace_op(op, [], [op.operands[0]])
