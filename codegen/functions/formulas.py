"""Functions of f32 that are one formula in f64, rounded once.

A formula is written with the methods of `Wide` alone, so that the reference executor evaluates the
same one in numpy (`npu.runtime.reference.formulas`). It takes groups of f32, and gives one of f64.
"""

from __future__ import annotations

from collections.abc import Callable

from npu.codegen.functions import bessels, errors, gammas
from npu.codegen.functions import modified_bessels as modified
from npu.codegen.functions.wide import Wide
from npu.codegen.llvm_ir import Value
from npu.codegen.rvv import Rvv

Formula = Callable[..., Value]
"""``(wide, x) -> y``, or of two numbers ``(wide, x, y) -> z``."""

FORMULAS: dict[str, Formula] = {
    "erfcx": errors.erfcx,
    "erfinv": errors.erfinv,
    "ndtri": errors.ndtri,
    "lgamma": gammas.lgamma,
    "digamma": gammas.digamma,
    "zeta": gammas.zeta,
    "bessel_j0": bessels.j0,
    "bessel_j1": bessels.j1,
    "bessel_y0": bessels.y0,
    "bessel_y1": bessels.y1,
    "i0": modified.order_0(scaled=False),
    "i0e": modified.order_0(scaled=True),
    "i1": modified.order_1(scaled=False),
    "i1e": modified.order_1(scaled=True),
    "k0": modified.second_0(scaled=False),
    "k0e": modified.second_0(scaled=True),
    "k1": modified.second_1(scaled=False),
    "k1e": modified.second_1(scaled=True),
}
"""By the names of their operations, without `npu.`."""

CROSS_ZERO = ("lgamma", "digamma", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1")
"""Those with roots that no f32 is: near them a result is small, and has the formula's own error."""

OF_FORMULAS = 2e-11
"""That error at most."""


def rounded_once(formula: Formula) -> Callable[..., Value]:
    """The special function ``(rvv, x, ..., vl) -> y`` of a formula."""

    def emit(rvv: Rvv, *operands: Value) -> Value:
        *values, vl = operands
        wide = Wide(rvv, vl)
        return wide.narrow(formula(wide, *values))

    return emit
