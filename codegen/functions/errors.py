"""erfc in f64."""

from __future__ import annotations

from npu.codegen.functions.exponentials import power_of_e
from npu.codegen.functions.wide import Wide, size_of
from npu.codegen.llvm_ir import Value, f32
from npu.codegen.rvv import Rvv

_BEYOND = 11.0
"""From 10.06 on erfc rounds to 0."""

_SCALED = (
    0.25539567632431953, -0.42718584766369866, 0.24165819263328847, -0.07897856791485507,
    0.003732924801666368, 0.006997276195523649, -0.000847419503669848, -0.000980877153643488,
    4.486276601243215e-05, 0.00017123989433763032, 2.389230922252961e-05, -2.351832420424665e-05,
    -8.424372829648545e-06,
)  # fmt: skip
"""e^(x^2) erfc(x) for 0 <= x <= 11, as a polynomial in (x - 2) / (x + 2); 7.5e-11."""


def erfc(rvv: Rvv, x: Value, vl: Value) -> Value:
    """1 - erf(x), with all its digits where it is small."""
    wide = Wide(rvv, vl)
    size = wide.of(size_of(rvv, x, vl))
    size = wide.where(wide.compare("vmfgt", size, _BEYOND), _BEYOND, size)
    place = wide.divide(wide.subtract(size, 2.0), wide.add(size, 2.0))
    power = power_of_e(wide, wide.multiply(wide.multiply(size, size), -1.0))
    upper = wide.multiply(wide.polynomial(_SCALED, place), power)
    negative = rvv.compare("vmflt", x, f32(0.0), vl)
    return wide.narrow(wide.where(negative, wide.subtract(2.0, upper), upper))
