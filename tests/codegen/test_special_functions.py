"""Special functions over the whole range of f32: the stated error bounds, and special values."""

import itertools
import math

import numpy as np
import pytest

from npu.codegen.functions.formulas import FORMULAS
from npu.codegen.special import RELATIVE_ERROR, WIDE

TINY = float(np.finfo(np.float32).smallest_normal)

OF_TWO = {"atan2": np.arctan2, "powf": np.power, "fmod": np.fmod}

OURS = ("erfc", "fmod")
"""Operations of `npu`, not of `math`."""

EXACT = {
    "erf": np.vectorize(math.erf),
    "erfc": np.vectorize(math.erfc),
    **{name: getattr(np, name) for name in ("exp", "exp2", "expm1", "sinh", "cosh", "tanh")},
    **{name: getattr(np, name) for name in ("log", "log2", "log10", "log1p", "sin", "cos", "tan")},
    **{f"a{name}": getattr(np, f"arc{name}") for name in ("sin", "cos", "tan")},
    **{f"a{name}": getattr(np, f"arc{name}") for name in ("sinh", "cosh", "tanh")},
}

ODD = ("tanh", "erf", "expm1", "log1p", "sin", "tan", "asin", "atan", "sinh", "asinh", "atanh")

SMALLEST_COSINE = 16367173 * 2.0**72
"""Nearer to a multiple of pi / 2, for its size, than any other f32 (Muller 2016, table 11.2)."""

EDGES = np.array(
    [0.0, 1.0, 2.5, 3.0, 0.5, 1e-45, 1e-42, 16777215.0, 16777216.0, 3e38, np.inf, np.nan],
    np.float32,
)


def arguments() -> np.ndarray:
    """Values of every magnitude, dense where the functions are neither flat nor linear."""
    magnitudes = np.float32(2.0) ** np.arange(-149, 128, dtype=np.float32)
    rng = np.random.default_rng(3)
    spread = magnitudes * (1 + rng.random(magnitudes.size, np.float32))
    dense = np.linspace(0, 12, 20000, dtype=np.float32)
    wide = np.linspace(12, 110, 12000, dtype=np.float32)
    edges = np.array([0.0, 1.0, 3.925, 9.02, 87.3, 88.72283, 88.72284, 103.97, 104.0, 3.4e38])
    worst = np.array([0.111472555, 0.5526876, 5.836894, 26.737])  # of all f32, in emulated steps
    one = np.nextafter(np.float32(1), np.array([0, 2], np.float32))
    quarters = [*(np.arange(1, 1000) * (np.pi / 2)), SMALLEST_COSINE]
    positive = np.concatenate([magnitudes, spread, dense, wide, edges, worst, one, quarters])
    special = np.array([np.inf, np.nan])
    return np.concatenate([positive, -positive, special, -special]).astype(np.float32)


@pytest.fixture(params=["polynomial", "instruction"])
def evaluate(request, run, kernel, generic, machine):
    """A function on Spike."""

    def at(name, *inputs):
        size, count = inputs[0].size, len(inputs)
        tiles = [*(f"in {size}" for _ in inputs), f"out {size}"]
        names = ["%a", "%b"][:count]
        dialect = "npu" if name in OURS else "math"
        body = generic(
            tiles, f"{' '.join(map(str, range(count)))} -> {count}",
            "; ".join(["d0"] * (count + 1)), "p", " ".join([*names, "%c"]),
            f"%r = {dialect}.{name} {', '.join(names)} : f32\nlinalg.yield %r : f32",
        )  # fmt: skip
        arrays = [*inputs, np.zeros_like(inputs[0])]
        return run(kernel(tiles, body), arrays, machine(), request.param)[-1]

    return at


def check(name, got, function, *x):
    """Values within the stated bound; NaNs and infinities where f64, rounded, has them."""
    got = got.astype(np.float64)
    with np.errstate(all="ignore"):
        want = function(*(one.astype(np.float64) for one in x))
        rounded = want.astype(np.float32)
    assert np.array_equal(np.isnan(got), np.isnan(rounded))
    assert np.array_equal(np.isinf(got), np.isinf(rounded))
    finite = np.isfinite(rounded)
    slack = 2.0**-149 if name in ("tanh", "erf") else 2.0**-149 * 0.5000001
    allowed = RELATIVE_ERROR[name] * np.abs(want) + np.where(np.abs(want) < 2 * TINY, slack, 0)
    excess = np.abs(got[finite] - want[finite]) > allowed[finite]
    assert not excess.any(), [one[finite][excess][:5] for one in x]
    zeros = finite & (rounded == 0)
    assert np.array_equal(np.signbit(got[zeros]), np.signbit(rounded[zeros]))


@pytest.mark.parametrize("name", EXACT)
def test_error_bound(evaluate, name):
    x = arguments()
    check(name, evaluate(name, x), EXACT[name], x)


@pytest.mark.parametrize("name", OF_TWO)
def test_error_bound_of_two(evaluate, name):
    rng = np.random.default_rng(4)
    edges = np.concatenate([EDGES, -EDGES])
    pairs = np.array(list(itertools.product(edges, edges)), np.float32).T
    spread = rng.standard_normal((2, 4000)) * 10.0 ** rng.integers(-20, 20, (2, 4000))
    near = np.stack([1 + rng.standard_normal(4000) * 1e-3, rng.standard_normal(4000) * 3e4])
    small = np.stack([np.exp(rng.standard_normal(4000)), rng.standard_normal(4000) * 20])
    a, b = np.concatenate([pairs, spread, near, small, -small], 1).astype(np.float32)
    check(name, evaluate(name, a, b), OF_TWO[name], a, b)


@pytest.mark.parametrize("name", ODD)
def test_odd_functions_keep_the_sign_of_zero(evaluate, name):
    got = evaluate(name, np.array([0.0, -0.0], np.float32))
    assert list(np.signbit(got)) == [False, True]


def test_every_function_is_tested():
    assert {*EXACT, *OF_TWO, *FORMULAS} == {*RELATIVE_ERROR} >= {*WIDE}  # test_formulas
