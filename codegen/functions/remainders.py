"""The remainder of a division, exact for any two f32."""

from __future__ import annotations

import math

from npu.codegen.functions.wide import Wide, replaced, signed_as, size_of
from npu.codegen.llvm_ir import I64, Value
from npu.codegen.rvv import Rvv

_STEP = 52
"""Bits of the quotient that one step finds: whole numbers of f64."""

_STEPS = 6
"""A quotient of two f32 is below 2^277."""

_LONGEST = 2.0**200
"""Stands for an infinite divisor."""


def fmod(rvv: Rvv, x: Value, y: Value, vl: Value) -> Value:
    """x - n y with n = x / y towards zero, and the sign of x: long division.

    What is left after a step has no more digits than an f32 and one, so it is exact; a quotient
    that was rounded up to the next whole number is mended.
    """
    wide = Wide(rvv, vl)
    left = wide.of(size_of(rvv, x, vl))
    divisor = wide.of(size_of(rvv, y, vl))
    divisor = wide.where(wide.compare("vmfgt", divisor, _LONGEST), _LONGEST, divisor)
    for step in reversed(range(_STEPS)):
        scaled = wide.multiply(divisor, 2.0 ** (_STEP * step)) if step else divisor
        quotient = wide.divide(left, scaled)
        whole = rvv.unary("vfcvt.rtz.x.f.v", quotient, vl, rvv.group(I64))
        quotient = rvv.unary("vfcvt.f.x.v", whole, vl, rvv.wide)
        left = wide.fused(quotient, scaled, left, name="vfnmsac")
        left = wide.where(wide.compare("vmflt", left, 0.0), wide.add(left, scaled), left)
    result = signed_as(rvv, wide.narrow(left), x, vl)
    result = replaced(rvv, "vmfeq", y, 0.0, math.nan, result, vl)
    return replaced(rvv, "vmfeq", size_of(rvv, x, vl), math.inf, math.nan, result, vl)
