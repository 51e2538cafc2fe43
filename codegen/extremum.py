"""Maxima and minima: those of `arith` in which NaN wins, and those in which it loses."""

import math
from dataclasses import dataclass
from struct import pack, unpack

from xdsl.ir import Operation

from npu.codegen.lanes import Lanes, Lowering, constant_of, has_positive_nan, is_vector
from npu.codegen.llvm_ir import F32, I32, Constant, Value, call_intrinsic, f32
from npu.codegen.rvv import Rvv


@dataclass(frozen=True)
class Extremum:
    """One direction: the instruction, and what it is called elsewhere."""

    instruction: str
    """``vfmax`` or ``vfmin``; both return the number where one operand is NaN."""

    beaten: str
    """The comparison by which a value loses against a bound or equals it."""

    weak_zero: float
    """The zero that loses against the other one; comparisons do not tell them apart."""

    nan_wins: str
    """LLVM's scalar intrinsic in which NaN wins."""

    nan_loses: str
    """LLVM's scalar intrinsic in which NaN loses."""


MAXIMUM = Extremum("vfmax", "vmfle", -0.0, "maximum", "maxnum")
MINIMUM = Extremum("vfmin", "vmfge", 0.0, "minimum", "minnum")


def nan_wins(extremum: Extremum) -> Lowering:
    """`maximumf`, `minimumf`."""

    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        left, right = operands
        if not is_vector(left) and not is_vector(right):
            intrinsic = extremum.nan_wins
            return call_intrinsic(lanes.rvv.builder, intrinsic, F32, [F32], operands)
        for vector, (value, bound) in ((left, op.operands), (right, reversed(op.operands))):
            number = constant_of(bound)
            if number is None or math.isnan(number):
                continue
            if extremum is MAXIMUM:
                return _at_least(lanes, vector, number, is_positive_nan=has_positive_nan(value))
            if _is_strong(number, extremum):
                lost = lanes.rvv.compare(extremum.beaten, vector, f32(number), lanes.vl)
                return lanes.rvv.merge(vector, f32(number), lost, lanes.vl)
        return _nan_sticks(lanes.rvv, extremum, lanes.vector(left), lanes.vector(right), lanes.vl)

    return lower


def _at_least(lanes: Lanes, x: Value, bound: float, *, is_positive_nan: bool) -> Value:
    """The larger of `x` and a bound, or NaN, by the bits as integers.

    From 0 on they are in the order of the numbers, with NaN as the last. Below, and without a sign,
    they are in the opposite order, and more than those of all that is positive.
    """
    rvv, vl = lanes.rvv, lanes.vl
    if not is_positive_nan:
        x = rvv.binary("vfmul", x, f32(1.0), vl)  # gives the positive NaN for any
    (bits,) = unpack("<I", pack("<f", bound))
    instruction = "vminu" if math.copysign(1, bound) < 0 else "vmax"
    return rvv.as_floats(rvv.binary(instruction, rvv.as_integers(x), Constant(I32, bits), vl))


def nan_loses(extremum: Extremum) -> Lowering:
    """`maxnumf`, `minnumf`: what RVV does."""

    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        del op
        left, right = operands
        if not is_vector(left):
            left, right = right, left
        if not is_vector(left):
            intrinsic = extremum.nan_loses
            return call_intrinsic(lanes.rvv.builder, intrinsic, F32, [F32], operands)
        return lanes.rvv.binary(extremum.instruction, left, right, lanes.vl)

    return lower


def _nan_sticks(rvv: Rvv, extremum: Extremum, best: Value, new: Value, vl: Value) -> Value:
    """The better of two vectors, or NaN; lanes past vl keep those of `best`."""
    number = rvv.compare("vmfeq", best, best, vl)
    spoilt = rvv.compare("vmfne", new, new, vl)
    better = rvv.masked(extremum.instruction, best, best, new, number, vl)
    return rvv.merge(better, new, spoilt, vl, keep=better)


def _is_strong(number: float, extremum: Extremum) -> bool:
    """Whether a comparison alone decides against this bound: no NaN, and not the losing zero."""
    if math.isnan(number):
        return False
    same_sign = math.copysign(1, number) == math.copysign(1, extremum.weak_zero)
    return not (number == 0 and same_sign)
