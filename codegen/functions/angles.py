"""sin, cos and tan of every f32, with x / pi to more digits than a multiple of pi can cancel.

With x = pi (n + u) and |u| <= 1/2 a sine is that of pi u, with the sign of n's parity. x / pi is
x (c + d) for a c of 53 bits and a d of 53 more: x c as a product and its rounding error, x d as a
product. An f32 from 2^(24 + b) on is a multiple of 2^(b + 1), so that bits of 1 / pi of a weight of
2^-b or more make even whole numbers of it and are left out. Five pairs, each without more such
bits, keep x c below 2^46 (Payne and Hanek 1983); u is then off by 2^-61 at most, and no f32 but 0
is so near to a multiple of pi / 2 that this matters.
"""

from __future__ import annotations

from npu.codegen.functions.wide import Wide, size_of
from npu.codegen.llvm_ir import Value, f32
from npu.codegen.rvv import Rvv

_ONE_OVER_PI = (
    (0.0, 0.3183098861837907, -1.9678676675182486e-17),
    (2.0**44, 1.0224824379653776e-07, 3.037013244824923e-24),
    (2.0**65, 1.209391198562356e-13, 1.2355694379560215e-29),
    (2.0**86, 5.3802864053693746e-20, -8.450967239003765e-37),
    (2.0**107, 3.848352432019786e-26, 2.2103380079700596e-42),
)
"""(least |x|, c, d)."""

_SINE = (
    3.1415926535895973, -5.16771277997732, 2.5501640354197033, -0.5992644257419841,
    0.08214473216235532, -0.007363785192258491, 0.00044720051174994605,
)  # fmt: skip
"""sin(pi u) / u as a polynomial in u^2 for |u| <= 1/2, lowest power first; 2e-14."""

_SMALL = 2.0**-13
"""Below, sin x and tan x are x within 5e-9, and 0 keeps its sign."""


def _half_turns(wide: Wide, x: Value) -> tuple[Value, Value]:
    """(p, e) with x / pi = p + e but for even whole numbers."""
    size = wide.magnitude(x)
    (_, high, low), *others = _ONE_OVER_PI
    highs, lows = wide.splat(high), wide.splat(low)
    for least, high, low in others:
        mask = wide.reaches(size, least)
        highs, lows = wide.where(mask, high, highs), wide.where(mask, low, lows)
    x = wide.of(x)
    product = wide.multiply(x, highs)
    error = wide.fused(x, highs, product, name="vfmsac")
    return product, wide.fused(x, lows, error)


def sine_of_pi(wide: Wide, u: Value) -> Value:
    """sin(pi u) for |u| <= 1/2."""
    return wide.multiply(wide.polynomial(_SINE, wide.multiply(u, u)), u)


def _with_parity(wide: Wide, u: Value, bits: Value) -> Value:
    """`u`, negated where the last of `bits` is set."""
    sign = wide.integers("vsll", bits, 63)
    return wide.from_bits(wide.integers("vxor", wide.bits(u), sign))


def _unless_small(rvv: Rvv, x: Value, result: Value, vl: Value) -> Value:
    small = rvv.compare("vmflt", size_of(rvv, x, vl), f32(_SMALL), vl)
    return rvv.merge(result, x, small, vl)


def _sine(wide: Wide, product: Value, error: Value) -> Value:
    """The sine, in f64."""
    whole, bits = wide.nearest(product)
    u = wide.add(wide.subtract(product, whole), error)
    return sine_of_pi(wide, _with_parity(wide, u, bits))


def _cosine(wide: Wide, product: Value, error: Value) -> Value:
    """The cosine, in f64: a sine half of a half turn further on."""
    whole, bits = wide.nearest(wide.add(product, 0.5))
    u = wide.add(wide.add(wide.subtract(product, whole), 0.5), error)
    return sine_of_pi(wide, _with_parity(wide, u, bits))


def sine_and_cosine(wide: Wide, x: Value) -> tuple[Value, Value]:
    """Both in f64."""
    parts = _half_turns(wide, x)
    return _sine(wide, *parts), _cosine(wide, *parts)


def sin(rvv: Rvv, x: Value, vl: Value) -> Value:
    """The sine."""
    wide = Wide(rvv, vl)
    result = wide.narrow(_sine(wide, *_half_turns(wide, x)))
    return _unless_small(rvv, x, result, vl)


def cos(rvv: Rvv, x: Value, vl: Value) -> Value:
    """The cosine."""
    wide = Wide(rvv, vl)
    return wide.narrow(_cosine(wide, *_half_turns(wide, x)))


def tan(rvv: Rvv, x: Value, vl: Value) -> Value:
    """sin(pi u) / sin(pi (1/2 - |u|)), with the sign of u."""
    wide = Wide(rvv, vl)
    product, error = _half_turns(wide, x)
    whole, _ = wide.nearest(product)
    part = wide.subtract(product, whole)
    left = wide.subtract(0.5, wide.rvv.binary("vfsgnjx", part, part, vl))
    left = wide.subtract(left, wide.rvv.binary("vfsgnjx", error, part, vl))
    ratio = wide.divide(sine_of_pi(wide, wide.add(part, error)), sine_of_pi(wide, left))
    return _unless_small(rvv, x, wide.narrow(ratio), vl)
