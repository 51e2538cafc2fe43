"""Integer expressions over loop induction variables: all the arithmetic a graph may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Const:
    """A number."""

    value: int


@dataclass(frozen=True)
class Iv:
    """The induction variable of an enclosing loop, by the loop's name."""

    loop: str


@dataclass(frozen=True)
class Add:
    """`a + b`."""

    a: Expr
    b: Expr


@dataclass(frozen=True)
class Mul:
    """`a * factor`."""

    a: Expr
    factor: int


@dataclass(frozen=True)
class FloorDiv:
    """`a` divided by a positive `divisor`, rounded down."""

    a: Expr
    divisor: int


@dataclass(frozen=True)
class Mod:
    """`a` modulo a positive `divisor`; never negative."""

    a: Expr
    divisor: int


@dataclass(frozen=True)
class Min:
    """The smaller of `a` and `b`."""

    a: Expr
    b: Expr


@dataclass(frozen=True)
class Product:
    """`a * b`: the size of several dimensions taken as one."""

    a: Expr
    b: Expr


Expr = Const | Iv | Add | Mul | FloorDiv | Mod | Min | Product


def operands(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly under `expr`."""
    match expr:
        case Const() | Iv():
            return ()
        case Mul(a) | FloorDiv(a) | Mod(a):
            return (a,)
        case Add(a, b) | Min(a, b) | Product(a, b):
            return (a, b)


def walk(expr: Expr) -> Iterator[Expr]:
    """`expr` and everything under it, each after its operands (the order of evaluation)."""
    for operand in operands(expr):
        yield from walk(operand)
    yield expr


def evaluate(expr: Expr, ivs: Mapping[str, int]) -> int:
    """The value of `expr` with the induction variables `ivs`; what the simulator computes too."""
    match expr:
        case Const(value):
            result = value
        case Iv(loop):
            result = ivs[loop]
        case Add(a, b):
            result = evaluate(a, ivs) + evaluate(b, ivs)
        case Mul(a, factor):
            result = evaluate(a, ivs) * factor
        case FloorDiv(a, divisor):
            result = evaluate(a, ivs) // divisor
        case Mod(a, divisor):
            result = evaluate(a, ivs) % divisor
        case Min(a, b):
            result = min(evaluate(a, ivs), evaluate(b, ivs))
        case Product(a, b):
            result = evaluate(a, ivs) * evaluate(b, ivs)
    return result


def bounds(expr: Expr, ranges: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    """Two values that `expr` stays between, given the ends of each induction variable."""
    if isinstance(expr, Mod):
        return 0, expr.divisor - 1
    match expr:
        case Const(value):
            ends = [value]
        case Iv(loop):
            ends = list(ranges[loop])
        case Mul(a, factor):
            ends = [end * factor for end in bounds(a, ranges)]
        case FloorDiv(a, divisor):
            ends = [end // divisor for end in bounds(a, ranges)]
        case Add(a, b):
            ends = [sum(pair) for pair in zip(bounds(a, ranges), bounds(b, ranges), strict=True)]
        case Min(a, b):
            ends = [min(pair) for pair in zip(bounds(a, ranges), bounds(b, ranges), strict=True)]
        case Product(a, b):
            ends = [one * other for one in bounds(a, ranges) for other in bounds(b, ranges)]
    return min(ends), max(ends)
