"""Special functions on f32 vectors: polynomials in vector code, or the machine's own instructions.

All special values are those of C: NaN gives NaN, infinities their limits, what has no value NaN,
and -0 keeps its sign where the function is odd.
"""

from collections.abc import Callable

from npu.codegen.functions import (
    angles,
    arcs,
    errors,
    exponentials,
    logarithms,
    powers,
    remainders,
    single,
)
from npu.codegen.functions.formulas import FORMULAS, rounded_once
from npu.codegen.llvm_ir import Value, call_intrinsic, i64
from npu.codegen.rvv import Rvv
from npu.dialects.isa import BY_NAME, SPECIAL_FUNCTIONS

SpecialFunction = Callable[..., Value]
"""``(rvv, vector, vl) -> vector``; of two operands ``(rvv, vector, vector, vl) -> vector``."""

SINGLE: dict[str, SpecialFunction] = {
    "exp": single.exp,
    "tanh": single.tanh,
    "erf": single.erf,
}
"""Those computed in f32."""

WIDE: dict[str, SpecialFunction] = {
    **{name: getattr(logarithms, name) for name in ("log", "log2", "log10", "log1p")},
    **{name: getattr(logarithms, name) for name in ("asinh", "acosh", "atanh")},
    **{name: getattr(exponentials, name) for name in ("exp2", "expm1", "sinh", "cosh")},
    **{name: getattr(angles, name) for name in ("sin", "cos", "tan")},
    **{name: getattr(arcs, name) for name in ("atan", "asin", "acos", "atan2")},
    "powf": powers.power,
    "erfc": errors.erfc,
    "fmod": remainders.fmod,
    **{name: rounded_once(formula) for name, formula in FORMULAS.items()},
}
"""Those computed in f64 and rounded once."""

POLYNOMIALS: dict[str, SpecialFunction] = {**SINGLE, **WIDE}


def instruction(name: str) -> SpecialFunction:
    """The special-function instruction of `name`, such as ``exp``."""
    vcix = BY_NAME[f"npu.v{name}"].vcix
    assert vcix is not None, name

    def emit(rvv: Rvv, x: Value, vl: Value) -> Value:
        args = [i64(vcix.opcode), x, i64(vcix.imm), vl]
        overloads = [rvv.vector, vl.type, vl.type, vl.type]
        return call_intrinsic(rvv.builder, f"riscv.{vcix.intrinsic}", rvv.vector, overloads, args)

    return emit


RELATIVE_ERROR = {"exp": 1e-7, "tanh": 1.7e-7, "erf": 1.4e-7, **dict.fromkeys(WIDE, 6.5e-8)}
"""The most that a result differs from the exact one, relative to it, polynomial or instruction.

Denormal results may differ by 2^-149 more, those of `formulas.CROSS_ZERO` by `OF_FORMULAS`. Half a
unit in the last place is up to 6e-8.
"""

INSTRUCTIONS: dict[str, SpecialFunction] = {
    **POLYNOMIALS,
    **{name: instruction(name) for name in SPECIAL_FUNCTIONS},
}
"""What the machine has no instruction for stays a polynomial."""
