"""exp2, expm1, sinh, cosh: e^y with y = n ln 2 + r and a polynomial in r, in f64."""

from __future__ import annotations

import math

from npu.codegen.functions.wide import MANTISSA_BITS, ROUND, Wide, signed_as, size_of
from npu.codegen.llvm_ir import Value
from npu.codegen.rvv import Rvv

_LN2 = math.log(2.0)

_BIASED = ROUND + 1023
"""Rounds as `ROUND` does, and adds the bias of exponents to the whole number."""

_LIMIT = 200.0
"""e^200 is infinite in f32, and e^-200 is 0."""

_REST = (
    0.49999999999910355, 0.16666666719038256, 0.04166666685323129, 0.00833329846693055,
    0.0013888824252625525, 0.00019899287508694217, 2.4876116776764918e-05,
)  # fmt: skip
"""(e^r - 1 - r) / r^2 for |r| <= ln(2)/2, lowest power first; 2.6e-11."""


def _split(wide: Wide, y: Value) -> tuple[Value, Value]:
    """(e^r - 1, 2^n) with y = n ln 2 + r and |r| <= ln(2)/2; `y` beyond the limit is at it."""
    y = wide.limited(y, -_LIMIT, _LIMIT)
    whole, bits = wide.nearest(wide.multiply(y, 1 / _LN2), _BIASED)
    rest = wide.fused(_LN2, whole, y, name="vfnmsac")
    curve = wide.polynomial(_REST, rest)
    power = wide.fused(wide.multiply(rest, rest), curve, rest)
    return power, wide.from_bits(wide.integers("vsll", bits, MANTISSA_BITS))


def power_of_e(wide: Wide, y: Value) -> Value:
    """e^y within 1e-11 of relative error."""
    power, scale = _split(wide, y)
    return wide.fused(scale, power, scale)


def _power_less_one(wide: Wide, y: Value) -> Value:
    """e^y - 1 within 1e-11 of relative error."""
    power, scale = _split(wide, y)
    return wide.fused(scale, power, wide.subtract(scale, 1.0))


def exp2(rvv: Rvv, x: Value, vl: Value) -> Value:
    """2^x; of a whole number exact."""
    wide = Wide(rvv, vl)
    return wide.narrow(power_of_e(wide, wide.multiply(wide.of(x), _LN2)))


def expm1(rvv: Rvv, x: Value, vl: Value) -> Value:
    """e^x - 1."""
    wide = Wide(rvv, vl)
    return signed_as(rvv, wide.narrow(_power_less_one(wide, wide.of(x))), x, vl)


def sinh(rvv: Rvv, x: Value, vl: Value) -> Value:
    """(e^x - e^-x) / 2 as (p + p / (p + 1)) / 2 with p = e^|x| - 1."""
    wide = Wide(rvv, vl)
    power = _power_less_one(wide, wide.of(size_of(rvv, x, vl)))
    twice = wide.add(wide.divide(power, wide.add(power, 1.0)), power)
    return signed_as(rvv, wide.narrow(wide.multiply(twice, 0.5)), x, vl)


def cosh(rvv: Rvv, x: Value, vl: Value) -> Value:
    """(e^x + e^-x) / 2."""
    wide = Wide(rvv, vl)
    power = power_of_e(wide, wide.of(size_of(rvv, x, vl)))
    return wide.narrow(wide.multiply(wide.add(wide.divide(1.0, power), power), 0.5))
