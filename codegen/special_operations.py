"""Operations of `math` and `npu` that are special functions, by their names in `special`."""

from xdsl.dialects import math
from xdsl.ir import Operation

from npu.dialects import npu

SPECIAL_OPERATIONS: dict[type[Operation], str] = {
    math.ExpOp: "exp",
    math.Exp2Op: "exp2",
    math.ExpM1Op: "expm1",
    math.LogOp: "log",
    math.Log2Op: "log2",
    math.Log10Op: "log10",
    math.Log1pOp: "log1p",
    math.SinOp: "sin",
    math.CosOp: "cos",
    math.TanOp: "tan",
    math.AsinOp: "asin",
    math.AcosOp: "acos",
    math.AtanOp: "atan",
    math.Atan2Op: "atan2",
    math.SinhOp: "sinh",
    math.CoshOp: "cosh",
    math.TanhOp: "tanh",
    math.AsinhOp: "asinh",
    math.AcoshOp: "acosh",
    math.AtanhOp: "atanh",
    math.ErfOp: "erf",
    npu.ErfcOp: "erfc",
    npu.FmodOp: "fmod",
    **{op: op.name.removeprefix("npu.") for op in npu.FORMULA_OPS},
}
"""Powers are apart: constant exponents have code of their own."""
