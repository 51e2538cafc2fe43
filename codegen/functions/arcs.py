"""atan2, atan, asin, acos: the angle of a right triangle's legs by the ratio of the shorter one."""

from __future__ import annotations

import math

from npu.codegen.functions.wide import Wide, signed_as, size_of
from npu.codegen.llvm_ir import I32, Constant, Value
from npu.codegen.rvv import Rvv

_CURVE = (
    0.9999999999412827, -0.3333333156865934, 0.1999991196060706, -0.1428397954299923,
    0.11093232732802091, -0.08980203490304016, 0.07245624003030228, -0.0542774817405058,
    0.03420778869229198, -0.016110404938931663, 0.00485042469713881, -0.0006847042446401217,
)  # fmt: skip
"""atan(q) / q as a polynomial in q^2 for |q| <= 1, lowest power first; 5.9e-11."""

_LONGEST = 2.0**300
"""Stands for an infinite leg: two of them are alike, and a finite one is nothing against it."""


def _angle(wide: Wide, opposite: Value, adjacent: Value) -> Value:
    """From 0 to pi/2, for legs of at least 0 that are finite; NaN if one of them is."""
    steep = wide.rvv.compare("vmflt", adjacent, opposite, wide.vl)
    shorter = wide.where(steep, adjacent, opposite)
    longer = wide.where(steep, opposite, adjacent)
    longer = wide.where(wide.compare("vmfeq", longer, 0.0), 1.0, longer)
    ratio = wide.divide(shorter, longer)
    angle = wide.multiply(wide.polynomial(_CURVE, wide.multiply(ratio, ratio)), ratio)
    return wide.where(steep, wide.subtract(math.pi / 2, angle), angle)


def _turned(wide: Wide, angle: Value, x: Value) -> Value:
    """pi less the angle where the f32 `x` has a sign."""
    rvv, vl = wide.rvv, wide.vl
    bits = rvv.builder.bitcast(x, rvv.integers)
    left = rvv.compare("vmslt", bits, Constant(I32, 0), vl)
    return wide.where(left, wide.subtract(math.pi, angle), angle)


def _leg(wide: Wide, x: Value) -> Value:
    """|x|, finite."""
    size = wide.of(size_of(wide.rvv, x, wide.vl))
    return wide.where(wide.compare("vmfgt", size, _LONGEST), _LONGEST, size)


def atan2(rvv: Rvv, y: Value, x: Value, vl: Value) -> Value:
    """The angle of the point (x, y), between -pi and pi, with the sign of y."""
    wide = Wide(rvv, vl)
    angle = _angle(wide, _leg(wide, y), _leg(wide, x))
    return signed_as(rvv, wide.narrow(_turned(wide, angle, x)), y, vl)


def atan(rvv: Rvv, x: Value, vl: Value) -> Value:
    """The angle whose tangent is x."""
    wide = Wide(rvv, vl)
    return signed_as(rvv, wide.narrow(_angle(wide, _leg(wide, x), wide.splat(1.0))), x, vl)


def _legs(wide: Wide, x: Value) -> tuple[Value, Value]:
    """|x|, and the other leg of a hypotenuse of 1: NaN where |x| > 1."""
    size = wide.of(size_of(wide.rvv, x, wide.vl))
    square = wide.multiply(wide.add(size, 1.0), wide.subtract(1.0, size))
    return size, wide.root(square)


def asin(rvv: Rvv, x: Value, vl: Value) -> Value:
    """The angle whose sine is x."""
    wide = Wide(rvv, vl)
    size, other = _legs(wide, x)
    return signed_as(rvv, wide.narrow(_angle(wide, size, other)), x, vl)


def acos(rvv: Rvv, x: Value, vl: Value) -> Value:
    """The angle whose cosine is x."""
    wide = Wide(rvv, vl)
    size, other = _legs(wide, x)
    return wide.narrow(_turned(wide, _angle(wide, other, size), x))
