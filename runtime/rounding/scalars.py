"""How each scalar operation is executed on values with errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, i1, i32
from xdsl.ir import Attribute, Operation

from npu.codegen.constant_powers import is_product
from npu.codegen.lanes import constant_of
from npu.dialects import npu
from npu.runtime.reference.frame import Frame, Handler
from npu.runtime.reference.halves import rounded
from npu.runtime.reference.scalars import ROUNDED, THROUGH_DOUBLE, compare_floats, half_away
from npu.runtime.rounding import arithmetic, functions, special
from npu.runtime.rounding.formulas import FORMULA_RULES
from npu.runtime.rounding.integers import INTEGERS, whole
from npu.runtime.rounding.pairs import Doubles, Pairs, exact, pairs


def _compared(op: Operation, frame: Frame) -> None:
    """A condition: 1 or 0, with an error of 1 where the operands' errors decide."""
    predicate = cast(arith.CmpfOp, op).predicate.value.data
    a, b = (frame.array(x) for x in op.operands)
    value = compare_floats(predicate, a["value"], b["value"]).astype(np.float64)
    room = a["error"] + b["error"]
    doubtful = (room > 0) & ~(np.abs(a["value"] - b["value"]) > room)
    frame.set(op, pairs(value, np.where(doubtful, 1.0, 0.0)))


def _selected(op: Operation, frame: Frame) -> None:
    condition, a, b = (frame.array(x) for x in op.operands)
    chosen = np.where(condition["value"] != 0, a, b)
    other = np.where(condition["value"] != 0, b, a)
    apart = np.abs(chosen["value"] - other["value"])
    either = np.maximum(chosen["error"], np.where(apart == 0, 0.0, apart) + other["error"])
    error = np.where(condition["error"] == 0, chosen["error"], either)
    frame.set(op, pairs(chosen["value"], error, error == 0))


def _power(op: Operation, frame: Frame) -> None:
    base, exponent = frame.array(op.operands[0]), constant_of(op.operands[1])
    if exponent is None:
        found = special.power(base, frame.array(op.operands[1]))
    elif is_product(exponent):
        found = functions.power(base, float(exponent))
    else:
        found = special.power(base, exact(np.array(exponent, np.float32)))
    frame.set(op, found)


def _constant(op: Operation, frame: Frame) -> None:
    attribute = cast(arith.ConstantOp, op).value
    assert isinstance(attribute, FloatAttr | IntegerAttr), op
    value = attribute.value.data
    if isinstance(attribute, IntegerAttr):
        bit = op.results[0].type == i1
        frame.set(op, exact(np.array(value % 2 if bit else value, np.float64)))
        return
    frame.set(op, exact(np.array(value, np.float32)))


def _rounded_to_half(op: Operation, frame: Frame) -> None:
    """Rounding to bf16 or f16 keeps order: a value with an error goes between its rounded ends."""
    a, element = frame.array(op.operands[0]), op.results[0].type
    value, error = a["value"], a["error"]
    low, high = _half(value - error, element), _half(value + error, element)
    settled = (error == 0) | (low == high)
    doubtful = ~np.isfinite(low) | ~np.isfinite(high)
    apart = np.where(doubtful, np.inf, np.maximum(high - value, value - low))
    value = np.where(settled, _half(value, element), value)
    frame.set(op, pairs(value, np.where(settled, 0.0, apart), settled))


def unrounded(op: Operation, frame: Frame) -> None:
    """A conversion between floats that leaves the value as it is."""
    frame.set(op, frame.array(op.operands[0]))


def _half(values: Doubles, element: Attribute) -> Doubles:
    """The halves next to numbers that are rounded to f32 first."""
    return rounded(values.astype(np.float32), element).astype(np.float64)


def _by(rule: Callable[..., Pairs]) -> Handler:
    def handler(op: Operation, frame: Frame) -> None:
        frame.set(op, rule(*(frame.array(x) for x in op.operands)))

    return handler


MAXIMA: dict[type[Operation], arithmetic.Rule] = {
    arith.MaximumfOp: arithmetic.extremum(np.maximum, -0.0),
    arith.MinimumfOp: arithmetic.extremum(np.minimum, 0.0),
    arith.MaxnumfOp: arithmetic.extremum(np.fmax, -0.0),
    arith.MinnumfOp: arithmetic.extremum(np.fmin, 0.0),
    arith.MaxSIOp: arithmetic.extremum(np.maximum, -0.0),
    arith.MinSIOp: arithmetic.extremum(np.minimum, 0.0),
}
"""The operations that choose one of two."""

SPECIAL: dict[type[Operation], Callable[..., Pairs]] = {
    math.Exp2Op: special.exponential("exp2", np.exp2, np.log(2.0)),
    math.ExpM1Op: special.exponential("expm1", np.expm1),
    math.LogOp: special.monotone("log", np.log),
    math.Log2Op: special.monotone("log2", np.log2),
    math.Log10Op: special.monotone("log10", np.log10),
    math.Log1pOp: special.monotone("log1p", np.log1p),
    math.SinhOp: special.hyperbolic_sine,
    math.CoshOp: special.hyperbolic_cosine,
    math.AsinhOp: special.monotone("asinh", np.arcsinh),
    math.AcoshOp: special.monotone("acosh", np.arccosh),
    math.AtanhOp: special.monotone("atanh", np.arctanh),
    math.AsinOp: special.monotone("asin", np.arcsin),
    math.AcosOp: special.monotone("acos", np.arccos),
    math.AtanOp: special.monotone("atan", np.arctan),
    math.SinOp: special.wave("sin", np.sin),
    math.CosOp: special.wave("cos", np.cos),
    math.TanOp: special.tangent,
    math.Atan2Op: special.angle,
    math.CopySignOp: special.copy_sign,
    npu.ErfcOp: special.monotone("erfc", THROUGH_DOUBLE[npu.ErfcOp]),
    npu.FmodOp: special.remainder,
    **FORMULA_RULES,
    math.FloorOp: special.whole_number(np.floor),
    math.CeilOp: special.whole_number(np.ceil),
    math.TruncOp: special.whole_number(np.trunc),
    math.RoundOp: special.whole_number(half_away),
    math.RoundEvenOp: special.whole_number(np.rint),
}
"""Special functions of f64, and rounding to whole numbers."""


def _bitcast(op: Operation, frame: Frame) -> None:
    """The same bits in another type; anything where the operand errs."""
    a = frame.array(op.operands[0])
    with np.errstate(all="ignore"):
        if op.results[0].type == i32:
            value = np.ascontiguousarray(a["value"].astype(np.float32)).view(np.int32)
        else:
            value = np.ascontiguousarray(whole(a).astype(np.int32)).view(np.float32)
    error = np.where(a["error"] > 0, np.inf, 0.0)
    frame.set(op, pairs(value.reshape(a.shape).astype(np.float64), error, error == 0))


def _known_if_exact(function: Callable[..., Doubles]) -> Callable[..., Pairs]:
    """The rule of an operation that has no other: of f32 what it says, anything where one errs."""

    def rule(*operands: Pairs) -> Pairs:
        value = function(*(a["value"].astype(np.float32) for a in operands)).astype(np.float64)
        error = np.zeros(value.shape)
        for a in operands:
            error = np.where(a["error"] > 0, np.inf, error)
        return pairs(value, error, error == 0)

    return rule


HANDLERS: dict[type[Operation], Handler] = {
    **{op: _by(_known_if_exact(ROUNDED[op])) for op in npu.SCALAR_OPS if op in ROUNDED},
    arith.BitcastOp: _bitcast,
    arith.ConstantOp: _constant,
    arith.ExtFOp: unrounded,
    arith.TruncFOp: _rounded_to_half,
    arith.AddfOp: _by(arithmetic.add),
    arith.SubfOp: _by(arithmetic.subtract),
    arith.MulfOp: _by(arithmetic.multiply),
    arith.DivfOp: _by(arithmetic.divide),
    arith.NegfOp: _by(arithmetic.negate),
    math.AbsFOp: _by(arithmetic.absolute),
    **{kind: _by(rule) for kind, rule in MAXIMA.items()},
    math.SqrtOp: _by(functions.square_root),
    math.RsqrtOp: _by(functions.reciprocal_root),
    math.FmaOp: _by(arithmetic.fused_multiply_add),
    math.ExpOp: _by(functions.exponential),
    math.TanhOp: _by(functions.hyperbolic_tangent),
    math.ErfOp: _by(functions.error_function),
    **{kind: _by(rule) for kind, rule in SPECIAL.items()},
    math.PowFOp: _power,
    math.FPowIOp: _power,
    arith.CmpfOp: _compared,
    arith.SelectOp: _selected,
    **INTEGERS,
}
"""Every operation that has vector code (`npu.codegen.arithmetic.LOWERINGS`) has its rule here."""
