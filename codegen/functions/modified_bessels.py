"""Modified Bessel functions of orders 0 and 1, plain and without their exponential, in f64."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from npu.codegen.functions.exponentials import power_of_e
from npu.codegen.functions.logarithms import logarithm
from npu.codegen.functions.wide import Wide, square_place
from npu.codegen.llvm_ir import Value

_SMALL = 8.0
"""Up to here those of the first kind are polynomials."""

_SMALL_SECOND = 2.0
"""Up to here those of the second kind have a logarithm."""

_I0 = (
    49.2085542230755, 126.19349348316648, 133.73747015067605, 79.09967787942578, 29.83355502596723,
    7.773027112440098, 1.4780920643877031, 0.2136406012433912, 0.024220538806719455,
    0.002208370822479592, 0.00016530767446537833, 1.0413798056590645e-05, 5.503144716717513e-07,
)  # fmt: skip
"""I0(a) for a from 0 to 8 as a polynomial in a^2 / 32 - 1; 1.4e-12."""

_I1 = (
    7.8870933426929515, 16.717183768834477, 14.831189602689566, 7.458388756500199,
    2.429070969863114, 0.5542845240547584, 0.09346777192273469, 0.012110269710264217,
    0.0012421971714887776, 0.0001033168898811886, 7.164560231099944e-06, 4.1292000606852744e-07,
)  # fmt: skip
"""I1(a) / a, likewise; 7.7e-12."""

_I0_FAR = (
    0.4021765094450081, 0.003360551954450404, 0.00013621608777889167, 1.1143644193695862e-05,
    1.48358859061691e-06, 2.935535026978734e-07, 9.003416835624285e-08, 4.9987950872027415e-08,
    1.93551345971183e-08, -8.162417434276367e-09, -7.134118032538922e-09,
)  # fmt: skip
"""sqrt(a) e^-a I0(a) for a from 8 on, as a polynomial in 16 / a - 1; 6.6e-12."""

_I1_FAR = (
    0.38939845902587233, -0.009749577160828079, -0.00021923577677583148, -1.5039222626597893e-05,
    -1.8346611124062903e-06, -3.441973856934691e-07, -1.0125315435757985e-07,
    -5.474730168891007e-08, -2.1428552803957853e-08, 8.43120407703339e-09, 7.600979256637228e-09,
)  # fmt: skip
"""sqrt(a) e^-a I1(a), likewise; 7.3e-12."""

_K0 = (
    -0.3036207729157981, 0.3404973210133803, 0.07177701034376822, 0.005053392643204889,
    0.0001828055514634667, 4.054506575966985e-06, 6.094452405961982e-08, 6.623716999097623e-10,
)  # fmt: skip
"""K0(a) + ln(a / 2) I0(a) for a from 0 to 2 as a polynomial in a^2 / 2 - 1; 4.3e-14."""

_K1 = (
    -0.057455856135205326, -0.10866462148958411, -0.013254642948954395, -0.0006724746239023426,
    -1.9109762072037873e-05, -3.4965710428094113e-07, -4.474249593904287e-09,
)  # fmt: skip
"""(K1(a) - ln(a / 2) I1(a) - 1 / a) / a, likewise; 6.0e-13."""

_K0_FAR = (
    1.2185953384969628, -0.03107146181744885, 0.0030328929896016243, -0.0004797695908271675,
    9.954699741673e-05, -2.472907402830204e-05, 7.058262613141843e-06, -2.216473674571241e-06,
    6.410188560625321e-07, -2.2312275443749348e-07, 1.8257888642646634e-07, -7.686174163082869e-08,
)  # fmt: skip
"""sqrt(a) e^a K0(a) for a from 2 on, as a polynomial in 4 / a - 1; 1.7e-11."""

_K1_FAR = (
    1.36315189039023, 0.10334973774537291, -0.005566731236064947, 0.000735724764474843,
    -0.0001395746364815623, 3.2836866922166936e-05, -9.025657352607762e-06, 2.7589309952508143e-06,
    -7.895308388984549e-07, 2.7065248742457926e-07, -2.1388610661022742e-07, 8.913255649538525e-08,
)  # fmt: skip
"""sqrt(a) e^a K1(a), likewise; 1.9e-11."""


Formula = Callable[[Wide, Value], Value]


def _far(wide: Wide, size: Value, end: float, curve: Sequence[float]) -> Value:
    """The function from `end` on, without its exponential."""
    place = wide.add(wide.divide(2 * end, size), -1.0)
    return wide.divide(wide.polynomial(curve, place), wide.root(size))


def _first(
    wide: Wide, size: Value, curve: Sequence[float], far: Sequence[float], *, scaled: bool
) -> Value:
    """I0(a) or I1(a) / a up to 8, the function beyond; `scaled` ones lack e^a."""
    power = power_of_e(wide, wide.multiply(size, -1.0) if scaled else size)
    near, beyond = (
        wide.polynomial(curve, square_place(wide, size, _SMALL)),
        _far(wide, size, _SMALL, far),
    )
    if scaled:
        near = wide.multiply(near, power)
    else:
        beyond = wide.multiply(beyond, power)
    if curve is _I1:
        near = wide.multiply(near, size)
    result = wide.where(wide.compare("vmfle", size, _SMALL), near, beyond)
    if scaled:
        return result
    return wide.where(wide.compare("vmfeq", size, math.inf), math.nan, result)


def order_0(*, scaled: bool) -> Formula:
    """I0(x); of an infinity NaN, as PyTorch has it."""

    def formula(wide: Wide, x: Value) -> Value:
        return _first(wide, wide.size(wide.of(x)), _I0, _I0_FAR, scaled=scaled)

    return formula


def order_1(*, scaled: bool) -> Formula:
    """I1(x), which is odd; of an infinity NaN, as PyTorch has it."""

    def formula(wide: Wide, x: Value) -> Value:
        value = wide.of(x)
        result = _first(wide, wide.size(value), _I1, _I1_FAR, scaled=scaled)
        return wide.turned(result, value)

    return formula


def _second_kind(
    curve: Sequence[float],
    small: Sequence[float],
    far: Sequence[float],
    joined: Callable[[Wide, Value, Value, Value, Value], Value],
    *,
    scaled: bool,
) -> Formula:
    """One of the second kind: infinite at 0, without a value below; `scaled` ones have e^x.

    `joined` makes the function near 0 of x, what the first kind's `curve` is there, ln(x / 2), and
    `small`.
    """

    def formula(wide: Wide, x: Value) -> Value:
        value = wide.of(x)
        first = wide.polynomial(curve, square_place(wide, value, _SMALL))
        log = logarithm(wide, wide.multiply(value, 0.5))
        rest = wide.polynomial(small, square_place(wide, value, _SMALL_SECOND))
        near = joined(wide, value, first, log, rest)
        beyond = _far(wide, value, _SMALL_SECOND, far)
        if scaled:
            near = wide.multiply(near, power_of_e(wide, value))
        else:
            beyond = wide.multiply(beyond, power_of_e(wide, wide.multiply(value, -1.0)))
        result = wide.where(wide.compare("vmfle", value, _SMALL_SECOND), near, beyond)
        result = wide.where(wide.compare("vmfeq", value, 0.0), math.inf, result)
        return wide.where(wide.compare("vmflt", value, 0.0), math.nan, result)

    return formula


def second_0(*, scaled: bool) -> Formula:
    """K0(x) for x > 0."""

    def joined(wide: Wide, _: Value, first: Value, log: Value, rest: Value) -> Value:
        return wide.fused(first, log, rest, name="vfnmsac")

    return _second_kind(_I0, _K0, _K0_FAR, joined, scaled=scaled)


def second_1(*, scaled: bool) -> Formula:
    """K1(x) for x > 0."""

    def joined(wide: Wide, value: Value, first: Value, log: Value, rest: Value) -> Value:
        return wide.fused(wide.fused(first, log, rest), value, wide.divide(1.0, value))

    return _second_kind(_I1, _K1, _K1_FAR, joined, scaled=scaled)
