"""Minima of linear forms: the sizes of partial tiles.

A `Minimum` is the smallest of some linear forms, raised to 0 where it is `clamped`: the size of a
piece that lies past the end of a partial tile. What can never be the smallest is dropped, so that
a loop without a partial tile gives plain numbers. Sums, products with a positive number and
quotients go inside; what has no such form raises `NoFormError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from npu.passes.tog.linear import Linear, Ranges


class NoFormError(Exception):
    """An expression is no minimum of linear forms; the message says which operation failed."""


@dataclass(frozen=True)
class Minimum:
    """The smallest of `forms`; one form is just that form."""

    forms: tuple[Linear, ...]
    clamped: bool = False
    """Whether 0 stands in place of a negative value."""

    @property
    def constant(self) -> int | None:
        """Its value if it is a number."""
        if len(self.forms) != 1 or self.forms[0].terms:
            return None
        value = self.forms[0].constant
        return max(0, value) if self.clamped else value

    def ivs(self) -> frozenset[int]:
        """The induction variables it depends on."""
        return frozenset(iv for form in self.forms for iv in form.ivs())

    def bounds(self, ranges: Ranges) -> tuple[int, int]:
        """A value not above the smallest and one not below the largest; exact on single points."""
        ends = [form.bounds(ranges) for form in self.forms]
        low, high = min(low for low, _ in ends), min(high for _, high in ends)
        return (max(0, low), max(0, high)) if self.clamped else (low, high)

    def plus(self, other: Minimum, ranges: Ranges) -> Minimum:
        """The sum. Raises NoFormError where one side is clamped and the other not 0."""
        if self.constant == 0:
            return other
        if other.constant == 0:
            return self
        if self.clamped or other.clamped:
            raise NoFormError("a sum with a size that may be empty")
        return smallest((a.plus(b) for a in self.forms for b in other.forms), ranges)

    def minus(self, other: Minimum, ranges: Ranges) -> Minimum:
        """The difference, also `p - min(q, p)`, which is `p - q` or 0 if that is negative."""
        if len(other.forms) == 1 and not other.clamped:
            return self.plus(Minimum((other.forms[0].times(-1),)), ranges)
        rest = [form for form in other.forms if form not in self.forms]
        if _set(smallest((*rest, *self.forms), ranges)) != _set(other) or len(rest) > 1:
            raise NoFormError("a difference of two minima")
        taken = next(iter(rest), None)
        if taken is None:
            return number(0)
        if self.clamped and taken.bounds(ranges)[0] < 0:
            raise NoFormError("a difference with a size that may be empty")
        back = taken.times(-1)
        return smallest((form.plus(back) for form in self.forms), ranges, clamped=True)

    def times(self, factor: int, ranges: Ranges) -> Minimum:
        """The product. Raises NoFormError for a negative multiple of a true minimum."""
        if factor < 0 and (self.clamped or len(self.forms) > 1):
            raise NoFormError("a negative multiple of a minimum")
        return smallest((f.times(factor) for f in self.forms), ranges, clamped=self.clamped)

    def floordiv(self, divisor: int, ranges: Ranges) -> Minimum:
        """The quotient by a positive number, rounded down."""
        _check_divisor(divisor)
        forms = (form.floordiv(divisor, ranges) for form in self.forms)
        return smallest(forms, ranges, clamped=self.clamped)

    def mod(self, divisor: int, ranges: Ranges) -> Minimum:
        """The remainder. Raises NoFormError for that of a true minimum."""
        _check_divisor(divisor)
        form, *others = self.forms
        if self.clamped or others:
            raise NoFormError("a remainder of a minimum")
        return Minimum((form.mod(divisor, ranges),))


def number(value: int) -> Minimum:
    """A number as a minimum."""
    return Minimum((Linear(value),))


def smallest(forms: Iterable[Linear], ranges: Ranges, *, clamped: bool = False) -> Minimum:
    """The minimum of forms over the given ranges, without those that are never the only smallest.

    A form goes when another one, earlier in order if they are equal, is never above it.
    """
    kept: list[Linear] = []
    for form in forms:
        if any(_never_above(other, form, ranges) for other in kept):
            continue
        kept = [other for other in kept if not _never_above(form, other, ranges)]
        kept.append(form)
    may_be_negative = any(form.bounds(ranges)[0] < 0 for form in kept)
    return Minimum(tuple(kept), clamped and may_be_negative)


def smallest_of(minima: Sequence[Minimum], ranges: Ranges) -> Minimum:
    """The smallest of minima. Raises NoFormError for clamped beside possibly negative ones."""
    clamped = any(one.clamped for one in minima)
    if clamped and any(one.bounds(ranges)[0] < 0 for one in minima):
        raise NoFormError("a minimum of a size that may be empty and a negative number")
    return smallest((form for one in minima for form in one.forms), ranges, clamped=clamped)


def _set(minimum: Minimum) -> frozenset[Linear]:
    return frozenset(minimum.forms)


def _never_above(a: Linear, b: Linear, ranges: Ranges) -> bool:
    """Whether a <= b for all values of the induction variables, as far as bounds tell."""
    return b.plus(a.times(-1)).bounds(ranges)[0] >= 0


def _check_divisor(divisor: int) -> None:
    if divisor < 1:
        raise NoFormError(f"a division by {divisor}")
