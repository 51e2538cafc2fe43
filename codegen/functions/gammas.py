"""The logarithm of the gamma function, its derivative, and Hurwitz's zeta function, in f64.

From 8 on lgamma is Stirling's series, and smaller arguments are moved there: Gamma(x + 8) is
x (x + 1) ... (x + 7) Gamma(x). A negative one is led back to its size: Gamma(-a) Gamma(a) is
-pi / (a sin(pi a)). Zeta is a sum of eight powers and the rest by Euler and Maclaurin.
"""

from __future__ import annotations

import math

from npu.codegen.functions.angles import sine_of_pi
from npu.codegen.functions.exponentials import power_of_e
from npu.codegen.functions.logarithms import logarithm
from npu.codegen.functions.wide import Wide
from npu.codegen.llvm_ir import Value

_MOVED = 8
"""By how much an argument below it grows."""

_WHOLE = 2.0**24
"""From here on an f32 is a whole, even number."""

_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188)
"""lgamma(z) - (z - 1/2) ln z + z - ln(2 pi) / 2 as a polynomial in 1 / z^2, over z; 4e-13."""

_DERIVED = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132)
"""ln z - 1 / (2 z) - digamma(z) as a polynomial in 1 / z^2, over z^2; 4e-13."""

_BETWEEN_ROOTS = (
    0.4831289505409809, -0.14595989608715743, 0.06291140118628374, -0.031308472362370436,
    0.016797088846733407, -0.009426011602301151, 0.005446709358301496, -0.003207490983669007,
    0.0019199541482442638, -0.00119413703356102, 0.0007307305644568907, -0.000321564777912769,
    0.00019603898100630746, -0.00045723505749843793, 0.0002919330622096062, 0.00039091299925496733,
    -0.0002536160664879813, -0.0004810661730339003, 0.00031040815264610325, 0.0002526084384408357,
    -0.0001632099159561279, -7.569564844028e-05, 4.882006495445143e-05,
)  # fmt: skip
"""lgamma(x) / ((x - 1) (x - 2)) for x from 1/2 to 5/2, as a polynomial in x - 3/2; 2.5e-11."""

_MACLAURIN = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160)
"""B_2k / (2 k)!."""

_POWERS = 8
"""Terms of zeta that are summed one by one."""

_SMALLEST_POWER = -190.0
"""What e^ of less makes of zeta's rest is nothing beside its first term."""


def _moved(wide: Wide, size: Value) -> tuple[Value, Value]:
    """What of a number is 8 or more larger, and whether it is itself (a mask)."""
    is_large = wide.compare("vmfge", size, float(_MOVED))
    return wide.where(is_large, size, wide.add(size, float(_MOVED))), is_large


def _log_gamma(wide: Wide, size: Value) -> Value:
    """lgamma of a positive number."""
    z, is_large = _moved(wide, size)
    product = size
    for k in range(1, _MOVED):
        product = wide.multiply(product, wide.add(size, float(k)))
    product = wide.where(is_large, 1.0, product)
    inverse = wide.divide(1.0, z)
    series = wide.polynomial(_STIRLING, wide.multiply(inverse, inverse))
    rest = wide.fused(series, inverse, wide.subtract(math.log(2 * math.pi) / 2, z))
    result = wide.fused(wide.add(z, -0.5), logarithm(wide, z), rest)
    result = wide.subtract(result, logarithm(wide, product))
    place = wide.add(size, -1.5)
    roots = wide.multiply(wide.add(size, -1.0), wide.add(size, -2.0))
    near = wide.fused(wide.polynomial(_BETWEEN_ROOTS, place), roots, wide.splat(0.0))
    result = wide.where(wide.compare("vmfle", wide.size(place), 1.0), near, result)
    return wide.where(wide.compare("vmfeq", size, math.inf), math.inf, result)


def _from_whole(wide: Wide, size: Value) -> Value:
    """How far a number is from the nearest whole one; a large one is such."""
    rest = wide.subtract(size, wide.nearest(size)[0])
    return wide.where(wide.compare("vmfge", size, _WHOLE), 0.0, rest)


def lgamma(wide: Wide, x: Value) -> Value:
    """ln |Gamma(x)|, infinite where that is."""
    value = wide.of(x)
    size = wide.size(value)
    upper = _log_gamma(wide, size)
    sine = wide.size(sine_of_pi(wide, _from_whole(wide, size)))
    logs = logarithm(wide, wide.multiply(wide.multiply(size, sine), 1 / math.pi))
    lower = wide.multiply(wide.add(logs, upper), -1.0)
    result = wide.where(wide.compare("vmflt", value, 0.0), lower, upper)
    sine = wide.where(wide.compare("vmfgt", value, 0.0), 1.0, sine)
    return wide.where(wide.compare("vmfeq", sine, 0.0), math.inf, result)


def _digamma(wide: Wide, size: Value) -> Value:
    """digamma of a positive number."""
    z, is_large = _moved(wide, size)
    product, derivative = size, wide.splat(1.0)
    for k in range(1, _MOVED):
        factor = wide.add(size, float(k))
        derivative = wide.fused(derivative, factor, product)
        product = wide.multiply(product, factor)
    moved = wide.where(is_large, 0.0, wide.divide(derivative, product))
    inverse = wide.divide(1.0, z)
    square = wide.multiply(inverse, inverse)
    less = wide.fused(wide.polynomial(_DERIVED, square), square, wide.multiply(inverse, 0.5))
    result = wide.subtract(wide.subtract(logarithm(wide, z), less), moved)
    return wide.where(wide.compare("vmfeq", size, math.inf), math.inf, result)


def digamma(wide: Wide, x: Value) -> Value:
    """The derivative of ln Gamma(x); of 0 an infinity, of negative whole numbers NaN."""
    value = wide.of(x)
    size = wide.size(value)
    upper = _digamma(wide, size)
    rest = _from_whole(wide, size)
    sine = sine_of_pi(wide, rest)
    cosine = sine_of_pi(wide, wide.subtract(0.5, wide.size(rest)))
    turned = wide.divide(wide.multiply(cosine, math.pi), sine)
    lower = wide.add(wide.add(wide.divide(1.0, size), upper), turned)
    lower = wide.where(wide.compare("vmfeq", sine, 0.0), math.nan, lower)
    result = wide.where(wide.compare("vmflt", value, 0.0), lower, upper)
    return wide.where(wide.compare("vmfeq", value, 0.0), wide.divide(-1.0, value), result)


def zeta(wide: Wide, x: Value, y: Value) -> Value:
    """The sum of (y + k)^-x over k from 0, for y > 0: infinite for x = 1, below NaN."""
    exponent, first = wide.limited(wide.of(x), -1e30, 1e30), wide.of(y)
    negative = wide.multiply(exponent, -1.0)
    total = power_of_e(wide, wide.multiply(logarithm(wide, first), negative))
    for k in range(1, _POWERS):
        log = logarithm(wide, wide.add(first, float(k)))
        total = wide.add(total, power_of_e(wide, wide.multiply(log, negative)))
    total = wide.add(total, _rest_of_zeta(wide, exponent, wide.add(first, float(_POWERS))))
    total = wide.where(wide.compare("vmfeq", first, 0.0), math.inf, total)
    total = wide.where(wide.compare("vmflt", first, 0.0), math.nan, total)
    total = wide.where(wide.compare("vmfeq", exponent, 1.0), math.inf, total)
    return wide.where(wide.compare("vmflt", exponent, 1.0), math.nan, total)


def _rest_of_zeta(wide: Wide, exponent: Value, start: Value) -> Value:
    """The sum from `start` on."""
    power = wide.multiply(wide.multiply(logarithm(wide, start), exponent), -1.0)
    tail = power_of_e(wide, power)
    tail = wide.where(wide.compare("vmflt", power, _SMALLEST_POWER), 0.0, tail)
    inverse = wide.divide(1.0, start)
    ratio = wide.limited(wide.multiply(exponent, inverse), -1e6, 1e6)
    factor = wide.add(wide.divide(start, wide.add(exponent, -1.0)), 0.5)
    term = ratio
    for k, coefficient in enumerate(_MACLAURIN):
        if k:
            for step in (2.0 * k - 1, 2.0 * k):
                term = wide.multiply(term, wide.fused(step, inverse, ratio))
        factor = wide.fused(coefficient, term, factor)
    return wide.multiply(tail, factor)
