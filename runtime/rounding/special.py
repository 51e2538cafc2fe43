"""The rules of the functions that are computed in f64 and rounded once, and of rounding to whole.

Of a function that goes one way, what the operand's error makes of it is what it is at the ends of
the operand's range; where an end lies outside of what the function is defined on, anything may be.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from npu.codegen.special import RELATIVE_ERROR
from npu.runtime.rounding.arithmetic import is_nonzero, result, times
from npu.runtime.rounding.pairs import UNIT, Doubles, Mask, Pairs, pairs

Function = Callable[[Doubles], Doubles]

_CEILING = 200.0
"""e^200 is beyond float32 and within float64: no larger argument need be computed."""


def own(name: str) -> float:
    """The error of a function's own, in units of a rounding."""
    return RELATIVE_ERROR[name] / UNIT


def ends(a: Pairs) -> tuple[Doubles, Doubles]:
    """The least and the most that the operand may be."""
    return a["value"] - a["error"], a["value"] + a["error"]


def apart(error: Doubles, value: Doubles, *others: Doubles) -> Doubles:
    """How far the others are from the value at most; without an operand's error, not at all."""
    farthest = np.zeros_like(value)
    for other in others:
        same = other == value
        farthest = np.maximum(farthest, np.where(same, 0.0, np.abs(other - value)))
    farthest = np.where(np.isnan(farthest), np.inf, farthest)
    return np.where(error == 0, 0.0, farthest)


def monotone(name: str, function: Function) -> Callable[[Pairs], Pairs]:
    """A function that goes one way wherever it is defined."""

    def rule(a: Pairs) -> Pairs:
        value = function(a["value"])
        low, high = ends(a)
        return result(
            (a,), value, apart(a["error"], value, function(low), function(high)), own(name)
        )

    return rule


def exponential(name: str, function: Function, scale: float = 1.0) -> Callable[[Pairs], Pairs]:
    """One that grows as e^(scale x) does, for any argument."""
    return monotone(name, lambda x: function(np.minimum(x, _CEILING / scale)))


def hyperbolic_cosine(a: Pairs) -> Pairs:
    """cosh(a), of which only the magnitude counts."""
    size = np.abs(a["value"])
    value, low, high = (
        np.cosh(np.minimum(x, _CEILING))
        for x in (size, np.maximum(size - a["error"], 0.0), size + a["error"])
    )
    return result((a,), value, apart(a["error"], value, low, high), own("cosh"))


def hyperbolic_sine(a: Pairs) -> Pairs:
    """sinh(a)."""
    return monotone("sinh", lambda x: np.sinh(np.clip(x, -_CEILING, _CEILING)))(a)


def wave(name: str, function: Function) -> Callable[[Pairs], Pairs]:
    """sin and cos, which nowhere change faster than their operand."""

    def rule(a: Pairs) -> Pairs:
        return result((a,), function(a["value"]), np.minimum(a["error"], 2.0), own(name))

    return rule


def tangent(a: Pairs) -> Pairs:
    """tan(a); in doubt where there may be a pole between."""
    value = np.tan(a["value"])
    low, high = ends(a)
    turns = [np.floor(x / np.pi + 0.5) for x in (low, high)]
    propagated = apart(a["error"], value, np.tan(low), np.tan(high))
    doubtful = (turns[0] != turns[1]) & (a["error"] > 0)
    return result((a,), value, np.where(doubtful, np.inf, propagated), own("tan"))


def angle(y: Pairs, x: Pairs) -> Pairs:
    """atan2(y, x): a whole turn in doubt where y may change its sign, or both may be 0."""
    value = np.arctan2(y["value"], x["value"])
    size, error = np.hypot(y["value"], x["value"]), np.hypot(y["error"], x["error"])
    share = np.divide(error, size, out=np.ones_like(value), where=size > 0)
    moved = np.where(share < 1, np.arcsin(np.minimum(share, 1.0)), 2 * np.pi)
    crosses = ~is_nonzero(y) & (x["value"] - x["error"] <= 0)
    propagated = np.where(crosses, 2 * np.pi, moved)
    return result((y, x), value, np.where(error == 0, 0.0, propagated), own("atan2"))


def power(base: Pairs, exponent: Pairs) -> Pairs:
    """base^exponent of any two numbers; in doubt where a base may be negative and errors decide."""
    value = np.power(base["value"], exponent["value"])
    size = np.abs(base["value"])
    corners = [
        np.power(
            np.maximum(size + s * base["error"], 0.0), exponent["value"] + t * exponent["error"]
        )
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    errors = base["error"] + exponent["error"]
    propagated = apart(errors, np.abs(value), *corners)
    settled = (base["value"] > base["error"]) | (is_nonzero(base) & (exponent["error"] == 0))
    doubtful = (errors > 0) & ~settled
    return result((base, exponent), value, np.where(doubtful, np.inf, propagated), own("powf"))


def remainder(a: Pairs, b: Pairs) -> Pairs:
    """fmod(a, b), exact: n errors of the divisor, and all of it where the errors decide n."""
    value = np.fmod(a["value"], b["value"])
    size = np.abs(b["value"])
    room = a["error"] + times(np.ceil(np.abs(a["value"] / b["value"])), b["error"])
    decided = np.minimum(np.abs(value), size - np.abs(value)) > room
    error = np.where(decided, room, room + size)
    certain = (a["error"] == 0) & (b["error"] == 0)
    return pairs(value, np.where(certain, 0.0, error), certain)


def whole_number(function: Function) -> Callable[[Pairs], Pairs]:
    """Rounding to a whole number, exact: of whatever number the operand may be."""

    def rule(a: Pairs) -> Pairs:
        value = function(a["value"])
        propagated = apart(a["error"], value, *map(function, ends(a)))
        return pairs(value, propagated, a["error"] == 0)

    return rule


def copy_sign(size: Pairs, sign: Pairs) -> Pairs:
    """The magnitude of one with the sign of the other; either sign where that is in doubt."""
    value = np.copysign(size["value"], sign["value"])
    doubtful: Mask = ~is_nonzero(sign) & (sign["error"] > 0)
    error = size["error"] + np.where(doubtful, 2 * np.abs(value), 0.0)
    return pairs(value, error, (size["error"] == 0) & ~doubtful)
