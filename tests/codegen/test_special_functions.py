"""exp, tanh and erf over the whole range of f32: the error bounds their docstrings state."""

import math

import numpy as np
import pytest

from npu.codegen.special import RELATIVE_ERROR

TINY = float(np.finfo(np.float32).smallest_normal)

EXACT = {"exp": np.exp, "tanh": np.tanh, "erf": np.vectorize(math.erf)}


def arguments() -> np.ndarray:
    """Values of every magnitude, dense where the functions are neither flat nor linear."""
    magnitudes = np.float32(2.0) ** np.arange(-149, 128, dtype=np.float32)
    rng = np.random.default_rng(3)
    spread = magnitudes * (1 + rng.random(magnitudes.size, np.float32))
    dense = np.linspace(0, 12, 20000, dtype=np.float32)
    wide = np.linspace(12, 110, 12000, dtype=np.float32)
    edges = np.array([0.0, 1.0, 3.925, 9.02, 87.3, 88.72283, 88.72284, 103.97, 104.0, 3.4e38])
    worst = np.array([0.111472555, 0.5526876, 5.836894, 26.737])  # of all f32, in emulated steps
    positive = np.concatenate([magnitudes, spread, dense, wide, edges, worst])
    special = np.array([np.inf, np.nan])
    return np.concatenate([positive, -positive, special, -special]).astype(np.float32)


@pytest.fixture(params=["polynomial", "instruction"])
def evaluate(request, run, kernel, generic, machine):
    """A function on Spike."""

    def at(name, x):
        tiles = [f"in {x.size}", f"out {x.size}"]
        body = generic(
            tiles, "0 -> 1", "d0; d0", "p", "%a %c",
            f"%r = math.{name} %a : f32\nlinalg.yield %r : f32",
        )  # fmt: skip
        return run(kernel(tiles, body), [x, np.zeros_like(x)], machine(), request.param)[1]

    return at


@pytest.mark.parametrize("name", RELATIVE_ERROR)
def test_error_bound(evaluate, name):
    x = arguments()
    got = evaluate(name, x).astype(np.float64)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        want = EXACT[name](x.astype(np.float64))
        rounded = want.astype(np.float32)
    assert np.array_equal(np.isnan(got), np.isnan(x))
    assert np.array_equal(np.isinf(got), np.isinf(rounded))
    finite = np.isfinite(rounded)
    slack = 2.0**-149 if name != "exp" else 2.0**-149 * 0.5000001
    allowed = RELATIVE_ERROR[name] * np.abs(want) + np.where(np.abs(want) < 2 * TINY, slack, 0)
    excess = np.abs(got[finite] - want[finite]) > allowed[finite]
    assert not excess.any(), x[finite][excess][:5]


@pytest.mark.parametrize("name", ["tanh", "erf"])
def test_odd_functions_keep_the_sign_of_zero(evaluate, name):
    got = evaluate(name, np.array([0.0, -0.0], np.float32))
    assert list(np.signbit(got)) == [False, True]
