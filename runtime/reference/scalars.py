"""Scalar operations (`arith`, `math`), each on whole arrays of operands at once.

Arithmetic rounds to the operands' type after each operation, as the hardware does. Functions of
`math` are evaluated in double precision and rounded once. Index values are Python integers.
"""

from __future__ import annotations

import math as python_math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import i1
from xdsl.ir import Operation

from npu.codegen.special_operations import SPECIAL_OPERATIONS
from npu.dialects import npu
from npu.dialects.element_types import HALVES
from npu.runtime.reference.formulas import of_formula
from npu.runtime.reference.frame import Frame, Handler
from npu.runtime.reference.halves import rounded
from npu.runtime.reference.types import constant, numpy_type

_ERF = np.vectorize(python_math.erf, otypes=[np.float64])


def _rsqrt(x: Any) -> Any:
    return 1.0 / np.sqrt(x)


def _fma(a: Any, b: Any, c: Any) -> Any:
    return a * b + c


def _maximum(a: Any, b: Any) -> Any:
    """The greater, or NaN; +0 is greater than -0, of which numpy gives either."""
    greater: Any = np.where((a == 0) & (b == 0), a + b, np.maximum(a, b))
    return greater


def _minimum(a: Any, b: Any) -> Any:
    """The lesser, or NaN; -0 is less than +0."""
    return -_maximum(-a, -b)


def shift_down(x: Any, by: Any) -> Any:
    """The bits of 32-bit integers moved down, with zeros above."""
    return np.right_shift(np.asarray(x, np.int32).view(np.uint32), by).astype(np.int32)


def half_away(x: Any) -> Any:
    """The nearest whole number, half away from 0."""
    whole: Any = np.trunc(x)
    further = (np.abs(x - whole) >= 0.5) & np.isfinite(x)
    return np.copysign(np.where(further, whole + np.sign(x), whole), x)


ROUNDED: dict[type[Operation], Callable[..., Any]] = {
    arith.AddfOp: np.add,
    arith.SubfOp: np.subtract,
    arith.MulfOp: np.multiply,
    arith.DivfOp: np.divide,
    arith.NegfOp: np.negative,
    arith.MaximumfOp: _maximum,
    arith.MinimumfOp: _minimum,
    arith.MaxnumfOp: np.fmax,
    arith.MinnumfOp: np.fmin,
    arith.MinSIOp: np.minimum,
    arith.MaxSIOp: np.maximum,
    arith.AndIOp: np.bitwise_and,
    arith.OrIOp: np.bitwise_or,
    arith.XOrIOp: np.bitwise_xor,
    arith.ShLIOp: np.left_shift,
    arith.ShRSIOp: np.right_shift,
    arith.ShRUIOp: shift_down,
    arith.SelectOp: np.where,
    npu.FmodOp: np.fmod,
    math.AbsFOp: np.abs,
    math.AbsIOp: np.abs,
    math.CopySignOp: np.copysign,
    math.FloorOp: np.floor,
    math.CeilOp: np.ceil,
    math.RoundEvenOp: np.rint,
    math.TruncOp: np.trunc,
    math.RoundOp: half_away,
}
"""Exact in the operands' type, or rounded to it once."""

THROUGH_DOUBLE: dict[type[Operation], Callable[..., Any]] = {
    math.ExpOp: np.exp,
    math.Exp2Op: np.exp2,
    math.ExpM1Op: np.expm1,
    math.LogOp: np.log,
    math.Log2Op: np.log2,
    math.Log10Op: np.log10,
    math.Log1pOp: np.log1p,
    math.SinOp: np.sin,
    math.CosOp: np.cos,
    math.TanOp: np.tan,
    math.AsinOp: np.arcsin,
    math.AcosOp: np.arccos,
    math.AtanOp: np.arctan,
    math.Atan2Op: np.arctan2,
    math.SinhOp: np.sinh,
    math.CoshOp: np.cosh,
    math.TanhOp: np.tanh,
    math.AsinhOp: np.arcsinh,
    math.AcoshOp: np.arccosh,
    math.AtanhOp: np.arctanh,
    math.ErfOp: _ERF,
    npu.ErfcOp: np.vectorize(python_math.erfc, otypes=[np.float64]),
    **{op: of_formula(SPECIAL_OPERATIONS[op]) for op in npu.FORMULA_OPS},
    math.SqrtOp: np.sqrt,
    math.RsqrtOp: _rsqrt,
    math.PowFOp: np.power,
    math.FPowIOp: np.power,
    math.FmaOp: _fma,
}
"""Evaluated in double precision and rounded once."""

_ORDERED: list[Callable[[Any, Any], Any]] = [
    np.equal,
    np.greater,
    np.greater_equal,
    np.less,
    np.less_equal,
    np.not_equal,
]
_INTEGER: list[Callable[[Any, Any], Any]] = [
    np.equal,
    np.not_equal,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
]


def compare_floats(predicate: int, a: Any, b: Any) -> Any:
    """`arith.cmpf` by predicate number: false, oeq..one, ord, ueq..une, uno, true."""
    unordered = np.isnan(a) | np.isnan(b)
    if predicate in {0, 15}:
        return np.full_like(unordered, predicate == 15)
    if predicate in {7, 14}:
        return unordered if predicate == 14 else ~unordered
    if predicate < 7:
        return _ORDERED[predicate - 1](a, b) & ~unordered
    return _ORDERED[predicate - 8](a, b) | unordered


def _constant(op: Operation, frame: Frame) -> None:
    attribute = cast(arith.ConstantOp, op).value
    frame.set(op, constant(attribute, op.results[0].type))


def _cmpf(op: Operation, frame: Frame) -> None:
    predicate = cast(arith.CmpfOp, op).predicate.value.data
    frame.set(op, compare_floats(predicate, *map(frame.get, op.operands)))


def compare_integers(predicate: int, a: Any, b: Any) -> Any:
    """`arith.cmpi` by predicate number: eq, ne, slt..sge, ult..uge; a signed true is -1."""
    sides = [np.asarray(x) for x in (a, b)]
    if predicate >= 6:
        return _INTEGER[predicate - 4](*(x.astype(np.uint64) for x in sides))
    return _INTEGER[predicate](*(-x.astype(np.int8) if x.dtype == np.bool_ else x for x in sides))


def _cmpi(op: Operation, frame: Frame) -> None:
    predicate = cast(arith.CmpiOp, op).predicate.value.data
    frame.set(op, compare_integers(predicate, *map(frame.get, op.operands)))


def _integer(function: Callable[..., Any], of_bits: Callable[..., Any]) -> Handler:
    """Integer arithmetic, which wraps around; that of conditions is modulo 2."""

    def handler(op: Operation, frame: Frame) -> None:
        is_bit = op.results[0].type == i1
        frame.set(op, (of_bits if is_bit else function)(*map(frame.get, op.operands)))

    return handler


def divide_integers(a: Any, b: Any) -> Any:
    """Towards zero; by 0 gives 0."""
    quotient = np.trunc(
        np.divide(a, b, where=np.asarray(b) != 0, out=np.zeros(np.broadcast(a, b).shape))
    )
    return quotient.astype(np.int64).astype(np.result_type(a, b))


def _signed(op: Operation, frame: Frame) -> None:
    """Conversions of a signed integer: a true condition is -1."""
    value = np.asarray(frame.get(op.operands[0]))
    value = -value.astype(np.int8) if value.dtype == np.bool_ else value
    frame.set(op, value.astype(numpy_type(op.results[0].type)))


def _unsigned(op: Operation, frame: Frame) -> None:
    """Conversions of an unsigned integer."""
    value = np.asarray(frame.get(op.operands[0]))
    value = value if value.dtype == np.bool_ else value.view(f"u{value.dtype.itemsize}")
    frame.set(op, value.astype(numpy_type(op.results[0].type)))


def _to_integer(op: Operation, frame: Frame) -> None:
    """Towards zero; what does not fit becomes the nearest end, and NaN the upper one, as in RVV."""
    value, type_ = np.asarray(frame.get(op.operands[0])), numpy_type(op.results[0].type)
    ends = np.iinfo(type_)
    inside = np.trunc(np.where(np.isnan(value), 0, value)).astype(np.float64)
    found = np.clip(inside, ends.min, ends.max).astype(type_)
    frame.set(op, np.where(np.isnan(value), ends.max, found).astype(type_))


def _bit(op: Operation, frame: Frame) -> None:
    """The low bits of an integer."""
    value, type_ = np.asarray(frame.get(op.operands[0])), op.results[0].type
    frame.set(op, value % 2 == 1 if type_ == i1 else value.astype(numpy_type(type_)))


def _convert(op: Operation, frame: Frame) -> None:
    """Between floats, rounded once; between integers and indices."""
    type_ = op.results[0].type
    value = np.asarray(frame.get(op.operands[0])).astype(numpy_type(type_))
    frame.set(op, rounded(value, type_) if type_ in HALVES else value)


def _rounded(function: Callable[..., Any]) -> Handler:
    def handler(op: Operation, frame: Frame) -> None:
        frame.set(op, function(*map(frame.get, op.operands)))

    return handler


def _through_double(function: Callable[..., Any]) -> Handler:
    def handler(op: Operation, frame: Frame) -> None:
        doubles = [np.asarray(frame.get(x)).astype(np.float64) for x in op.operands]
        frame.set(op, function(*doubles).astype(numpy_type(op.results[0].type)))

    return handler


def _bitcast(op: Operation, frame: Frame) -> None:
    value = np.asarray(frame.get(op.operands[0]))
    type_ = numpy_type(op.results[0].type)
    frame.set(op, np.ascontiguousarray(value).reshape(value.shape).view(type_))


HANDLERS: dict[type[Operation], Handler] = {
    arith.BitcastOp: _bitcast,
    arith.ConstantOp: _constant,
    arith.CmpfOp: _cmpf,
    arith.CmpiOp: _cmpi,
    arith.AddiOp: _integer(np.add, np.logical_xor),
    arith.SubiOp: _integer(np.subtract, np.logical_xor),
    arith.MuliOp: _integer(np.multiply, np.logical_and),
    arith.DivSIOp: _rounded(divide_integers),
    arith.RemSIOp: _rounded(np.fmod),
    arith.IndexCastOp: _convert,
    arith.SIToFPOp: _signed,
    arith.UIToFPOp: _unsigned,
    arith.ExtSIOp: _signed,
    arith.ExtUIOp: _unsigned,
    arith.TruncIOp: _bit,
    arith.FPToSIOp: _to_integer,
    arith.ExtFOp: _convert,
    arith.TruncFOp: _convert,
    **{kind: _rounded(function) for kind, function in ROUNDED.items()},
    **{kind: _through_double(function) for kind, function in THROUGH_DOUBLE.items()},
}
"""How each scalar operation is executed."""
