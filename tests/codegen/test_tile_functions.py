"""Vector code of tile functions on Spike against numpy, at every vector length."""

import math

import numpy as np
import pytest

VLENS = (256, 4096, 32768)
M, N = 37, 131

rng = np.random.default_rng(7)


def normal(*shape):
    return rng.standard_normal(shape, dtype=np.float32)


def zeros(*shape):
    return np.zeros(shape, np.float32)


@pytest.fixture(params=VLENS)
def check(request, run, kernel, machine):
    """Runs a tile function and compares the outputs that are not None."""

    def compare(tiles, body, arrays, expected, tolerance=1e-6, special="polynomial"):
        text = kernel(tiles, body)
        results = run(text, arrays, machine(vlen=request.param), special)
        for got, want in zip(results, expected, strict=True):
            if want is not None:
                scale = np.nanmax(np.abs(want))
                np.testing.assert_allclose(got, want, rtol=0, atol=tolerance * scale)

    return compare


def test_bias_and_relu_on_a_tail(check, generic):
    tiles = [f"in {M}x{N} of 40x150 dynamic 0,1", f"in {N} dynamic 0", f"out {M}x{N} dynamic 0"]
    body = "%z = arith.constant 0.0 : f32\n" + generic(
        tiles, "0 1 -> 2", "d0, d1; d1; d0, d1", "pp", "%a %b %c",
        "%s = arith.addf %a, %b : f32\n%m = arith.maximumf %s, %z : f32\nlinalg.yield %m : f32",
    )  # fmt: skip
    x, bias = normal(M, N), normal(N)
    check(tiles, body, [x, bias, zeros(M, N)], [None, None, np.maximum(x + bias, 0)], 0)


def test_in_place_epilogue(check, generic):
    tiles = [f"in {N}", f"out {M}x{N} of 64x{N} dynamic 0"]
    body = generic(
        tiles, "0 -> 1", "d1; d0, d1", "pp", "%b %c",
        "%s = arith.mulf %c, %b : f32\nlinalg.yield %s : f32",
    )  # fmt: skip
    x, scale = normal(M, N), normal(N)
    check(tiles, body, [scale, x], [None, x * scale], 0)


GELU_ERF = """%t1 = arith.mulf %a, %q : f32
%t2 = math.erf %t1 : f32
%t3 = arith.addf %t2, %one : f32
%t4 = arith.mulf %t3, %h : f32
%t5 = arith.mulf %t4, %a : f32
linalg.yield %t5 : f32"""

GELU_TANH = """%t0 = math.powf %a, %three : f32
%t1 = arith.mulf %t0, %w : f32
%t2 = arith.addf %a, %t1 : f32
%t3 = arith.mulf %t2, %p : f32
%t4 = math.tanh %t3 : f32
%t5 = arith.addf %t4, %one : f32
%t6 = arith.mulf %a, %h : f32
%t7 = arith.mulf %t6, %t5 : f32
linalg.yield %t7 : f32"""

GELU_CONSTANTS = f"""%h = arith.constant 0.5 : f32
%one = arith.constant 1.0 : f32
%three = arith.constant 3.0 : f32
%q = arith.constant {math.sqrt(0.5)} : f32
%w = arith.constant 0.044715 : f32
%p = arith.constant {math.sqrt(2 / math.pi)} : f32
"""


@pytest.mark.parametrize("special", ["polynomial", "instruction"])
@pytest.mark.parametrize("form", ["erf", "tanh"])
def test_gelu(check, generic, special, form):
    tiles = [f"in {M}x{N} of 40x150 dynamic 0,1", f"out {M}x{N} dynamic 0"]
    body = GELU_CONSTANTS + generic(
        tiles, "0 -> 1", "d0, d1; d0, d1", "pp", "%a %c", GELU_ERF if form == "erf" else GELU_TANH
    )
    x = 3 * normal(M, N)
    wide = x.astype(np.float64)
    if form == "erf":
        want = 0.5 * wide * (1 + np.vectorize(math.erf)(wide * math.sqrt(0.5)))
    else:
        inner = math.sqrt(2 / math.pi) * (wide + 0.044715 * wide**3)
        want = 0.5 * wide * (1 + np.tanh(inner))
    check(tiles, body, [x, zeros(M, N)], [None, want], 1e-6, special)


@pytest.mark.parametrize("special", ["polynomial", "instruction"])
def test_softmax_of_rows(check, generic, fill, special):
    tiles = [
        f"in {M}x{N} dynamic 0", f"out {M}x{N} dynamic 0",
        f"out {M} dynamic 0", f"out {M} dynamic 0",
    ]  # fmt: skip
    body = fill(tiles, 2, "0xFF800000") + fill(tiles, 3, "0.0")
    body += generic(
        tiles, "0 -> 2", "d0, d1; d0", "pr", "%a %c",
        "%m = arith.maximumf %a, %c : f32\nlinalg.yield %m : f32",
    )  # fmt: skip
    body += generic(
        tiles, "0 2 -> 1 3", "d0, d1; d0; d0, d1; d0", "pr", "%a %m %e %s",
        "%d = arith.subf %a, %m : f32\n%x = math.exp %d : f32\n"
        "%t = arith.addf %s, %x : f32\nlinalg.yield %x, %t : f32, f32",
    )  # fmt: skip
    body += generic(
        tiles, "3 -> 1", "d0; d0, d1", "pp", "%s %e",
        "%d = arith.divf %e, %s : f32\nlinalg.yield %d : f32",
    )  # fmt: skip
    x = 4 * normal(M, N)
    e = np.exp(x.astype(np.float64) - x.max(1, keepdims=True))
    want = [None, e / e.sum(1, keepdims=True), x.max(1), e.sum(1)]
    check(tiles, body, [x, zeros(M, N), zeros(M), zeros(M)], want, 1e-6, special)


def test_layer_norm_of_rows(check, generic, fill):
    tiles = [
        f"in {M}x{N} of 64x{N} dynamic 0", f"in {N}", f"in {N}",
        f"out {M}x{N} dynamic 0", f"out {M} dynamic 0", f"out {M} dynamic 0",
    ]  # fmt: skip
    body = f"%n = arith.constant {float(N)} : f32\n%eps = arith.constant 1.0e-5 : f32\n"
    body += fill(tiles, 4, "0.0") + fill(tiles, 5, "0.0")
    body += generic(
        tiles, "0 -> 4", "d0, d1; d0", "pr", "%a %s",
        "%t = arith.addf %a, %s : f32\nlinalg.yield %t : f32",
    )  # fmt: skip
    body += generic(
        tiles, "-> 4", "d0", "p", "%s", "%m = arith.divf %s, %n : f32\nlinalg.yield %m : f32"
    )
    body += generic(
        tiles, "0 4 -> 5", "d0, d1; d0; d0", "pr", "%a %m %s",
        "%d = arith.subf %a, %m : f32\n%q = arith.mulf %d, %d : f32\n"
        "%t = arith.addf %s, %q : f32\nlinalg.yield %t : f32",
    )  # fmt: skip
    body += generic(
        tiles, "0 4 5 1 2 -> 3", "d0, d1; d0; d0; d1; d1; d0, d1", "pp", "%a %m %v %g %b %c",
        "%v1 = arith.divf %v, %n : f32\n%v2 = arith.addf %v1, %eps : f32\n"
        "%r = math.rsqrt %v2 : f32\n%d = arith.subf %a, %m : f32\n%e = arith.mulf %d, %r : f32\n"
        "%f = arith.mulf %e, %g : f32\n%h = arith.addf %f, %b : f32\nlinalg.yield %h : f32",
    )  # fmt: skip
    x, gain, bias = normal(M, N), normal(N), normal(N)
    wide = x.astype(np.float64)
    centred = wide - wide.mean(1, keepdims=True)
    want = centred / np.sqrt(wide.var(1, keepdims=True) + 1e-5) * gain + bias
    arrays = [x, gain, bias, zeros(M, N), zeros(M), zeros(M)]
    check(tiles, body, arrays, [None, None, None, want, None, None], 2e-6)


def test_transposed_and_strided_operands(check, generic):
    tiles = [f"in {N}x{M} of {N}x{M + 3}", f"in {M}x{N}", f"out {M}x{N}"]
    body = generic(
        tiles, "0 1 -> 2", "d1, d0; d0, d1; d0, d1", "pp", "%a %b %c",
        "%s = arith.subf %b, %a : f32\nlinalg.yield %s : f32",
    )  # fmt: skip
    x, y = normal(N, M), normal(M, N)
    check(tiles, body, [x, y, zeros(M, N)], [None, None, y - x.T], 0)


def test_reductions_over_outer_and_mixed_dimensions(check, generic):
    tiles = ["in 5x7x33 dynamic 1", "out 33", "out 7"]
    body = "".join(
        generic(
            tiles, f"0 -> {out}", f"d0, d1, d2; {kept}", kinds, "%a %s",
            "%t = arith.addf %s, %a : f32\nlinalg.yield %t : f32",
        )
        for out, kept, kinds in ((1, "d2", "rrp"), (2, "d1", "rpr"))
    )  # fmt: skip
    x, columns, middles = normal(5, 7, 33), normal(33), normal(7)
    want = [None, columns + x.sum((0, 1)), middles + x.sum((0, 2))]
    check(tiles, body, [x, columns, middles], want, 1e-5)


def test_nan_wins_in_maximumf_and_loses_in_maxnumf(check, generic, fill):
    tiles = [f"in {M}x{N}", f"out {M}", f"out {M}"]
    body = fill(tiles, 1, "0xFF800000") + fill(tiles, 2, "0xFF800000")
    for out, op in ((1, "maximumf"), (2, "maxnumf")):
        body += generic(
            tiles, f"0 -> {out}", "d0, d1; d0", "pr", "%a %c",
            f"%m = arith.{op} %a, %c : f32\nlinalg.yield %m : f32",
        )  # fmt: skip
    x = normal(M, N)
    x[3, 5] = x[4, 0] = x[7, N - 1] = np.nan
    spoilt = x.max(1)
    assert np.isnan(spoilt).sum() == 3
    check(tiles, body, [x, zeros(M), zeros(M)], [None, spoilt, np.nanmax(x, 1)])


def test_single_elements(check, generic):
    tiles = ["in 1x1", "out 1x1", "out 1"]
    body = generic(
        tiles, "0 -> 1", "d0, d1; d0, d1", "pp", "%a %c",
        "%s = arith.addf %a, %a : f32\nlinalg.yield %s : f32",
    )  # fmt: skip
    body += generic(
        tiles, "0 -> 2", "d0, d1; d0", "pr", "%a %c",
        "%s = arith.addf %a, %c : f32\nlinalg.yield %s : f32",
    )  # fmt: skip
    x, y = normal(1, 1), normal(1)
    check(tiles, body, [x, zeros(1, 1), y], [None, x + x, y + x[0]])


def test_comparisons_and_selections(check, generic):
    predicates = (
        "oeq", "ogt", "oge", "olt", "ole", "one", "ord",
        "ueq", "ugt", "uge", "ult", "ule", "une", "uno",
    )  # fmt: skip
    x, y = normal(16, 16), normal(16, 16)
    x[0], y[:, 0], x[1] = np.nan, np.nan, y[1]
    nan = np.isnan(x) | np.isnan(y)
    relation = {
        "eq": x == y, "gt": x > y, "ge": x >= y, "lt": x < y, "le": x <= y,
        "ne": (x != y) & ~nan, "rd": ~nan,
    }  # fmt: skip
    for predicate in predicates:
        tiles = ["in 16x16", "in 16x16", "out 16x16"]
        body = generic(
            tiles, "0 1 -> 2", "d0, d1; d0, d1; d0, d1", "pp", "%a %b %c",
            "%one = arith.constant 1.0 : f32\n%two = arith.constant 2.0 : f32\n"
            f"%p = arith.cmpf {predicate}, %a, %b : f32\n"
            "%s = arith.select %p, %one, %two : f32\nlinalg.yield %s : f32",
        )  # fmt: skip
        truth = nan if predicate == "uno" else relation[predicate[1:]]
        if predicate[0] == "u":
            truth = truth | nan
        want = np.where(truth, 1.0, 2.0)
        check(tiles, body, [x, y, zeros(16, 16)], [None, None, want], 0)


def test_powers_and_roots(check, generic):
    tiles = ["in 50", "out 50"]
    x = np.abs(normal(50)) + 0.25
    for exponent in (0.0, 1.0, 2.0, 5.0, 0.5, 2.5, -1.0, -0.5, -3.0):
        body = f"%e = arith.constant {exponent} : f32\n" + generic(
            tiles, "0 -> 1", "d0; d0", "p", "%a %c",
            "%p = math.powf %a, %e : f32\nlinalg.yield %p : f32",
        )  # fmt: skip
        check(tiles, body, [x, zeros(50)], [None, x.astype(np.float64) ** exponent], 1e-6)
