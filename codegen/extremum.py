"""Maxima and minima: those of `arith` in which NaN wins, and those in which it loses."""

import math
from dataclasses import dataclass

from xdsl.ir import Operation

from npu.codegen.lanes import Lanes, Lowering, constant_of, is_vector
from npu.codegen.llvm_ir import F32, Value, call_intrinsic, f32
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
        for vector, bound in ((left, op.operands[1]), (right, op.operands[0])):
            number = constant_of(bound)
            if number is not None and _is_strong(number, extremum):
                lost = lanes.rvv.compare(extremum.beaten, vector, f32(number), lanes.vl)
                return lanes.rvv.merge(vector, f32(number), lost, lanes.vl)
        return _nan_sticks(lanes.rvv, extremum, lanes.vector(left), lanes.vector(right), lanes.vl)

    return lower


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
