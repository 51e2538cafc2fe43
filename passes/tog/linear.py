"""Integer arithmetic of the graph analysis: linear forms over loop induction variables.

A `Linear` is a constant plus whole multiples of *atoms*: an induction variable, or a linear form
divided (rounded down) or reduced modulo a positive number. A form has one representation: terms
are sorted, equal ones added up. Bounds come from the values the induction variables take, so that
`(2 * (i floordiv 256) + k floordiv 128) mod 2` is `k floordiv 128` when `k` takes 0 and 128 only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Ranges: TypeAlias = "Mapping[int, tuple[int, int]]"
"""Smallest and largest value of each induction variable, by number."""

_Key: TypeAlias = "tuple[object, ...]"


@dataclass(frozen=True)
class IvAtom:
    """The induction variable number `index`."""

    index: int


@dataclass(frozen=True)
class DivAtom:
    """`form` divided by `divisor`, rounded down."""

    form: Linear
    divisor: int


@dataclass(frozen=True)
class ModAtom:
    """`form` modulo `divisor`, never negative."""

    form: Linear
    divisor: int


Atom = IvAtom | DivAtom | ModAtom


@dataclass(frozen=True)
class Linear:
    """`constant` plus the sum of factor times atom."""

    constant: int
    terms: tuple[tuple[Atom, int], ...] = ()

    def plus(self, other: Linear) -> Linear:
        """The sum."""
        return _collect(self.constant + other.constant, (*self.terms, *other.terms))

    def times(self, factor: int) -> Linear:
        """The product with a number."""
        return _collect(self.constant * factor, tuple((a, f * factor) for a, f in self.terms))

    def floordiv(self, divisor: int, ranges: Ranges) -> Linear:
        """The quotient by a positive number, rounded down."""
        whole = Linear(
            self.constant // divisor,
            tuple((a, f // divisor) for a, f in self.terms if f % divisor == 0),
        )
        rest = Linear(self.constant % divisor, tuple((a, f) for a, f in self.terms if f % divisor))
        low, high = rest.bounds(ranges)
        if low // divisor == high // divisor:
            return whole.plus(Linear(low // divisor))
        return whole.plus(Linear(0, ((DivAtom(rest, divisor), 1),)))

    def mod(self, divisor: int, ranges: Ranges) -> Linear:
        """The rest of the division by a positive number; never negative."""
        rest = Linear(
            self.constant % divisor,
            tuple((a, f % divisor) for a, f in self.terms if f % divisor),
        )
        low, high = rest.bounds(ranges)
        if low // divisor == high // divisor:
            return rest.plus(Linear(-(low // divisor) * divisor))
        return Linear(0, ((ModAtom(rest, divisor), 1),))

    def bounds(self, ranges: Ranges) -> tuple[int, int]:
        """A value not above the smallest and one not below the largest; exact on single points."""
        low = high = self.constant
        for atom, factor in self.terms:
            ends = [factor * end for end in _atom_bounds(atom, ranges)]
            low, high = low + min(ends), high + max(ends)
        return low, high

    def ivs(self) -> frozenset[int]:
        """The induction variables it depends on."""
        found: set[int] = set()
        for atom, _ in self.terms:
            found |= {atom.index} if isinstance(atom, IvAtom) else atom.form.ivs()
        return frozenset(found)


def _collect(constant: int, terms: tuple[tuple[Atom, int], ...]) -> Linear:
    """The form with equal atoms added up and zero terms left out, sorted."""
    factors: dict[Atom, int] = {}
    for atom, factor in terms:
        factors[atom] = factors.get(atom, 0) + factor
    kept = [(atom, factor) for atom, factor in factors.items() if factor]
    return Linear(constant, tuple(sorted(kept, key=lambda term: _atom_key(term[0]))))


def _atom_key(atom: Atom) -> _Key:
    """Induction variables first, outermost first; then quotients, then remainders."""
    match atom:
        case IvAtom(index):
            return (0, index)
        case DivAtom(form, divisor):
            return (1, divisor, _form_key(form))
        case ModAtom(form, divisor):
            return (2, divisor, _form_key(form))


def _form_key(form: Linear) -> _Key:
    return (form.constant, tuple((_atom_key(atom), factor) for atom, factor in form.terms))


def _atom_bounds(atom: Atom, ranges: Ranges) -> tuple[int, int]:
    """As `Linear.bounds`."""
    match atom:
        case IvAtom(index):
            return ranges[index]
        case DivAtom(form, divisor):
            low, high = form.bounds(ranges)
            return low // divisor, high // divisor
        case ModAtom(form, divisor):
            low, high = form.bounds(ranges)
            if low // divisor == high // divisor:
                return low % divisor, high % divisor
            return 0, divisor - 1
