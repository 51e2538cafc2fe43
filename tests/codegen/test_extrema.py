"""Maxima and minima of rows and columns on Spike: NaN wins, of whatever it starts from, too."""

import re
from collections import Counter

import numpy as np
import pytest

from npu.codegen.compile import emit_llvm
from npu.runtime.compiler import make_context, parse

NAN, INF = np.float32("nan"), np.float32("inf")
BEST = {"maximumf": np.maximum, "minimumf": np.minimum}
STARTS = (NAN, -NAN, INF, -INF, 0.0, -0.0, 1.5)


def special(rows, columns):
    """Infinities, what overflows as a square, zeros of both signs, NaN at the ends and inside."""
    x = np.random.default_rng(1).standard_normal((rows, columns)).astype(np.float32)
    x[1] = -INF
    x[2, :2] = INF, -INF
    x[3] *= 1e38
    x[4] = -0.0
    x[5] = np.where(np.arange(columns) % 3 == 1, 0.0, -0.0)
    x[6, 0] = x[7, -1] = x[8, columns // 2] = NAN
    x[9] = 1e-42
    x[10, columns // 2] = -NAN
    return x


@pytest.fixture
def folded(run, kernel, generic, machine):
    """Extrema of an array over one of its dimensions, starting from `start`."""

    def at(name, x, dimension, start, vlen):
        rows, columns = x.shape
        kept = (rows, columns)[1 - dimension]
        tiles = [f"in {rows}x{columns}", f"out {kept}"]
        body = generic(
            tiles, "0 -> 1", f"d0, d1; d{1 - dimension}", "rp" if dimension == 0 else "pr",
            "%a %c", f"%r = arith.{name} %a, %c : f32\nlinalg.yield %r : f32",
        )  # fmt: skip
        given = np.resize(np.float32(start), kept)
        return run(kernel(tiles, body), [x, given], machine(vlen=vlen))[1], given

    return at


@pytest.mark.parametrize("vlen", [128, 4096])
@pytest.mark.parametrize("name", BEST)
@pytest.mark.parametrize("dimension", [0, 1])
def test_nan_wins(folded, name, dimension, vlen):
    x = special(13, 61) if dimension == 1 else special(13, 61).T.copy()
    got, given = folded(name, x, dimension, STARTS, vlen)
    wanted = BEST[name](BEST[name].reduce(x, axis=dimension), given)
    np.testing.assert_array_equal(got, wanted)
    zeros = (x == 0).all(axis=dimension) & (given == 0)
    assert zeros.any()
    ours = np.concatenate([np.moveaxis(x, dimension, 0), given[None]])[:, zeros]
    is_minus = np.signbit(ours).all(0) if name == "maximumf" else np.signbit(ours).any(0)
    np.testing.assert_array_equal(np.signbit(got[zeros]), is_minus)


def test_a_strip_takes_two_instructions(kernel, generic, machine):
    """And whether there is a NaN is asked once a row."""
    tiles = ["in 8x5000", "out 8"]
    body = generic(
        tiles, "0 -> 1", "d0, d1; d0", "pr", "%a %c",
        "%r = arith.maximumf %a, %c : f32\nlinalg.yield %r : f32",
    )  # fmt: skip
    text = emit_llvm(parse(make_context(), kernel(tiles, body)), machine(vlen=1024))
    blocks = re.findall(r"^strip\.body[^:]*:.*?^  br ", text, re.MULTILINE | re.DOTALL)
    blocks = [block for block in blocks if "vfmax" in block]
    assert len(blocks) == 2, "rows side by side, and rows left over"
    for block in blocks:
        found = Counter(re.findall(r'@"llvm\.riscv\.(\w+)', block))
        rows = found["vle"]
        assert found == {"vsetvli": 1, "vle": rows, "vfmax": rows, "vfmacc": rows}
