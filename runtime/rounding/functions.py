"""The rules of roots, powers, exp, tanh and erf.

What a function adds of its own is half a unit in the last place where the hardware rounds correctly
(square roots), and the bound that `npu.codegen.special` states for exp, tanh and erf.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce

import numpy as np

from npu.codegen.special import RELATIVE_ERROR
from npu.runtime.rounding.arithmetic import divide, is_infinite, is_nonzero, multiply, result, times
from npu.runtime.rounding.pairs import UNIT, Doubles, Pairs, exact, pairs

PAIRED_UNITS = 1.001
"""Of the rounding of a pair, and what its products lose, of which each is below u/1000."""

Function = Callable[[Doubles], Doubles]

_ERF = np.vectorize(math.erf, otypes=[np.float64])

_EXP_CEILING = 200.0
"""e^200 is beyond float32 and within float64: no larger argument need be computed."""


def square_root(a: Pairs, *, units: float = 1.0) -> Pairs:
    """sqrt(a); in doubt where a may be negative and may be not. `units` are those of rounding."""
    size, error = np.abs(a["value"]), a["error"]
    root, least = np.sqrt(a["value"]), np.sqrt(np.maximum(size - error, 0.0))
    propagated = np.where(error == 0, 0.0, error / (np.sqrt(size) + least))
    doubtful = (a["value"] <= error) & (a["value"] > -error) & (error > 0)
    negative = pairs(np.full_like(root, np.nan), np.float64(0.0))
    found = result((a,), root, np.where(doubtful, np.inf, propagated), units, is_infinite(a))
    return np.where(a["value"] < -error, negative, found)


def reciprocal_root(a: Pairs) -> Pairs:
    """1 / sqrt(a), rounded once."""
    return divide(exact(np.ones(())), square_root(a, units=0.0))


def exponential(a: Pairs) -> Pairs:
    """e^a."""
    value = np.exp(np.minimum(a["value"], _EXP_CEILING))
    highest = np.exp(np.minimum(a["value"] + a["error"], _EXP_CEILING))
    # The difference of the two, without loss; below, float64 itself has no digits left.
    propagated = np.where(value < 1e-300, highest, times(value, np.expm1(a["error"])))
    return result((a,), value, propagated, RELATIVE_ERROR["exp"] / UNIT)


def hyperbolic_tangent(a: Pairs) -> Pairs:
    """tanh(a)."""
    return _steepest_at_zero("tanh", a, np.tanh, lambda x: 1 / np.cosh(np.minimum(x, 300.0)) ** 2)


def error_function(a: Pairs) -> Pairs:
    """erf(a)."""
    return _steepest_at_zero("erf", a, _ERF, lambda x: 2 / np.sqrt(np.pi) * np.exp(-x * x))


def _steepest_at_zero(name: str, a: Pairs, function: Function, slope: Function) -> Pairs:
    """The point nearest to 0 that `a` may be bounds the slope."""
    nearest = np.maximum(np.abs(a["value"]) - a["error"], 0.0)
    propagated = times(slope(nearest), a["error"])
    return result((a,), function(a["value"]), propagated, RELATIVE_ERROR[name] / UNIT)


def power(base: Pairs, exponent: float) -> Pairs:
    """base^exponent for n, n + 1/2 and their negatives (`npu.codegen.constant_powers`).

    1, 2 and 3 are plain products; others are computed in pairs of f32 and rounded once.
    """
    if exponent in {1.0, 2.0, 3.0}:
        return reduce(multiply, [base] * int(exponent))
    size, error = np.abs(base["value"]), base["error"]
    value = np.power(base["value"], exponent)
    steepest = np.power(np.maximum(size - error, 0.0) if exponent < 0 else size + error, exponent)
    propagated = np.where(error == 0, 0.0, steepest - np.power(size, exponent))
    if exponent % 1:
        # A number that may be negative has no root, perhaps.
        propagated = np.where((size <= error) & (error > 0), np.inf, propagated)
    return result((base,), value, propagated, PAIRED_UNITS, is_nonzero(base))
