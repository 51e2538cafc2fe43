"""Bessel functions of orders 0 and 1, in f64.

Up to 8 they are polynomials, those of the second kind with a logarithm besides; beyond, the n-th is
J + i Y = sqrt(2 / (pi a)) (P + i Q) e^(i (a - (2 n + 1) pi / 4)), with P and a Q as polynomials in
1 / a^2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from npu.codegen.functions.angles import sine_and_cosine
from npu.codegen.functions.logarithms import logarithm
from npu.codegen.functions.wide import Wide, square_place
from npu.codegen.llvm_ir import Value

_SMALL = 8.0

_J0 = (
    0.04582966485981377, 0.9303012473211072, -0.6484692830882552, -0.8080888083766512,
    1.0383794611737254, -0.5074680401921778, 0.14598884832758302, -0.02847273799413583,
    0.004058079811868427, -0.0004435136325819396, 3.847182714506406e-05, -2.743554838227825e-06,
    1.6065681395474083e-07,
)  # fmt: skip
"""J0(a) for a from 0 to 8 as a polynomial in a^2 / 32 - 1; 1.8e-12."""

_J1 = (
    -0.05814382795914838, 0.08105866038604224, 0.1515166516653869, -0.25959486529631887,
    0.15858376167548938, -0.054745818091658995, 0.012456825703273885, -0.002029040011536165,
    0.00024947277844893697, -2.404475203870036e-05, 1.8878117559719668e-06, -1.2055597539040458e-07,
)  # fmt: skip
"""J1(a) / a, likewise; 3.2e-12."""

_Y0 = (
    -0.382250654459425, -0.8284358904127583, 1.647096478876819, 0.1441263251573273,
    -1.0775477338852184, 0.672177066630457, -0.21895747045282105, 0.046367087828301665,
    -0.007025742801695501, 0.0008060917281464739, -7.279251255763767e-05, 5.3747641792928205e-06,
    -3.2417393050846624e-07,
)  # fmt: skip
"""Y0(a) - 2 / pi ln(a) J0(a), likewise; 3.8e-12."""

_Y1 = (
    0.0707598588276391, -0.24337743079223367, 0.023367571255954095, 0.23507209208847982,
    -0.1963983931745791, 0.07854786896832461, -0.019628779972098637, 0.003422491823853958,
    -0.00044377274223377845, 4.467224052025288e-05, -3.6406000633412148e-06, 2.399051381145054e-07,
)  # fmt: skip
"""(Y1(a) - 2 / pi (ln(a) J1(a) - 1 / a)) / a, likewise; 6.6e-12."""

_P0 = (
    0.999457275793335, -0.0005363673200444674, 6.137324748107969e-06, -2.052595521100582e-07,
    1.3044825580272734e-08, -1.2513672940855291e-09,
)  # fmt: skip
"""P of order 0, as a polynomial in 2 (8 / a)^2 - 1; 5.5e-12."""

_Q0 = (
    -0.12444091106123782, 0.0005466519325604926, -1.1816659321183199e-05, 5.684143990391803e-07,
    -4.653812674404354e-08, 5.363277379550252e-09,
)  # fmt: skip
"""a Q of order 0, likewise; 2.8e-11."""

_P1 = (
    1.0009070262724695, 0.0008988049425787054, -7.959593848277677e-06, 2.45351355273826e-07,
    -1.497475125474917e-08, 1.4031850726243134e-09,
)  # fmt: skip
"""P of order 1, likewise; 6.1e-12."""

_Q1 = (
    0.3742149922471482, -0.0007697167107761862, 1.456911986694704e-05, -6.632669054769707e-07,
    5.2664535357995957e-08, -5.9567622793745256e-09,
)  # fmt: skip
"""a Q of order 1, likewise; 3.0e-11."""


@dataclass(frozen=True)
class _Far:
    """What the functions of one order are made of beyond 8, each over sqrt(pi a)."""

    p: Value
    q: Value
    both: Value
    """sin + cos of the size."""
    apart: Value
    """sin - cos of the size."""
    scale: Value
    """1 / sqrt(pi a)."""

    def mixed(self, wide: Wide, first: Value, second: Value) -> Value:
        """(P first + Q second) / sqrt(pi a)."""
        return wide.multiply(wide.fused(self.p, first, wide.multiply(self.q, second)), self.scale)


def _far(wide: Wide, x: Value, size: Value, p: tuple[float, ...], q: tuple[float, ...]) -> _Far:
    sine, cosine = sine_and_cosine(wide, wide.magnitude(x))
    inverse = wide.divide(1.0, size)
    place = wide.add(wide.multiply(wide.multiply(inverse, inverse), 2 * _SMALL**2), -1.0)
    return _Far(
        wide.polynomial(p, place),
        wide.multiply(wide.polynomial(q, place), inverse),
        wide.add(sine, cosine),
        wide.subtract(sine, cosine),
        wide.divide(1.0, wide.root(wide.multiply(size, math.pi))),
    )


def _chosen(wide: Wide, size: Value, near: Value, far: Value) -> Value:
    return wide.where(wide.compare("vmfle", size, _SMALL), near, far)


def _second_kind(wide: Wide, value: Value, result: Value) -> Value:
    """Functions of the second kind go to -infinity at 0 and have no value below."""
    result = wide.where(wide.compare("vmfeq", value, 0.0), -math.inf, result)
    return wide.where(wide.compare("vmflt", value, 0.0), math.nan, result)


def j0(wide: Wide, x: Value) -> Value:
    """J0(x)."""
    size = wide.size(wide.of(x))
    far = _far(wide, x, size, _P0, _Q0)
    beyond = far.mixed(wide, far.both, wide.multiply(far.apart, -1.0))
    return _chosen(wide, size, wide.polynomial(_J0, square_place(wide, size, _SMALL)), beyond)


def j1(wide: Wide, x: Value) -> Value:
    """J1(x), which is odd."""
    value = wide.of(x)
    size = wide.size(value)
    far = _far(wide, x, size, _P1, _Q1)
    beyond = far.mixed(wide, far.apart, far.both)
    near = wide.multiply(wide.polynomial(_J1, square_place(wide, size, _SMALL)), size)
    return wide.turned(_chosen(wide, size, near, beyond), value)


def y0(wide: Wide, x: Value) -> Value:
    """Y0(x) for x > 0."""
    value = wide.of(x)
    far = _far(wide, x, value, _P0, _Q0)
    beyond = far.mixed(wide, far.apart, far.both)
    place = square_place(wide, value, _SMALL)
    first = wide.multiply(wide.polynomial(_J0, place), 2 / math.pi)
    near = wide.fused(first, logarithm(wide, value), wide.polynomial(_Y0, place))
    return _second_kind(wide, value, _chosen(wide, value, near, beyond))


def y1(wide: Wide, x: Value) -> Value:
    """Y1(x) for x > 0."""
    value = wide.of(x)
    far = _far(wide, x, value, _P1, _Q1)
    beyond = far.mixed(wide, wide.multiply(far.both, -1.0), far.apart)
    place = square_place(wide, value, _SMALL)
    first = wide.multiply(wide.polynomial(_J1, place), value)
    pole = wide.divide(1.0, value)
    logs = wide.fused(first, logarithm(wide, value), wide.multiply(pole, -1.0))
    near = wide.fused(wide.polynomial(_Y1, place), value, wide.multiply(logs, 2 / math.pi))
    return _second_kind(wide, value, _chosen(wide, value, near, beyond))
