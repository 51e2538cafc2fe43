"""Logarithms and the functions made of them: ln(m 2^k) = k ln 2 + 2 atanh((m - 1) / (m + 1)).

m lies between sqrt(1/2) and sqrt(2), so a logarithm near 0 has k = 0 and all its digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from struct import pack, unpack

from npu.codegen.functions.wide import MANTISSA_BITS, Wide, replaced, signed_as, size_of
from npu.codegen.llvm_ir import Value, f32
from npu.codegen.rvv import Rvv

_INFINITY, _NAN = math.inf, math.nan

_LN2 = math.log(2.0)

_LOWEST: int = unpack("<q", pack("<d", math.sqrt(0.5)))[0]
"""The bits of the least m."""

_CURVE = (
    1.9999999999999464, 0.6666666667970274, 0.39999994857936826, 0.28572169400702694,
    0.22174122379745084, 0.1960984419101139,
)  # fmt: skip
"""2 atanh(s) / s as a polynomial in s^2, lowest power first; 2.7e-14."""


def _parts(wide: Wide, x: Value) -> tuple[Value, Value]:
    """(k, m - 1) with x = m 2^k; `x` is positive and finite."""
    bits = wide.bits(x)
    power = wide.integers("vsub", bits, _LOWEST)
    power = wide.integers("vsra", power, MANTISSA_BITS)
    mantissa = wide.integers("vsub", bits, wide.integers("vsll", power, MANTISSA_BITS))
    return wide.from_integers(power), wide.subtract(wide.from_bits(mantissa), 1.0)


def _of_parts(wide: Wide, power: Value, rest: Value) -> Value:
    """ln((1 + rest) 2^power)."""
    share = wide.divide(rest, wide.add(rest, 2.0))
    curve = wide.polynomial(_CURVE, wide.multiply(share, share))
    return wide.fused(share, curve, wide.multiply(power, _LN2))


def logarithm(wide: Wide, x: Value) -> Value:
    """ln(x) within 1e-13 of relative error, of a positive, finite `x`."""
    return _of_parts(wide, *_parts(wide, x))


def _logarithm_of_one_more(wide: Wide, x: Value) -> Value:
    """ln(1 + x); where 1 + x would lose digits of `x`, k is 0 and `x` itself is m - 1."""
    power, rest = _parts(wide, wide.add(x, 1.0))
    return _of_parts(wide, power, wide.where(wide.compare("vmfeq", power, 0.0), x, rest))


def _at_the_ends(rvv: Rvv, x: Value, result: Value, lowest: float, vl: Value) -> Value:
    """`result` with `x` itself where it is infinite or NaN, -inf at `lowest` and NaN below."""
    finite = rvv.compare("vmflt", x, f32(_INFINITY), vl)
    result = rvv.merge(x, result, finite, vl)
    result = replaced(rvv, "vmfeq", x, lowest, -_INFINITY, result, vl)
    return replaced(rvv, "vmflt", x, lowest, _NAN, result, vl)


def _scaled_log(factor: float) -> Callable[[Rvv, Value, Value], Value]:
    """The logarithm times `factor`."""

    def log_of(rvv: Rvv, x: Value, vl: Value) -> Value:
        wide = Wide(rvv, vl)
        result = logarithm(wide, wide.of(x))
        if factor != 1.0:
            result = wide.multiply(result, factor)
        return _at_the_ends(rvv, x, wide.narrow(result), 0.0, vl)

    return log_of


log = _scaled_log(1.0)
log2 = _scaled_log(1 / _LN2)
log10 = _scaled_log(1 / math.log(10.0))


def log1p(rvv: Rvv, x: Value, vl: Value) -> Value:
    """ln(1 + x)."""
    wide = Wide(rvv, vl)
    result = wide.narrow(_logarithm_of_one_more(wide, wide.of(x)))
    return _at_the_ends(rvv, x, signed_as(rvv, result, x, vl), -1.0, vl)


def asinh(rvv: Rvv, x: Value, vl: Value) -> Value:
    """ln(|x| + sqrt(x^2 + 1)) as ln(1 + |x| + x^2 / (1 + sqrt(x^2 + 1))), with the sign of x."""
    wide = Wide(rvv, vl)
    size = wide.of(size_of(rvv, x, vl))
    square = wide.multiply(size, size)
    root = wide.root(wide.add(square, 1.0))
    more = wide.add(wide.divide(square, wide.add(root, 1.0)), size)
    result = signed_as(rvv, wide.narrow(_logarithm_of_one_more(wide, more)), x, vl)
    finite = rvv.compare("vmflt", size_of(rvv, x, vl), f32(_INFINITY), vl)
    return rvv.merge(x, result, finite, vl)


def acosh(rvv: Rvv, x: Value, vl: Value) -> Value:
    """ln(x + sqrt(x^2 - 1)) as ln(1 + t + sqrt(t (t + 2))) with t = x - 1."""
    wide = Wide(rvv, vl)
    less = wide.subtract(wide.of(x), 1.0)
    root = wide.root(wide.multiply(wide.add(less, 2.0), less))
    result = wide.narrow(_logarithm_of_one_more(wide, wide.add(less, root)))
    finite = rvv.compare("vmflt", x, f32(_INFINITY), vl)
    result = rvv.merge(x, result, finite, vl)
    return replaced(rvv, "vmflt", x, 1.0, _NAN, result, vl)


def atanh(rvv: Rvv, x: Value, vl: Value) -> Value:
    """ln((1 + x) / (1 - x)) / 2 as ln(1 + 2 |x| / (1 - |x|)) / 2, with the sign of x."""
    wide = Wide(rvv, vl)
    size = size_of(rvv, x, vl)
    part = wide.of(size)
    twice = _logarithm_of_one_more(
        wide, wide.divide(wide.add(part, part), wide.subtract(1.0, part))
    )
    result = wide.narrow(wide.multiply(twice, 0.5))
    inside = rvv.compare("vmflt", size, f32(1.0), vl)
    result = rvv.merge(size, result, inside, vl)
    result = replaced(rvv, "vmfeq", size, 1.0, _INFINITY, result, vl)
    result = replaced(rvv, "vmfgt", size, 1.0, _NAN, result, vl)
    return signed_as(rvv, result, x, vl)
