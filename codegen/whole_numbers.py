"""Rounding to whole numbers: to an integer in the direction asked for, and back.

Magnitudes from 2^23 on have no fraction and stay as they are, NaN and infinities with them. What
becomes 0 keeps its sign.
"""

from xdsl.dialects import math
from xdsl.ir import Operation

from npu.codegen.functions.wide import signed_as, size_of
from npu.codegen.lanes import Lanes, Lowering
from npu.codegen.llvm_ir import Value, f32
from npu.codegen.rvv import DOWN, HALF_AWAY, HALF_EVEN, TOWARDS_ZERO, UP

_WHOLE = 2.0**23
"""From this magnitude on every f32 is a whole number."""


def _rounded(mode: int) -> Lowering:
    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        del op
        value, rvv, vl = lanes.vector(operands[0]), lanes.rvv, lanes.vl
        whole = rvv.unary("vfcvt.x.f.v", value, vl, rvv.integers, rounding=mode)
        rounded = signed_as(rvv, rvv.unary("vfcvt.f.x.v", whole, vl), value, vl)
        has_fraction = rvv.compare("vmflt", size_of(rvv, value, vl), f32(_WHOLE), vl)
        return rvv.merge(value, rounded, has_fraction, vl)

    return lower


WHOLE_NUMBERS: dict[type[Operation], Lowering] = {
    math.FloorOp: _rounded(DOWN),
    math.CeilOp: _rounded(UP),
    math.TruncOp: _rounded(TOWARDS_ZERO),
    math.RoundOp: _rounded(HALF_AWAY),
    math.RoundEvenOp: _rounded(HALF_EVEN),
}
"""Operations whose results are whole numbers, infinite or NaN."""
