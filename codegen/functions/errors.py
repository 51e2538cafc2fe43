"""erfc, e^(x^2) erfc(x), the inverses of erf and of the normal distribution, in f64.

All but `erfc` are formulas (`formulas`).
"""

from __future__ import annotations

import math

from npu.codegen.functions.exponentials import power_of_e
from npu.codegen.functions.logarithms import logarithm
from npu.codegen.functions.wide import Wide, size_of
from npu.codegen.llvm_ir import Value, f32
from npu.codegen.rvv import Rvv

_BEYOND = 11.0
"""From 10.06 on erfc rounds to 0."""

_SCALED = (
    0.25539567632431953, -0.42718584766369866, 0.24165819263328847, -0.07897856791485507,
    0.003732924801666368, 0.006997276195523649, -0.000847419503669848, -0.000980877153643488,
    4.486276601243215e-05, 0.00017123989433763032, 2.389230922252961e-05, -2.351832420424665e-05,
    -8.424372829648545e-06,
)  # fmt: skip
"""e^(x^2) erfc(x) for 0 <= x <= 11, as a polynomial in (x - 2) / (x + 2); 7.5e-11."""


def erfc(rvv: Rvv, x: Value, vl: Value) -> Value:
    """1 - erf(x), with all its digits where it is small."""
    wide = Wide(rvv, vl)
    size = wide.of(size_of(rvv, x, vl))
    size = wide.where(wide.compare("vmfgt", size, _BEYOND), _BEYOND, size)
    place = wide.divide(wide.subtract(size, 2.0), wide.add(size, 2.0))
    power = power_of_e(wide, wide.multiply(wide.multiply(size, size), -1.0))
    upper = wide.multiply(wide.polynomial(_SCALED, place), power)
    negative = rvv.compare("vmflt", x, f32(0.0), vl)
    return wide.narrow(wide.where(negative, wide.subtract(2.0, upper), upper))


_MIDDLE = 3.75
"""Of erfcx: the place of x is (x - 3.75) / (x + 3.75)."""

_TIMES_A_LINE = (
    1.2375126308071391, -0.14024059858572127, 0.0035854194180316976, 0.08227673851211012,
    -0.1088040132020334, 0.0923043207359042, -0.05869272662880936, 0.028362280234667626,
    -0.009749269540440022, 0.0017556187138696323, 0.0002996347778954181, -0.00029015332160598915,
    4.425238467474947e-05, 2.241560132465326e-05, -6.344495523498326e-06, -1.0383432432734145e-06,
)  # fmt: skip
"""e^(x^2) erfc(x) (1 + 2 x) for x >= 0 as a polynomial in the place; 2.5e-11."""


def erfcx(wide: Wide, x: Value) -> Value:
    """e^(x^2) erfc(x)."""
    value = wide.of(x)
    size = wide.size(value)
    place = wide.divide(wide.subtract(size, _MIDDLE), wide.add(size, _MIDDLE))
    line = wide.add(wide.add(size, size), 1.0)
    upper = wide.divide(wide.polynomial(_TIMES_A_LINE, place), line)
    upper = wide.where(wide.compare("vmfeq", size, math.inf), 0.0, upper)
    power = power_of_e(wide, wide.multiply(size, size))
    lower = wide.subtract(wide.add(power, power), upper)
    return wide.where(wide.compare("vmflt", value, 0.0), lower, upper)


_HALF_OF_FIVE = 2.5
_OF_LITTLE = (
    1.501409351110792, 0.6166006919631694, -0.026108236313375218, -0.019573563806598138,
    0.008525415992185547, -0.00048787904773047456, -0.0008342566486193873, 0.0002921416164184736,
    2.0891564964598315e-05, -4.140623891110373e-05, 7.941246815710843e-06, 2.9332373078157436e-06,
    -1.2638309676539305e-06,
)  # fmt: skip
"""erfinv(y) / y for w = -ln(1 - y^2) from 0 to 5, as a polynomial in w / 2.5 - 1; 3.9e-11."""

_ROOTS_MIDDLE, _ROOTS_REACH = 6.241509371729694, 4.005441394229904
_OF_MUCH = (
    6.1037141281280265, 4.042973783665106, -0.007975143794707016, -0.001601065043409138,
    0.00411704217086948, -0.004108471101320622, 0.003252680872445824, -0.0024096479171289986,
    0.0027506567280965078, -0.0017835761956812189, -0.007469709768253465, 0.0046638939262618985,
    0.0421679469213269, -0.027095937254969584, -0.14327155268261843, 0.09513164947351067,
    0.33733775130287486, -0.23407364213947987, -0.5422159833575961, 0.39461845089415404,
    0.587926451877134, -0.4587969196239184, -0.3900951461953142, 0.32960629478840303,
    0.13985132729810507, -0.1280347159100967, -0.02067754679357562, 0.020510044208180186,
)  # fmt: skip
"""The same for w from 5 to 105, as a polynomial in (sqrt(w) - middle) / reach; 4.7e-11."""


def _inverse(wide: Wide, rest: Value, y: Value) -> Value:
    """The x of which erf is `y`; `rest` is 1 - y^2."""
    w = wide.multiply(logarithm(wide, rest), -1.0)
    little = wide.add(wide.multiply(w, 1 / _HALF_OF_FIVE), -1.0)
    reach = wide.add(wide.root(wide.size(w)), -_ROOTS_MIDDLE)
    much = wide.polynomial(_OF_MUCH, wide.multiply(reach, 1 / _ROOTS_REACH))
    is_much = wide.compare("vmfgt", w, 2 * _HALF_OF_FIVE)
    return wide.multiply(wide.where(is_much, much, wide.polynomial(_OF_LITTLE, little)), y)


def erfinv(wide: Wide, x: Value) -> Value:
    """The number of which erf is `x`: infinite for 1 and -1, NaN beyond."""
    value = wide.of(x)
    size = wide.size(value)
    rest = wide.multiply(wide.subtract(1.0, size), wide.add(size, 1.0))
    at_end = wide.compare("vmfeq", size, 1.0)
    result = wide.where(at_end, wide.multiply(value, math.inf), _inverse(wide, rest, value))
    return wide.where(wide.compare("vmfgt", size, 1.0), math.nan, result)


def ndtri(wide: Wide, x: Value) -> Value:
    """The number below which a normal one lies with probability `x`: NaN for no probability."""
    value = wide.of(x)
    y = wide.add(wide.add(value, value), -1.0)
    rest = wide.multiply(wide.multiply(wide.subtract(1.0, value), value), 4.0)
    result = wide.multiply(_inverse(wide, rest, y), math.sqrt(2.0))
    result = wide.where(wide.compare("vmfeq", value, 0.0), -math.inf, result)
    result = wide.where(wide.compare("vmfeq", value, 1.0), math.inf, result)
    result = wide.where(wide.compare("vmflt", value, 0.0), math.nan, result)
    return wide.where(wide.compare("vmfgt", value, 1.0), math.nan, result)
