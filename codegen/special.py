"""exp, tanh and erf on f32 vectors: polynomials in vector code, or the machine's own instructions.

The coefficients are least-squares fits in relative error, reweighted until the error is level
(Lawson's method), and rounded to f32; a test measures the stated bounds against double precision
over the whole range. NaN gives NaN, infinities give their limits, -0 keeps its sign where the
function is odd.
"""

from collections.abc import Callable, Sequence
from functools import partial

from npu.codegen.llvm_ir import I32, Constant, Value, call_intrinsic, f32, i64, side_by_side
from npu.codegen.rvv import Rvv
from npu.dialects.isa import BY_NAME

_LN2_HIGH, _LN2_LOW = 0.693359375, -0.00021219444170128554
"""ln 2 in two parts; the first has 10 significant bits, so whole multiples of it are exact."""

_LOG2_E = 1.4426950216293335
_EXP_LOWEST = -104.0
"""Below, e^x rounds to 0: half the least denormal is 2^-150 = e^-103.97."""
_EXP_HIGHEST_POWER = 128.0
"""2^128 overflows: larger results are infinite whatever the power."""

_EXP = (
    1.0, 1.0, 0.4999999403953552, 0.1666652113199234, 0.04166838899254799, 0.00836874544620514,
    0.0013814539415761828,
)  # fmt: skip
"""e^r for |r| <= ln(2)/2, lowest power first; 3.1e-9 before rounding."""

_TANH_LIMIT = 9.02
_TANH_P = (1.0, 0.133826956, 0.00349746668, 2.06359418e-05, 1.33844056e-08)
_TANH_Q = (1.0, 0.467160165, 0.0258843973, 0.000328853057, 7.79030643e-07)
"""tanh(x)/x as P(x^2)/Q(x^2) for |x| <= 9.02, beyond which it is 1; 2.2e-8 before rounding."""

_ERF_LIMIT = 3.925
_ERF_P = (1.12837923, 0.174744278, 0.0507479198, 0.00312064425, 0.000275029335, 2.22652193e-06)
_ERF_Q = (1.0, 0.488197714, 0.107701473, 0.01366424, 0.00101540925, 3.94156086e-05)
"""erf(x)/x as P(x^2)/Q(x^2) for |x| <= 3.925, beyond which it is 1; 5.2e-8 before rounding."""

SpecialFunction = Callable[[Rvv, Value, Value], Value]
"""``(rvv, vector, vl) -> vector``."""


def exp(rvv: Rvv, x: Value, vl: Value) -> Value:
    """Exponential within 1e-7 of relative error; denormal results within half a unit more."""
    builder = rvv.builder
    tiny = rvv.compare("vmflt", x, f32(_EXP_LOWEST), vl)
    x = rvv.merge(x, f32(_EXP_LOWEST), tiny, vl)
    power = rvv.binary("vfmul", x, f32(_LOG2_E), vl)
    power = rvv.binary("vfmin", power, f32(_EXP_HIGHEST_POWER), vl)
    whole = rvv.unary("vfcvt.x.f.v", power, vl, rvv.integers)
    rounded = rvv.unary("vfcvt.f.x.v", whole, vl, rvv.vector)
    rest = rvv.multiply_add("vfnmsac", x, f32(_LN2_HIGH), rounded, vl)
    rest = rvv.multiply_add("vfnmsac", rest, f32(_LN2_LOW), rounded, vl)
    result = _polynomial(rvv, _EXP, rest, vl)
    # Two factors, since 2^whole alone may be a denormal or too large.
    half = rvv.binary("vsra", whole, i64(1), vl)
    for part in (half, rvv.binary("vsub", whole, half, vl)):
        biased = rvv.binary("vadd", part, Constant(I32, 127), vl)
        bits = rvv.binary("vsll", biased, i64(23), vl)
        result = rvv.binary("vfmul", result, builder.bitcast(bits, rvv.vector), vl)
    return result


def tanh(rvv: Rvv, x: Value, vl: Value) -> Value:
    """Hyperbolic tangent within 3e-7 of relative error."""
    return _odd_rational(rvv, x, _TANH_P, _TANH_Q, _TANH_LIMIT, vl)


def erf(rvv: Rvv, x: Value, vl: Value) -> Value:
    """Error function within 3.5e-7 of relative error."""
    return _odd_rational(rvv, x, _ERF_P, _ERF_Q, _ERF_LIMIT, vl)


def instruction(name: str) -> SpecialFunction:
    """The special-function instruction of `name`, such as ``exp``."""
    vcix = BY_NAME[f"npu.v{name}"].vcix
    assert vcix is not None, name

    def emit(rvv: Rvv, x: Value, vl: Value) -> Value:
        args = [i64(vcix.opcode), x, i64(vcix.imm), vl]
        overloads = [rvv.vector, vl.type, vl.type, vl.type]
        return call_intrinsic(rvv.builder, f"riscv.{vcix.intrinsic}", rvv.vector, overloads, args)

    return emit


POLYNOMIALS: dict[str, SpecialFunction] = {"exp": exp, "tanh": tanh, "erf": erf}
INSTRUCTIONS: dict[str, SpecialFunction] = {name: instruction(name) for name in POLYNOMIALS}


def _polynomial(rvv: Rvv, coefficients: Sequence[float], x: Value, vl: Value) -> Value:
    """Horner's scheme with one rounding a step; lowest power first, at least two coefficients."""
    *lower, next_to_last, last = coefficients
    start = rvv.splat(f32(next_to_last), vl)
    total = rvv.multiply_add("vfmacc", start, f32(last), x, vl)
    for coefficient in reversed(lower):
        start = rvv.splat(f32(coefficient), vl)
        total = rvv.multiply_add("vfmacc", start, total, x, vl)
    return total


def _odd_rational(
    rvv: Rvv, x: Value, p: Sequence[float], q: Sequence[float], limit: float, vl: Value
) -> Value:
    """x P(x^2) / Q(x^2), and +-1 where |x| > limit. NaN is not above the limit and stays NaN."""
    size = rvv.binary("vfsgnjx", x, x, vl)
    square = rvv.binary("vfmul", x, x, vl)
    emitters = [partial(_polynomial, rvv, c, square, vl) for c in (p, q)]
    numerator, denominator = side_by_side(rvv.builder, emitters)
    ratio = rvv.binary("vfdiv", numerator, denominator, vl)
    result = rvv.binary("vfmul", ratio, size, vl)
    beyond = rvv.compare("vmfgt", size, f32(limit), vl)
    result = rvv.merge(result, f32(1.0), beyond, vl)
    return rvv.binary("vfsgnj", result, x, vl)
