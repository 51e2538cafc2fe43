"""The rules of sums, products, quotients and choices of values with errors.

Every rule holds for errors of any size, not to first order only. The error of a result is what the
operands' errors can make of it, and half a unit in the last place for the rounding itself.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from npu.runtime.rounding.pairs import LEAST, UNIT, Doubles, Mask, Pairs, pairs

Rule = Callable[[Pairs, Pairs], Pairs]
"""From two operands to the result."""


def result(
    operands: tuple[Pairs, ...],
    value: Doubles,
    propagated: Doubles | float,
    units: float = 1.0,
    infinite: Mask | None = None,
) -> Pairs:
    """The rounded result; `infinite` says where an infinite `value` is certain in spite of errors.

    A value computed of a certain NaN, or of nothing but certainties, is certain.
    """
    own = units * UNIT * (np.abs(value) + propagated) + (LEAST if units else 0.0)
    if _is_plain(value) and all(_is_plain(operand["error"]) for operand in operands):
        return pairs(value, propagated + own)
    settled = np.ones((), np.bool_)
    spoilt = doubtful = np.zeros((), np.bool_)
    for operand in operands:
        sure = operand["error"] == 0
        settled = settled & sure
        spoilt = spoilt | (sure & np.isnan(operand["value"]))
        doubtful = doubtful | np.isinf(operand["error"])
    certain = (settled | spoilt) & np.isnan(value)
    sure = settled if infinite is None else settled | infinite
    certain = certain | (sure & np.isinf(value))
    own = np.where(np.isfinite(value), own, LEAST if units else 0.0)
    return pairs(value, np.where(doubtful, np.inf, propagated + own), certain)


def _is_plain(values: Doubles) -> bool:
    """Whether all are numbers; a test that takes less time than the rules for others."""
    return bool(np.abs(values).max(initial=0.0) < np.inf)


def times(x: Doubles, y: Doubles) -> Doubles:
    """The product of two magnitudes, in which 0 wins against infinity."""
    return np.where((x == 0) | (y == 0), 0.0, x * y)


def is_nonzero(x: Pairs) -> Mask:
    """Where the sign is certain."""
    return np.abs(x["value"]) > x["error"]


def is_infinite(x: Pairs) -> Mask:
    """Where the value is certainly infinite."""
    return np.isinf(x["value"]) & (x["error"] == 0)


def add(a: Pairs, b: Pairs) -> Pairs:
    """a + b."""
    infinite = is_infinite(a) | is_infinite(b)
    return result((a, b), a["value"] + b["value"], a["error"] + b["error"], 1.0, infinite)


def negate(a: Pairs) -> Pairs:
    """-a, exact."""
    return pairs(-a["value"], a["error"], a["error"] == 0)


def subtract(a: Pairs, b: Pairs) -> Pairs:
    """a - b."""
    return add(a, negate(b))


def multiply(a: Pairs, b: Pairs) -> Pairs:
    """a * b."""
    return result((a, b), *_product(a, b), 1.0, is_nonzero(a) & is_nonzero(b))


def _product(a: Pairs, b: Pairs) -> tuple[Doubles, Doubles]:
    """The exact product and what the operands' errors make of it."""
    left, right = np.abs(a["value"]), np.abs(b["value"])
    first, second = times(a["error"], right), times(left, b["error"])
    return a["value"] * b["value"], first + second + times(a["error"], b["error"])


def divide(a: Pairs, b: Pairs) -> Pairs:
    """a / b; in doubt where b may be 0."""
    value = a["value"] / b["value"]
    least = np.abs(b["value"]) - b["error"]
    share = (a["error"] + times(np.abs(value), b["error"])) / least
    propagated = np.where(least > 0, share, np.where(b["error"] == 0, 0.0, np.inf))
    by_zero = (b["value"] == 0) & (b["error"] == 0) & is_nonzero(a)
    return result((a, b), value, propagated, 1.0, by_zero | (is_infinite(a) & (least > 0)))


def fused_multiply_add(a: Pairs, b: Pairs, c: Pairs) -> Pairs:
    """a * b + c, rounded once."""
    product, propagated = _product(a, b)
    return result((a, b, c), product + c["value"], propagated + c["error"])


def absolute(a: Pairs) -> Pairs:
    """|a|, exact."""
    return pairs(np.abs(a["value"]), a["error"], a["error"] == 0)


def extremum(function: Callable[[Doubles, Doubles], Doubles], weak_zero: float) -> Rule:
    """The larger or the smaller: one of the two, exactly; of either where both are possible.

    Of two zeros the one that is not `weak_zero` wins.
    """

    def rule(a: Pairs, b: Pairs) -> Pairs:
        value = function(a["value"], b["value"])
        zeros = (a["value"] == 0) & (b["value"] == 0)
        weak = np.signbit(a["value"]) & np.signbit(b["value"])
        if not np.signbit(weak_zero):
            weak = ~(np.signbit(a["value"]) | np.signbit(b["value"]))
        value = np.where(zeros, np.where(weak, weak_zero, -weak_zero), value)
        apart = np.abs(a["value"] - b["value"]) > a["error"] + b["error"]
        chosen = np.where(value == a["value"], a["error"], b["error"])
        error = np.where(apart, chosen, np.maximum(a["error"], b["error"]))
        sure = (a["error"] == 0) & (b["error"] == 0)
        spoilt = np.isnan(value) & ~np.isinf(a["error"] + b["error"])
        return pairs(value, error, sure | spoilt | (apart & (chosen == 0)))

    return rule
