"""Powers with a constant exponent: repeated squaring, square roots."""

from xdsl.ir import Operation

from npu.codegen.lanes import Lanes, constant_of, is_vector
from npu.codegen.llvm_ir import F32, Value, call_intrinsic, f32

MAX_POWER = 64
"""The largest exponent that is multiplied out: at most 12 products."""


def is_supported_power(op: Operation) -> bool:
    """Whether the exponent is a constant that `power` takes: n, n + 1/2 or their negatives."""
    exponent = constant_of(op.operands[1])
    return exponent is not None and abs(exponent) <= MAX_POWER and exponent * 2 % 1 == 0


def power(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    """`math.powf` and `math.fpowi` with an exponent of `is_supported_power`.

    Each product is rounded: n products, up to n/2 units in the last place. x^(n + 1/2) is
    x^n sqrt(x).
    """
    exponent = constant_of(op.operands[1])
    assert exponent is not None, op
    base = operands[0]
    whole, half = divmod(abs(exponent), 1)
    result = _integer_power(lanes, base, int(whole))
    if half:
        root = _sqrt(lanes, base)
        result = root if result is None else _multiply(lanes, result, root)
    if result is None:
        return f32(1.0)
    return _reciprocal(lanes, result) if exponent < 0 else result


def _integer_power(lanes: Lanes, base: Value, exponent: int) -> Value | None:
    """base^exponent for exponent >= 1; None for the empty product."""
    result: Value | None = None
    while exponent:
        if exponent & 1:
            result = base if result is None else _multiply(lanes, result, base)
        exponent >>= 1
        if exponent:
            base = _multiply(lanes, base, base)
    return result


def _multiply(lanes: Lanes, left: Value, right: Value) -> Value:
    """The product of two vectors or of two scalars."""
    if is_vector(left):
        return lanes.rvv.binary("vfmul", left, right, lanes.vl)
    return lanes.rvv.builder.fmul(left, right)


def _sqrt(lanes: Lanes, value: Value) -> Value:
    """The square root of a vector or of a scalar."""
    if is_vector(value):
        return lanes.rvv.unary("vfsqrt", value, lanes.vl)
    return call_intrinsic(lanes.rvv.builder, "sqrt", F32, [F32], [value])


def _reciprocal(lanes: Lanes, value: Value) -> Value:
    """1 / value."""
    if is_vector(value):
        return lanes.rvv.binary("vfrdiv", value, f32(1.0), lanes.vl)
    return lanes.rvv.builder.fdiv(f32(1.0), value)
