"""Powers: with a constant exponent by repeated squaring in pairs of f32, rounded once at the end.

A pair is a number and the rounding error of it, as fused multiply-adds find it. Plain products
would be off by up to a unit in the last place a product. Special values are those of C's pow.
"""

from dataclasses import dataclass

from xdsl.ir import Operation

from npu.codegen.functions.powers import power_of
from npu.codegen.lanes import Lanes, constant_of
from npu.codegen.llvm_ir import Value, f32

MAX_POWER = 64
"""The largest exponent that is multiplied out: at most 12 products."""

_MAX_PLAIN = 3
"""Up to this power plain products are within 1.3 units in the last place; PyTorch takes them."""

_INFINITY = float("inf")


@dataclass(frozen=True)
class _Pair:
    """high + low, where low is at most half a unit in the last place of high.

    Where high is infinite, or comes of an infinity or of 0, low may be infinite or NaN.
    """

    high: Value
    low: Value


def is_product(exponent: float) -> bool:
    """Whether a constant is n, n + 1/2 or one of their negatives, and at most `MAX_POWER`."""
    return abs(exponent) <= MAX_POWER and exponent * 2 % 1 == 0


def power(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    """`math.powf`, and `math.fpowi` with a constant exponent.

    What is neither a product nor has a constant base goes by way of logarithms.
    """
    number, exponent = map(constant_of, op.operands)
    base = lanes.vector(operands[0])
    if exponent is None or not is_product(exponent):
        other = lanes.vector(operands[1] if exponent is None else f32(float(exponent)))
        if number is not None and 0 < number < _INFINITY and number != 1:
            return power_of(number)(lanes.rvv, other, lanes.vl)
        return lanes.special["powf"](lanes.rvv, base, other, lanes.vl)
    if exponent == 0:
        return f32(1.0)
    if 0 < exponent <= _MAX_PLAIN and exponent % 1 == 0:
        return _plain(lanes, base, int(exponent))
    if exponent % 1:
        base = _without_sign(lanes, base)
    if exponent in (0.5, -0.5):
        return _plain_root(lanes, base, is_reciprocal=exponent < 0)
    return _rounded(lanes, _paired(lanes, base, exponent))


def _plain(lanes: Lanes, base: Value, exponent: int) -> Value:
    """base^exponent for 1, 2 and 3, each product rounded."""
    result = base
    for _ in range(exponent - 1):
        result = lanes.rvv.binary("vfmul", result, base, lanes.vl)
    return result


def _plain_root(lanes: Lanes, base: Value, *, is_reciprocal: bool) -> Value:
    """base^(1/2), or one over it: of a denormal the reciprocal itself would be infinite."""
    root = lanes.rvv.unary("vfsqrt", base, lanes.vl)
    return lanes.rvv.binary("vfrdiv", root, f32(1.0), lanes.vl) if is_reciprocal else root


def _without_sign(lanes: Lanes, base: Value) -> Value:
    """0 for -0 and inf for -inf, as C's pow takes them to n + 1/2; NaN comes of other negatives."""
    rvv, vl = lanes.rvv, lanes.vl
    base = rvv.binary("vfadd", base, f32(0.0), vl)
    negative = rvv.compare("vmfeq", base, f32(-_INFINITY), vl)
    return rvv.merge(base, f32(_INFINITY), negative, vl)


def _paired(lanes: Lanes, base: Value, exponent: float) -> _Pair:
    """base^exponent; of a negative exponent, the power of the reciprocal, which may be denormal."""
    whole, half = divmod(abs(exponent), 1)
    pair = _Pair(base, lanes.rvv.splat(f32(0.0), lanes.vl))
    if exponent < 0:
        pair = _reciprocal(lanes, base)
    result = _integer_power(lanes, pair, int(whole))
    assert result is not None, exponent
    return _product(lanes, result, _root(lanes, pair)) if half else result


def _integer_power(lanes: Lanes, base: _Pair, exponent: int) -> _Pair | None:
    """base^exponent for exponent >= 1; None for the empty product."""
    result: _Pair | None = None
    while exponent:
        if exponent & 1:
            result = base if result is None else _product(lanes, result, base)
        exponent >>= 1
        if exponent:
            base = _product(lanes, base, base)
    return result


def _product(lanes: Lanes, a: _Pair, b: _Pair) -> _Pair:
    """a b: the error of the product of the high parts, and their products with the low parts."""
    rvv, vl = lanes.rvv, lanes.vl
    high = rvv.binary("vfmul", a.high, b.high, vl)
    low = rvv.multiply_add("vfmsac", high, a.high, b.high, vl)
    low = rvv.multiply_add("vfmacc", low, a.high, b.low, vl)
    return _Pair(high, rvv.multiply_add("vfmacc", low, a.low, b.high, vl))


def _reciprocal(lanes: Lanes, x: Value) -> _Pair:
    """1 / x: with q the quotient, low is q (1 - q x)."""
    rvv, vl = lanes.rvv, lanes.vl
    high = rvv.binary("vfrdiv", x, f32(1.0), vl)
    left = rvv.multiply_add("vfnmsac", rvv.splat(f32(1.0), vl), high, x, vl)
    return _Pair(high, rvv.binary("vfmul", left, high, vl))


def _root(lanes: Lanes, x: _Pair) -> _Pair:
    """The square root: with r that of high, low is (high - r^2 + low) / 2r."""
    rvv, vl = lanes.rvv, lanes.vl
    high = rvv.unary("vfsqrt", x.high, vl)
    left = rvv.multiply_add("vfnmsac", x.high, high, high, vl)
    left = rvv.binary("vfmul", rvv.binary("vfadd", left, x.low, vl), f32(0.5), vl)
    return _Pair(high, rvv.binary("vfdiv", left, high, vl))


def _rounded(lanes: Lanes, pair: _Pair) -> Value:
    """high + low, or high alone where low is not finite."""
    rvv, vl = lanes.rvv, lanes.vl
    size = rvv.binary("vfsgnjx", pair.low, pair.low, vl)
    finite = rvv.compare("vmflt", size, f32(_INFINITY), vl)
    return rvv.merge(pair.high, rvv.binary("vfadd", pair.high, pair.low, vl), finite, vl)
