"""`arith` and `math` on lanes: one function an operation, in one table."""

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import f32 as f32_type
from xdsl.dialects.builtin import i1, i32
from xdsl.ir import Operation

from npu.codegen.comparisons import COMPARISONS
from npu.codegen.constant_powers import power
from npu.codegen.elements import rounded
from npu.codegen.extremum import MAXIMUM, MINIMUM, nan_loses, nan_wins
from npu.codegen.functions import single
from npu.codegen.functions.wide import Wide
from npu.codegen.integers import INTEGERS
from npu.codegen.lanes import Lanes, Lowering, constant_of, has_positive_nan, is_vector
from npu.codegen.llvm_ir import F32, F64, I1, I32, I64, Constant, Value, call_intrinsic, f32, f64
from npu.codegen.special_operations import SPECIAL_OPERATIONS
from npu.codegen.whole_numbers import WHOLE_NUMBERS


def _commutative(instruction: str, scalar: str) -> Lowering:
    """An instruction whose operands may change places."""

    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        del op
        left, right = operands
        if not is_vector(left):
            left, right = right, left
        if not is_vector(left):
            return getattr(lanes.rvv.builder, scalar)(left, right)
        return lanes.rvv.binary(instruction, left, right, lanes.vl)

    return lower


def _ordered(instruction: str, turned: str, scalar: str) -> Lowering:
    """An instruction that has a twin for a scalar on the left."""

    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        del op
        left, right = operands
        if is_vector(left):
            return lanes.rvv.binary(instruction, left, right, lanes.vl)
        if is_vector(right):
            return lanes.rvv.binary(turned, right, left, lanes.vl)
        return getattr(lanes.rvv.builder, scalar)(left, right)

    return lower


def _sign(instruction: str, scalar_negates: bool) -> Lowering:
    """negf and absf: a sign injection of the value into itself."""

    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        del op
        (value,) = operands
        builder = lanes.rvv.builder
        if is_vector(value):
            return lanes.rvv.binary(instruction, value, value, lanes.vl)
        if scalar_negates:
            return builder.fneg(value)
        return call_intrinsic(builder, "fabs", F32, [F32], [value])

    return lower


def _sqrt(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    del op
    (value,) = operands
    if is_vector(value):
        return lanes.rvv.unary("vfsqrt", value, lanes.vl)
    return call_intrinsic(lanes.rvv.builder, "sqrt", F32, [F32], [value])


def _rsqrt(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    """1 / sqrt(x) in f64, rounded once: RVV's own estimate has 7 bits."""
    del op
    (value,) = operands
    if is_vector(value):
        wide = Wide(lanes.rvv, lanes.vl)
        return wide.narrow(wide.divide(1.0, wide.root(wide.of(value))))
    builder = lanes.rvv.builder
    root = call_intrinsic(builder, "sqrt", F64, [F64], [builder.fpext(value, F64)])
    return builder.fptrunc(builder.fdiv(f64(1.0), root), F32)


def _fma(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    del op
    left, right, addend = operands
    if not any(map(is_vector, operands)):
        return call_intrinsic(lanes.rvv.builder, "fma", F32, [F32], operands)
    if not is_vector(right):
        left, right = right, left
    right, addend = lanes.vector(right), lanes.vector(addend)
    return lanes.rvv.multiply_add("vfmacc", addend, left, right, lanes.vl)


def _bitcast(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    """The same bits as elements of another type."""
    (value,) = operands
    to_float = op.results[0].type == f32_type
    if is_vector(value):
        return lanes.rvv.builder.bitcast(value, lanes.rvv.group(F32 if to_float else I32))
    return lanes.rvv.builder.bitcast(value, F32 if to_float else I32)


def _as_it_is(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    """extf: registers hold a half as the f32 that it is."""
    del lanes, op
    return operands[0]


def _round(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    """truncf to a half."""
    return rounded(lanes.rvv, op.results[0].type, operands[0], lanes.vl)


def _special(name: str) -> Lowering:
    """A special function of one operand or of two."""

    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        del op
        return lanes.special[name](lanes.rvv, *map(lanes.vector, operands), lanes.vl)

    return lower


def _exp(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    """The exponential; what arithmetic gave needs no care for the sign of NaN."""
    (x,) = operands
    function = lanes.special["exp"]
    if function is single.exp and is_vector(x) and has_positive_nan(op.operands[0]):
        function = single.exp_of_result
    return function(lanes.rvv, lanes.vector(x), lanes.vl)


def _copysign(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    """The magnitude of the left operand with the sign of the right one."""
    del op
    return lanes.rvv.binary("vfsgnj", lanes.vector(operands[0]), operands[1], lanes.vl)


def _constant(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    """A scalar: f32, i1, i32, and any other integer or an index as i64."""
    del lanes, operands
    (result,) = op.results
    number = constant_of(result)
    assert number is not None, op
    if isinstance(number, float):
        return f32(number)
    if result.type == i1:
        return Constant(I1, number % 2)
    return Constant(I32 if result.type == i32 else I64, number)


LOWERINGS: dict[type[Operation], Lowering] = {
    arith.ConstantOp: _constant,
    arith.AddfOp: _commutative("vfadd", "fadd"),
    arith.SubfOp: _ordered("vfsub", "vfrsub", "fsub"),
    arith.MulfOp: _commutative("vfmul", "fmul"),
    arith.DivfOp: _ordered("vfdiv", "vfrdiv", "fdiv"),
    arith.NegfOp: _sign("vfsgnjn", scalar_negates=True),
    math.AbsFOp: _sign("vfsgnjx", scalar_negates=False),
    arith.MaximumfOp: nan_wins(MAXIMUM),
    arith.MinimumfOp: nan_wins(MINIMUM),
    arith.MaxnumfOp: nan_loses(MAXIMUM),
    arith.MinnumfOp: nan_loses(MINIMUM),
    arith.BitcastOp: _bitcast,
    arith.ExtFOp: _as_it_is,
    arith.TruncFOp: _round,
    **COMPARISONS,
    **INTEGERS,
    math.SqrtOp: _sqrt,
    math.RsqrtOp: _rsqrt,
    math.FmaOp: _fma,
    math.CopySignOp: _copysign,
    **WHOLE_NUMBERS,
    **{op: _special(name) for op, name in SPECIAL_OPERATIONS.items()},
    math.ExpOp: _exp,
    math.PowFOp: power,
    math.FPowIOp: power,
}
"""Every operation that may stand in the body of a `linalg.generic`."""
