"""The rules of special functions that are one formula in f64 (`npu.codegen.functions.formulas`).

Values are the formula's own in numpy. What the operand's error makes of them follows from how the
function goes: one way, one way in its size, or nowhere faster than a bound.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from npu.codegen.functions.formulas import CROSS_ZERO, OF_FORMULAS
from npu.dialects import npu
from npu.runtime.reference.formulas import of_formula
from npu.runtime.rounding.arithmetic import result
from npu.runtime.rounding.pairs import Doubles, Mask, Pairs
from npu.runtime.rounding.special import apart, ends, own

Rule = Callable[..., Pairs]


def _found(name: str, operands: tuple[Pairs, ...], value: Doubles, moved: Doubles) -> Pairs:
    """A result that its operands' errors have `moved`."""
    more = OF_FORMULAS if name in CROSS_ZERO else 0.0
    return result(operands, value, moved + more, own(name))


def _one_way(name: str) -> Rule:
    """Upwards or downwards wherever it is defined."""
    function = of_formula(name)

    def rule(a: Pairs) -> Pairs:
        value = function(a["value"])
        return _found(name, (a,), value, apart(a["error"], value, *map(function, ends(a))))

    return rule


def _by_size(name: str) -> Rule:
    """One way in the operand's size."""
    function = of_formula(name)

    def rule(a: Pairs) -> Pairs:
        size = np.abs(a["value"])
        low, high = np.maximum(size - a["error"], 0.0), size + a["error"]
        value = function(size)
        return _found(name, (a,), value, apart(a["error"], value, function(low), function(high)))

    return rule


def _bounded(name: str) -> Rule:
    """Nowhere faster than its operand, and within 1 of 0."""
    function = of_formula(name)

    def rule(a: Pairs) -> Pairs:
        return _found(name, (a,), function(a["value"]), np.minimum(a["error"], 2.0))

    return rule


def _second_kind(name: str) -> Rule:
    """Y0 and Y1, which nowhere change faster than 1 + 1 / x^2; in doubt from 0 down."""
    function = of_formula(name)

    def rule(a: Pairs) -> Pairs:
        low = ends(a)[0]
        steepest = np.where(low > 0, 1 + 1 / (low * low), np.inf)
        moved = np.where(a["error"] == 0, 0.0, steepest * a["error"])
        return _found(name, (a,), function(a["value"]), moved)

    return rule


def _digamma(a: Pairs) -> Pairs:
    """Upwards between poles; in doubt where one may be between."""
    function = of_formula("digamma")
    value = function(a["value"])
    moved = apart(a["error"], value, *map(function, ends(a)))
    return _found("digamma", (a,), value, np.where(_meets_pole(a), np.inf, moved))


def _meets_pole(a: Pairs) -> Mask:
    """Whether the operand may lie on either side of a whole number that is not positive."""
    low, high = ends(a)
    return (a["error"] > 0) & (low <= 0) & (np.ceil(low) <= np.floor(np.minimum(high, 0.0)))


def _lgamma(a: Pairs) -> Pairs:
    """Its slope, digamma, is steepest at an end; in doubt where a pole may be between."""
    slope = of_formula("digamma")
    steepest = np.maximum(*(np.abs(slope(end)) for end in ends(a)))
    moved = np.where(a["error"] == 0, 0.0, steepest * a["error"])
    moved = np.where(_meets_pole(a), np.inf, moved)
    return _found("lgamma", (a,), of_formula("lgamma")(a["value"]), moved)


def _zeta(a: Pairs, b: Pairs) -> Pairs:
    """Downwards in both."""
    function = of_formula("zeta")
    value = function(a["value"], b["value"])
    corners = [function(x, y) for x in ends(a) for y in ends(b)]
    return _found("zeta", (a, b), value, apart(a["error"] + b["error"], value, *corners))


FORMULA_RULES: dict[type, Rule] = {
    npu.LgammaOp: _lgamma,
    npu.DigammaOp: _digamma,
    npu.ZetaOp: _zeta,
    npu.ErfcxOp: _one_way("erfcx"),
    npu.ErfinvOp: _one_way("erfinv"),
    npu.NdtriOp: _one_way("ndtri"),
    npu.BesselJ0Op: _bounded("bessel_j0"),
    npu.BesselJ1Op: _bounded("bessel_j1"),
    npu.BesselY0Op: _second_kind("bessel_y0"),
    npu.BesselY1Op: _second_kind("bessel_y1"),
    npu.I0Op: _by_size("i0"),
    npu.I0eOp: _by_size("i0e"),
    npu.I1Op: _one_way("i1"),
    npu.I1eOp: _bounded("i1e"),
    npu.K0Op: _one_way("k0"),
    npu.K0eOp: _one_way("k0e"),
    npu.K1Op: _one_way("k1"),
    npu.K1eOp: _one_way("k1e"),
}
