"""Every rule of rounding holds for what a float32 machine may compute, and is not much wider."""

import math

import numpy as np
import pytest
from xdsl.dialects import arith
from xdsl.dialects import math as math_ops

from npu.codegen.arithmetic import LOWERINGS
from npu.codegen.functions.formulas import CROSS_ZERO, OF_FORMULAS
from npu.codegen.special import RELATIVE_ERROR, WIDE
from npu.codegen.special_operations import SPECIAL_OPERATIONS
from npu.dialects import npu
from npu.runtime.reference.formulas import of_formula
from npu.runtime.reference.scalars import THROUGH_DOUBLE, half_away
from npu.runtime.rounding import arithmetic, functions
from npu.runtime.rounding import special as special_rules
from npu.runtime.rounding.pairs import LEAST, OVERFLOW, UNIT, exact, pairs
from npu.runtime.rounding.scalars import HANDLERS, MAXIMA, SPECIAL

COUNT = 20000
SPECIALS = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-40, 1e-30, 3.4e38, -3.4e38, 1.0, 1e19]
ERF = np.vectorize(math.erf, otypes=[np.float64])


def special(name, function):
    """float32's exp, tanh or erf, upwards or downwards, as wrong as it may be once rounded."""
    room = RELATIVE_ERROR[name] - UNIT

    def computed(*x):
        value = function(*(each.astype(np.float64) for each in x))
        sign = np.random.default_rng(5).choice([-1.0, 1.0], size=value.shape)
        return (value * (1 + sign * room)).astype(np.float32)

    return computed


def once(exponent):
    """A power rounded once."""
    return lambda x: np.power(x.astype(np.float64), exponent).astype(np.float32)


def reciprocal_root(x):
    """Rounded once; that of -0 is -inf, which a power is not."""
    return (1 / np.sqrt(x.astype(np.float64))).astype(np.float32)


# name: the rule, what float32 computes, operands, units of a result of exact operands
RULES = {
    "add": (arithmetic.add, np.add, 2, 1),
    "subtract": (arithmetic.subtract, np.subtract, 2, 1),
    "multiply": (arithmetic.multiply, np.multiply, 2, 1),
    "divide": (arithmetic.divide, np.divide, 2, 1),
    "negate": (arithmetic.negate, np.negative, 1, 0),
    "absolute": (arithmetic.absolute, np.abs, 1, 0),
    "maximum": (MAXIMA[arith.MaximumfOp], np.maximum, 2, 0),
    "minimum": (MAXIMA[arith.MinimumfOp], np.minimum, 2, 0),
    "maxnum": (MAXIMA[arith.MaxnumfOp], np.fmax, 2, 0),
    "minnum": (MAXIMA[arith.MinnumfOp], np.fmin, 2, 0),
    "root": (functions.square_root, np.sqrt, 1, 1),
    "reciprocal root": (functions.reciprocal_root, reciprocal_root, 1, 1.1),
    "exp": (functions.exponential, special("exp", np.exp), 1, 1.7),
    "tanh": (functions.hyperbolic_tangent, special("tanh", np.tanh), 1, 5.1),
    "erf": (functions.error_function, special("erf", ERF), 1, 5.9),
    "cube": (lambda x: functions.power(x, 3.0), lambda x: x * x * x, 1, 2.1),
    "inverse square": (lambda x: functions.power(x, -2.0), once(-2.0), 1, 1.1),
    "power 1.5": (lambda x: functions.power(x, 1.5), once(1.5), 1, 1.1),
    "power -0.5": (lambda x: functions.power(x, -0.5), once(-0.5), 1, 1.1),
    "power 7": (lambda x: functions.power(x, 7.0), once(7.0), 1, 1.1),
    "power -64": (lambda x: functions.power(x, -64.0), once(-64.0), 1, 1.1),
    **{
        name: (SPECIAL[kind], special(name, function), 1, 1.1)
        for kind, function in THROUGH_DOUBLE.items()
        if (name := SPECIAL_OPERATIONS.get(kind)) in WIDE and name not in ("atan2", "zeta")
    },
    "angle": (SPECIAL[math_ops.Atan2Op], special("atan2", np.arctan2), 2, 1.1),
    "zeta": (SPECIAL[npu.ZetaOp], special("zeta", of_formula("zeta")), 2, 1.1),
    "power of two": (special_rules.power, special("powf", np.power), 2, 1.1),
    "copied sign": (SPECIAL[math_ops.CopySignOp], np.copysign, 2, 0),
    "floor": (SPECIAL[math_ops.FloorOp], np.floor, 1, 0),
    "ceil": (SPECIAL[math_ops.CeilOp], np.ceil, 1, 0),
    "half even": (SPECIAL[math_ops.RoundEvenOp], np.rint, 1, 0),
    "half away": (SPECIAL[math_ops.RoundOp], half_away, 1, 0),
}


def numbers(seed):
    """float32 numbers of all magnitudes, many near 1, and every special one against every other."""
    rng = np.random.default_rng(seed)
    near = rng.standard_normal(COUNT).astype(np.float32)
    spread = near * np.float32(2.0) ** rng.integers(-100, 100, COUNT).astype(np.float32)
    grid = np.meshgrid(SPECIALS, SPECIALS)[seed % 2].ravel()
    return np.concatenate([near, spread, grid]).astype(np.float32)


def operands(count, wobble):
    """`count` operands with relative errors of up to `wobble`, and float32 numbers within those."""
    rng = np.random.default_rng(9)
    with_errors, inside = [], []
    for seed in range(count):
        value = numbers(seed)
        with np.errstate(all="ignore"):
            actual = (value * (1 + wobble * rng.uniform(-1, 1, value.size))).astype(np.float32)
            actual = np.where(value == 0, value, actual)
            error = np.abs(actual.astype(np.float64) - value) if wobble else np.zeros(value.size)
            with_errors.append(pairs(value.astype(np.float64), error, error == 0))
        inside.append(actual)
    return with_errors, inside


@pytest.mark.parametrize("wobble", [0.0, 1e-7, 1e-3, 0.5, 3.0])
@pytest.mark.parametrize("name", RULES)
def test_what_float32_computes_is_within_the_error(name, wobble):
    rule, compute, count, _ = RULES[name]
    given, inside = operands(count, wobble)
    with np.errstate(all="ignore"):
        found, actual = rule(*given), compute(*inside)
        away = np.abs(actual.astype(np.float64) - found["value"])
    assert actual.dtype == np.float32
    same = (actual == found["value"]) | (np.isnan(actual) & np.isnan(found["value"]))
    held = same | (away <= found["error"]) | np.isinf(found["error"])
    bad = np.flatnonzero(~held)
    assert not bad.size, [(i, [o[i] for o in inside], actual[i], found[i]) for i in bad[:5]]


@pytest.mark.parametrize("name", RULES)
def test_the_error_of_exact_operands_is_that_of_the_operation_alone(name):
    rule, _, count, units = RULES[name]
    values = [np.abs(numbers(seed)[: 2 * COUNT]) for seed in range(count)]
    with np.errstate(all="ignore"):
        found = rule(*map(exact, values))
    settled = np.isfinite(found["error"])
    assert settled.mean() > 0.9
    allowed = units * UNIT * np.abs(found["value"]) * 1.001 + 4 * LEAST
    allowed += 1.001 * OF_FORMULAS if name in CROSS_ZERO else 0.0
    usual = settled & (np.abs(found["value"]) > 1e-30) & (np.abs(found["value"]) < 1e30)
    assert (found["error"][usual] <= allowed[usual]).all()


def test_a_fused_multiply_add_rounds_once():
    (a, b, c), _ = operands(3, 0.0)
    with np.errstate(all="ignore"):
        found = arithmetic.fused_multiply_add(a, b, c)
        wanted = (a["value"] * b["value"] + c["value"]).astype(np.float32)
        away = np.abs(wanted.astype(np.float64) - found["value"])
    near = np.isfinite(wanted)
    assert (away <= found["error"])[near].all()
    assert (found["error"] <= UNIT * np.abs(found["value"]) + LEAST)[near].all()


@pytest.mark.parametrize(
    ("rule", "values", "wanted"),
    [
        (arithmetic.add, (np.inf, -np.inf), np.nan),
        (arithmetic.add, (np.inf, 1.0), np.inf),
        (arithmetic.multiply, (0.0, np.inf), np.nan),
        (arithmetic.multiply, (-2.0, np.inf), -np.inf),
        (arithmetic.divide, (1.0, 0.0), np.inf),
        (arithmetic.divide, (0.0, 0.0), np.nan),
        (arithmetic.divide, (1.0, np.inf), 0.0),
        (arithmetic.multiply, (3e38, 10.0), np.inf),
        (functions.exponential, (1e30,), np.inf),
        (functions.exponential, (-np.inf,), 0.0),
        (functions.square_root, (-1.0,), np.nan),
        (functions.hyperbolic_tangent, (-np.inf,), -1.0),
        (functions.error_function, (np.nan,), np.nan),
        (MAXIMA[arith.MaximumfOp], (np.nan, 1.0), np.nan),
        (MAXIMA[arith.MaxnumfOp], (np.nan, 1.0), 1.0),
        (MAXIMA[arith.MaximumfOp], (-0.0, 0.0), 0.0),
        (MAXIMA[arith.MinimumfOp], (0.0, -0.0), -0.0),
    ],
)
def test_special_values_are_certain(rule, values, wanted):
    with np.errstate(all="ignore"):
        found = rule(*(exact(np.array(value, np.float32)) for value in values))
    np.testing.assert_equal(float(found["value"]), wanted)
    if not np.isfinite(wanted):
        assert found["error"] == 0
    assert np.isfinite(found["error"])


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        (arithmetic.divide, ((1.0, 0.0), (0.0, 1e-9))),
        (arithmetic.divide, ((1.0, 0.0), (1e-9, 2e-9))),
        (functions.square_root, ((1e-9, 2e-9),)),
        (arithmetic.multiply, ((np.inf, 0.0), (1e-9, 2e-9))),
        (arithmetic.add, ((3.4e38, 1e37), (0.0, 0.0))),
        (arithmetic.add, ((1.0, np.inf), (2.0, 0.0))),
        (functions.exponential, ((88.72, 0.1),)),
        (SPECIAL[math_ops.LogOp], ((1e-9, 2e-9),)),
        (SPECIAL[math_ops.AcosOp], ((1.0, 1e-7),)),
        (SPECIAL[math_ops.TanOp], ((math.pi / 2, 1e-7),)),
        (special_rules.power, ((1e-9, 2e-9), (0.5, 0.0))),
    ],
)
def test_what_rounding_decides_is_in_doubt(rule, values):
    made = [pairs(np.float64(value), np.float64(error)) for value, error in values]
    with np.errstate(all="ignore"):
        assert rule(*made)["error"] == np.inf


def test_values_keep_to_the_range_of_float32():
    found = pairs(np.array([OVERFLOW, -OVERFLOW, 3.4e38, 3.4e38]), np.array([0, 0, 0, 1e37]))
    assert list(found["value"][:3]) == [np.inf, -np.inf, 3.4e38]
    assert list(found["error"]) == [0, 0, 0, np.inf]


def test_every_operation_that_has_code_has_a_rule():
    assert set(LOWERINGS) <= set(HANDLERS)
    assert math_ops.ExpOp in HANDLERS
