"""exp, tanh and erf on f32 vectors: polynomials in vector code.

The coefficients are least-squares fits in relative error, reweighted until the error is level
(Lawson's method), and rounded to f32; a test measures the stated bounds against double precision
over the whole range. NaN gives NaN, infinities give their limits, -0 keeps its sign where the
function is odd.
"""

from collections.abc import Sequence

from npu.codegen.llvm_ir import I32, Constant, Value, f32, i64
from npu.codegen.rvv import Rvv

_LN2 = 0.6931471805599453
_LN2_HIGH, _LN2_LOW = 0.693359375, -0.00021219444170128554
"""ln 2 in two parts; the first has 10 significant bits, so whole multiples of it are exact."""

_LOG2_E = 1.4426950216293335
_EXP_LOWEST = -104.0
"""Below, e^x rounds to 0: half the least denormal is 2^-150 = e^-103.97."""
_EXP_LOWEST_BITS = 0xC2D00000
"""`_EXP_LOWEST` as an integer. Without a sign, the bits of what lies below are more, and those of
what lies above, of NaN and of infinity are less: one minimum clamps and keeps NaN."""

_TWO_EXPONENTS = 1.5 * 2**23 + 2 * 127
"""As `_ROUND_TO_EXPONENT`, plus the bias of two exponents."""
_EXP_HIGHEST = _TWO_EXPONENTS + 128
"""2^128 overflows: larger results are infinite whatever the power."""

_EXP = (
    1.0, 1.0, 0.4999999403953552, 0.1666652113199234, 0.04166838899254799, 0.00836874544620514,
    0.0013814539415761828,
)  # fmt: skip
"""e^r for |r| <= ln(2)/2, lowest power first; 3.1e-9 before rounding.

Of all f32, exp is off by at most 7.71e-8 of its value, which is 0.892 units in the last place (at
5.2016387), or by 0.858 of the least denormal."""

_ROUND_TO_EXPONENT = 1.5 * 2**23 + 127
"""Added to a number of at most 2^22, it leaves a whole number in the last bits: the nearest one
plus the bias of exponents. Subtracted again, it leaves that whole number."""

_TANH_LIMIT = 10.0
"""From 9.01 on tanh rounds to 1, and from 8.84 on the formula gives 1."""

_TANH = (-0.33333322405815125, 0.1333116888999939, -0.05272284522652626)
"""(tanh(h) / h - 1) / h^2 as a polynomial in h^2, for |h| <= ln(2)/4; 2.2e-10 of tanh(h) before
rounding."""

_ERF_LIMIT = 4.0
"""From 3.92 on erf rounds to 1."""

_ERF = (
    0.12837916612625122, 0.6366193890571594, 0.10277783870697021, -0.019153088331222534,
    -0.00016035459702834487, 0.0016669884789735079, -0.0006328165763989091,
    0.00011763582733692601, -9.255679287889507e-06,
)  # fmt: skip
"""-ln(1 - erf(x)) / x - 1 for 0 <= x <= 3.92, lowest power first, so that the error of erf is
level: 8.3e-9 of it before rounding."""


def exp(rvv: Rvv, x: Value, vl: Value) -> Value:
    """Exponential within 1e-7 of relative error; denormal results within half a unit more."""
    # Whatever NaN this is, times 1 it is the positive one.
    return exp_of_result(rvv, rvv.binary("vfmul", x, f32(1.0), vl), vl)


def exp_of_result(rvv: Rvv, x: Value, vl: Value) -> Value:
    """`exp` of what an arithmetic instruction gave, whose NaN is positive.

    e^x = 2^n e^r, n whole and |r| <= ln(2)/2. The one sum of x log2(e) and a number so large that
    its last digit is 1 rounds to n. Too large an x, or NaN, has a wrong n, but its own r.
    """
    x = rvv.as_floats(rvv.binary("vminu", rvv.as_integers(x), Constant(I32, _EXP_LOWEST_BITS), vl))
    power = rvv.binary("vfmul", x, f32(_LOG2_E), vl)
    shifted = rvv.binary("vfadd", power, f32(_TWO_EXPONENTS), vl)
    shifted = rvv.binary("vfmin", shifted, f32(_EXP_HIGHEST), vl)
    whole = rvv.binary("vfsub", shifted, f32(_TWO_EXPONENTS), vl)
    rest = rvv.multiply_add("vfnmsac", x, f32(_LN2_HIGH), whole, vl)
    rest = rvv.multiply_add("vfnmsac", rest, f32(_LN2_LOW), whole, vl)
    result = _polynomial(rvv, _EXP, rest, vl)
    # Two factors, since 2^n alone may be a denormal or too large.
    exponents = rvv.as_integers(shifted)
    half = rvv.binary("vsrl", exponents, i64(1), vl)
    other = rvv.binary("vsub", exponents, half, vl)
    for part in (half, other):
        result = rvv.binary("vfmul", result, _from_exponent(rvv, part, vl), vl)
    return result


def tanh(rvv: Rvv, x: Value, vl: Value) -> Value:
    """Hyperbolic tangent within 1.7e-7 of relative error.

    With |x| = h + n ln(2)/2 it is (t (2^n + 1) + 2^n - 1) / (t (2^n - 1) + 2^n + 1), t = tanh(h).
    """
    size = _limited_size(rvv, x, _TANH_LIMIT, vl)
    rest, scale = _split(rvv, size, _LN2 / 2, vl)
    square = rvv.binary("vfmul", rest, rest, vl)
    cube = rvv.binary("vfmul", square, rest, vl)
    curve = _polynomial(rvv, _TANH, square, vl)
    part = rvv.multiply_add("vfmacc", rest, cube, curve, vl)
    less = rvv.binary("vfsub", scale, f32(1.0), vl)
    more = rvv.binary("vfadd", scale, f32(1.0), vl)
    numerator = rvv.multiply_add("vfmacc", less, part, more, vl)
    denominator = rvv.multiply_add("vfmacc", more, part, less, vl)
    ratio = rvv.binary("vfdiv", numerator, denominator, vl)
    return rvv.binary("vfsgnj", ratio, x, vl)


def erf(rvv: Rvv, x: Value, vl: Value) -> Value:
    """Error function within 1.4e-7 of relative error: 1 - e^-g(|x|) with g = -ln(1 - erf).

    With -g = n ln(2) + r it is -(2^n (e^r - 1) + 2^n - 1), where 2^n - 1 is exact.
    """
    size = _limited_size(rvv, x, _ERF_LIMIT, vl)
    share = _polynomial(rvv, _ERF, size, vl)
    exponent = rvv.multiply_add("vfnmacc", size, share, size, vl)
    rest, scale = _split(rvv, exponent, _LN2, vl)
    curve = _polynomial(rvv, _EXP[2:], rest, vl)
    square = rvv.binary("vfmul", rest, rest, vl)
    part = rvv.multiply_add("vfmacc", rest, square, curve, vl)
    less = rvv.binary("vfsub", scale, f32(1.0), vl)
    return rvv.binary("vfsgnj", rvv.multiply_add("vfmacc", less, scale, part, vl), x, vl)


def _polynomial(rvv: Rvv, coefficients: Sequence[float], x: Value, vl: Value) -> Value:
    """Horner's scheme; lowest power first, at least two coefficients.

    One rounding a step, but two in the first, where they do not count: two scalars and a vector
    make no fused instruction that leaves the vector as it is.
    """
    *lower, second, last = coefficients
    total = rvv.binary("vfmul", x, f32(last), vl)
    total = rvv.binary("vfadd", total, f32(second), vl)
    for coefficient in reversed(lower):
        constant = rvv.splat(f32(coefficient), vl)
        total = rvv.multiply_add("vfmacc", constant, total, x, vl)
    return total


def _limited_size(rvv: Rvv, x: Value, limit: float, vl: Value) -> Value:
    """The smaller of |x| and `limit`, or NaN for NaN."""
    size = rvv.binary("vfsgnjx", x, x, vl)
    beyond = rvv.compare("vmfgt", size, f32(limit), vl)
    return rvv.merge(size, f32(limit), beyond, vl)


def _split(rvv: Rvv, x: Value, step: float, vl: Value) -> tuple[Value, Value]:
    """(r, 2^n) with x = r + n step, where `step` divides ln 2 and |r| <= step/2. |n| <= 126.

    `step` is taken as rounded to f32, which is wrong by n * 2e-9: for functions that large n make
    nearly constant.
    """
    shifted = rvv.splat(f32(_ROUND_TO_EXPONENT), vl)
    shifted = rvv.multiply_add("vfmacc", shifted, f32(1 / step), x, vl)
    whole = rvv.binary("vfsub", shifted, f32(_ROUND_TO_EXPONENT), vl)
    rest = rvv.multiply_add("vfnmsac", x, f32(step), whole, vl)
    return rest, _from_exponent(rvv, rvv.as_integers(shifted), vl)


def _from_exponent(rvv: Rvv, biased: Value, vl: Value) -> Value:
    """2^(biased - 127) for the exponent in the last 8 bits of each integer; bit 8 must be 0."""
    return rvv.as_floats(rvv.binary("vsll", biased, i64(23), vl))
