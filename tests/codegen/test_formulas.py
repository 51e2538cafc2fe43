"""Formulas of special functions on Spike, against PyTorch's own in float64, and special values."""

import itertools
import math

import mpmath
import numpy as np
import pytest
import torch

from npu.codegen.functions.formulas import CROSS_ZERO, FORMULAS, OF_FORMULAS
from npu.codegen.special import RELATIVE_ERROR

SPECIAL = torch.special

EXACT = {
    **{name: getattr(SPECIAL, name) for name in FORMULAS if hasattr(SPECIAL, name)},
    "lgamma": torch.lgamma,
    "k0": SPECIAL.modified_bessel_k0,
    "k0e": SPECIAL.scaled_modified_bessel_k0,
    "k1": SPECIAL.modified_bessel_k1,
    "k1e": SPECIAL.scaled_modified_bessel_k1,
}

BESSEL = {
    "bessel_j0": (mpmath.besselj, 0),
    "bessel_j1": (mpmath.besselj, 1),
    "bessel_y0": (mpmath.bessely, 0),
    "bessel_y1": (mpmath.bessely, 1),
}
"""PyTorch's own, in float64, are off by 6e-10, and far from 0 by more."""

ODD = ("bessel_j1", "i1", "i1e")
"""-0 stays."""

FAR = {
    "bessel_j0": -7.91427214124e-16,
    "bessel_j1": -1.01305120955e-16,
    "bessel_y0": -1.01305120955e-16,
    "bessel_y1": 7.91427214124e-16,
}
"""At 1e30."""


def exactly(name, *x):
    """The function in float64."""
    if name in BESSEL:
        return _bessel(*BESSEL[name], x[0])
    return EXACT[name](*(torch.from_numpy(one.astype(np.float64)) for one in x)).numpy()


def _bessel(function, order, x):
    """Of an infinity NaN; of the second kind -infinity at 0 and NaN below, as PyTorch has them."""
    is_second = function is mpmath.bessely
    found = []
    for one in map(float, x):
        if not math.isfinite(one) or (is_second and one < 0):
            found.append(math.nan)
        elif is_second and one == 0:
            found.append(-math.inf)
        else:
            found.append(float(function(order, one)))
    return np.array(found)


def arguments():
    """Values of every magnitude, many where the functions bend, whole ones, and the edges."""
    magnitudes = np.float32(2.0) ** np.arange(-149, 128, 3, dtype=np.float32)
    rng = np.random.default_rng(3)
    bent = np.concatenate([rng.uniform(0, 1.1, 250), rng.uniform(0, 12, 500)])
    near_ends = 1 - 2.0 ** -np.arange(1.0, 25)
    edges = [0.0, 0.5, 1.0, 1.4616321, 2.0, 2.5, 3.0, 7.9999995, 8.0, 24.0, 90.0, np.inf, np.nan]
    positive = np.concatenate([magnitudes, bent, rng.uniform(10, 110, 200), near_ends, edges])
    return np.concatenate([positive, -positive]).astype(np.float32)


@pytest.fixture
def evaluate(run, kernel, generic, machine):
    """A function on Spike."""

    def at(name, *inputs):
        count = len(inputs)
        tiles = [*(f"in {one.size}" for one in inputs), f"out {inputs[0].size}"]
        names = ["%a", "%b"][:count]
        body = generic(
            tiles, f"{' '.join(map(str, range(count)))} -> {count}",
            "; ".join(["d0"] * (count + 1)), "p", " ".join([*names, "%c"]),
            f"%r = npu.{name} {', '.join(names)} : f32\nlinalg.yield %r : f32",
        )  # fmt: skip
        return run(kernel(tiles, body), [*inputs, np.zeros_like(inputs[0])], machine())[-1]

    return at


def check(name, got, *x):
    """Values within the stated bound; NaN, infinities and signs of 0 where PyTorch has them."""
    got, want = got.astype(np.float64), exactly(name, *x)
    with np.errstate(all="ignore"):
        rounded = want.astype(np.float32)
    assert np.array_equal(np.isnan(got), np.isnan(rounded))
    assert np.array_equal(np.isinf(got), np.isinf(rounded))
    finite = np.isfinite(rounded)
    slack = OF_FORMULAS if name in CROSS_ZERO else 0.75 * 2.0**-149
    allowed = RELATIVE_ERROR[name] * np.abs(want) + slack
    excess = np.abs(got[finite] - want[finite]) > allowed[finite]
    assert not excess.any(), [one[finite][excess][:5] for one in x]
    zeros = finite & (rounded == 0)
    signs = x[0] if name in ODD else rounded
    assert np.array_equal(np.signbit(got[zeros]), np.signbit(signs[zeros]))


@pytest.mark.parametrize("name", [name for name in FORMULAS if name != "zeta"])
def test_error_bound(evaluate, name):
    x = arguments()
    if name in BESSEL:
        x = x[~(np.abs(x) > 1e4) | np.isinf(x)]  # of which mpmath takes long
    check(name, evaluate(name, x), x)


def test_error_bound_of_zeta(evaluate):
    rng = np.random.default_rng(4)
    edges = [0.0, 0.5, 1.0, 1.0000001, 2.0, 9.0, 150.0, 1e-40, np.nan]
    pairs = np.array(list(itertools.product(edges, [*edges, 3e38, np.inf]))).T
    spread = [1 + 2.0 ** rng.uniform(-20, 6, 400), 2.0 ** rng.uniform(-20, 20, 400)]
    x, y = np.concatenate([pairs, spread], 1).astype(np.float32)
    check("zeta", evaluate("zeta", x, y), x, y)


def test_far_from_0_a_wave_has_its_phase(evaluate):
    at = np.array([1e30, 1e30], np.float32)
    for name, wanted in FAR.items():
        assert math.isclose(evaluate(name, at)[0], wanted, rel_tol=2e-7), name
