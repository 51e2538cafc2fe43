"""x^y of two vectors: e^(y ln |x|) in f64, with the sign and the special values of C's pow."""

from __future__ import annotations

import math
from collections.abc import Callable

from npu.codegen.functions.exponentials import power_of_e
from npu.codegen.functions.logarithms import logarithm
from npu.codegen.functions.wide import Wide, replaced, signed_as, size_of
from npu.codegen.llvm_ir import Value, f32, i64
from npu.codegen.rvv import Rvv

_EVEN = 2.0**24
"""From here on every float is an even whole number."""

_LARGE = 2.0**127
"""Stands for an infinite exponent: any power but that of 1 is infinite or 0 well before."""


def power(rvv: Rvv, x: Value, y: Value, vl: Value) -> Value:
    """x^y."""
    wide = Wide(rvv, vl)
    exponent = _limited(rvv, y, _LARGE, vl)
    product = wide.multiply(_logarithm(wide, x), wide.of(exponent))
    zero, one = (rvv.compare("vmfeq", v, f32(n), vl) for v, n in ((y, 0.0), (x, 1.0)))
    product = wide.where(rvv.mask_logic("vmor", zero, one, vl), 0.0, product)
    return _signed(rvv, x, y, wide.narrow(power_of_e(wide, product)), vl)


def power_of(base: float) -> Callable[[Rvv, Value, Value], Value]:
    """base^y of a constant base, an f32 that is positive, finite and not 1."""

    def emit(rvv: Rvv, y: Value, vl: Value) -> Value:
        wide = Wide(rvv, vl)
        return wide.narrow(power_of_e(wide, wide.multiply(wide.of(y), math.log(base))))

    return emit


def _logarithm(wide: Wide, x: Value) -> Value:
    """ln |x| of any `x`."""
    size = size_of(wide.rvv, x, wide.vl)
    given = wide.of(size)
    finite = wide.rvv.compare("vmflt", size, f32(math.inf), wide.vl)
    found = wide.where(finite, logarithm(wide, given), given)
    return wide.where(wide.compare("vmfeq", given, 0.0), -math.inf, found)


def _limited(rvv: Rvv, y: Value, limit: float, vl: Value) -> Value:
    """`y` with a magnitude of at most `limit`; NaN stays."""
    size = size_of(rvv, y, vl)
    return signed_as(rvv, replaced(rvv, "vmfgt", size, limit, limit, size, vl), y, vl)


def _signed(rvv: Rvv, x: Value, y: Value, result: Value, vl: Value) -> Value:
    """Negative for an odd exponent of a base with a sign; NaN for one that is not whole.

    The magnitude of a power of minus infinity is right as it is, whatever the exponent.
    """
    near = _limited(rvv, y, _EVEN, vl)
    whole = rvv.unary("vfcvt.x.f.v", near, vl, rvv.integers)
    odd = rvv.binary("vsll", whole, i64(31), vl)
    integers = rvv.builder.bitcast(x, rvv.integers), rvv.builder.bitcast(result, rvv.integers)
    sign = rvv.binary("vand", odd, integers[0], vl)
    signed = rvv.builder.bitcast(rvv.binary("vor", integers[1], sign, vl), rvv.vector)
    fraction = rvv.compare("vmfne", rvv.unary("vfcvt.f.x.v", whole, vl, rvv.vector), near, vl)
    negative = rvv.compare("vmflt", x, f32(0.0), vl)
    finite = rvv.compare("vmfgt", x, f32(-math.inf), vl)
    rootless = rvv.mask_logic("vmand", negative, finite, vl)
    return rvv.merge(signed, f32(math.nan), rvv.mask_logic("vmand", fraction, rootless, vl), vl)
