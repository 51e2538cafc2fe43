"""Convolutions and pools: windows that overlap, tap by tap and block by block."""

import itertools

import numpy as np
import pytest

from npu.dialects.npu import GroupOp
from npu.runtime.compiler import make_context, parse
from npu.runtime.rounding import blocks, contraction
from npu.runtime.rounding.groups import run_group
from npu.runtime.rounding.pairs import UNIT, exact, pairs

GROUP = """
func.func @main(%a: tensor<{first}xf32>, %b: tensor<{second}xf32>) -> tensor<{result}xf32> {{
  %r = npu.group @g ins(%a, %b : tensor<{first}xf32>, tensor<{second}xf32>) {{
  ^bb0(%x: tensor<{first}xf32>, %w: tensor<{second}xf32>):
    %c = arith.constant {start:e} : f32
    %e = tensor.empty() : tensor<{result}xf32>
    %f = linalg.fill ins(%c : f32) outs(%e : tensor<{result}xf32>) -> tensor<{result}xf32>
    %g = linalg.generic {{indexing_maps = [affine_map<{loops} -> {rows}>,
        affine_map<{loops} -> {weights}>, affine_map<{loops} -> {out}>],
        iterator_types = {kinds}}}
        ins(%x, %w : tensor<{first}xf32>, tensor<{second}xf32>) outs(%f : tensor<{result}xf32>) {{
    ^bb1(%p: f32, %q: f32, %out: f32):
      {body}
      linalg.yield %y : f32
    }} -> tensor<{result}xf32>
    npu.yield %g : tensor<{result}xf32>
  }} ops [] : tensor<{result}xf32>
  func.return %r : tensor<{result}xf32>
}}"""

PRODUCT = "%s = arith.mulf %p, %q : f32\n%y = arith.addf %out, %s : f32"


def dims(shape):
    return "x".join(map(str, shape))


def kinds(parallel, reduced):
    return str(["parallel"] * parallel + ["reduction"] * reduced).replace("'", '"')


def group(text, **parts):
    for name in ("first", "second", "result"):
        parts[name] = dims(parts[name])
    module = parse(make_context(), text.format(**parts))
    return next(op for op in module.walk() if isinstance(op, GroupOp))


def convolution(image, out, stride, dilation):
    """A group of (n, c, h, w) by (o, c, kh, kw)."""
    return group(
        GROUP,
        first=image,
        second=(out[1], image[1], 3, 2),
        result=out,
        start=0.0,
        loops="(n, o, i, j, c, k, l)",
        rows=f"(n, c, i * {stride} + k * {dilation}, j * {stride} + l * {dilation})",
        weights="(o, c, k, l)",
        out="(n, o, i, j)",
        kinds=kinds(4, 3),
        body=PRODUCT,
    )


def windows(image, out, second, weights, body, start):
    """A group that reads windows of 3 x 2, two apart, channel by channel."""
    return group(
        GROUP,
        first=image,
        second=second,
        result=out,
        start=start,
        loops="(n, c, i, j, k, l)",
        rows="(n, c, i * 2 + k, j * 2 + l)",
        weights=weights,
        out="(n, c, i, j)",
        kinds=kinds(4, 2),
        body=body,
    )


def depthwise(image, out):
    return windows(image, out, (image[1], 3, 2), "(c, k, l)", PRODUCT, 0.0)


def pool(image, out, body, start):
    return windows(image, out, (3, 2), "(k, l)", body, start)


@pytest.fixture(params=[None, 8, 1], ids=["whole", "blocks of 8", "points"])
def pieces(request, monkeypatch):
    """Everything at once, or in the smallest blocks with every tap on its own."""
    if request.param is not None:
        monkeypatch.setattr(blocks, "BLOCK_POINTS", request.param)
        monkeypatch.setattr(contraction, "COPIED", request.param)


def taps(x, out, stride, dilation=1):
    """For each tap, its number and the elements that all places read there."""
    for k, m in itertools.product(range(3), range(2)):
        rows = slice(k * dilation, k * dilation + stride * (out[2] - 1) + 1, stride)
        columns = slice(m * dilation, m * dilation + stride * (out[3] - 1) + 1, stride)
        yield k, m, x[:, :, rows, columns]


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), (3, 2)])
def test_a_convolution_adds_all_taps_and_its_error_covers_every_order(stride, dilation):
    rng = np.random.default_rng(stride)
    x, w = rng.standard_normal((2, 3, 13, 11)), rng.standard_normal((4, 3, 3, 2))
    x, w = x.astype(np.float32), w.astype(np.float32)
    out = (2, 4, 3, 3)
    (found,) = run_group(convolution(x.shape, out, stride, dilation), [exact(x), exact(w)], 8)
    wanted, size, single = np.zeros(out), np.zeros(out), np.zeros(out, np.float32)
    for k, m, at in taps(x, out, stride, dilation):
        for c in range(3):
            one, other = at[:, None, c], w[None, :, c, k, m, None, None]
            single += one * other
            wanted += one.astype(np.float64) * other
            size += np.abs(one.astype(np.float64) * other)
    np.testing.assert_allclose(found["value"], wanted, rtol=0, atol=1e-13)
    assert (np.abs(single - found["value"]) <= found["error"]).all()
    # 18 terms one behind the other, the rounding of the product, and that of the sum with 0
    bound = 1.001 * 20 * UNIT * size
    assert (found["error"] <= bound).all()
    assert (found["error"] >= 0.9 * bound - 2 * UNIT * size).all()


@pytest.mark.usefixtures("pieces")
def test_errors_of_a_convolution_s_operands_count_tap_by_tap():
    x, w = np.ones((1, 2, 5, 5)), np.full((3, 2, 3, 2), -2.0)
    error = np.zeros(x.shape)
    error[0, 1, 2, 2] = 0.25
    out = (1, 3, 3, 4)
    wide = [pairs(x, error), pairs(w, np.full(w.shape, 1e-3))]
    (found,) = run_group(convolution(x.shape, out, 1, 1), wide, 8)
    touched = np.zeros((3, 4))
    touched[:, 1:3] = 1  # by the rows 0, 1, 2 and the columns 1, 2 of the windows
    wanted = 12 * 1e-3 + touched * 0.25 * (2 + 1e-3)
    np.testing.assert_allclose(found["error"][0], np.broadcast_to(wanted, (3, 3, 4)), rtol=1e-2)


@pytest.mark.usefixtures("pieces")
def test_a_depthwise_convolution_is_a_sum_of_rounded_products():
    rng = np.random.default_rng(4)
    x, w = rng.standard_normal((1, 5, 9, 8)), rng.standard_normal((5, 3, 2))
    x, w = x.astype(np.float32), w.astype(np.float32)
    out = (1, 5, 4, 4)
    (found,) = run_group(depthwise(x.shape, out), [exact(x), exact(w)], 8)
    wide = [(at.astype(np.float64), w[None, :, k, m, None, None]) for k, m, at in taps(x, out, 2)]
    terms = [one * other for one, other in wide]
    wanted, size = sum(terms), sum(map(np.abs, terms))
    np.testing.assert_allclose(found["value"], wanted, rtol=0, atol=1e-13)
    bound = UNIT * (size + np.abs(wanted))
    assert (found["error"] <= 1.001 * bound).all()
    assert (found["error"] >= 0.999 * bound).all()


@pytest.mark.usefixtures("pieces")
def test_pools_choose_and_add():
    rng = np.random.default_rng(5)
    x = rng.standard_normal((2, 3, 9, 8)).astype(np.float32)
    window, out = np.zeros((3, 2), np.float32), (2, 3, 4, 4)
    parts = np.stack([at for _, _, at in taps(x, out, 2)]).astype(np.float64)
    largest = pool(x.shape, out, "%y = arith.maximumf %out, %p : f32", -3.0e38)
    (found,) = run_group(largest, [exact(x), exact(window)], 8)
    np.testing.assert_array_equal(found["value"], parts.max(0))
    assert not found["error"].any()
    wide = pairs(x.astype(np.float64), 1e-3 * np.abs(x))
    (found,) = run_group(largest, [wide, exact(window)], 8)
    errors = (1e-3 * np.abs(parts).astype(np.float32)).astype(np.float64)
    above = (parts + errors).max(0) - parts.max(0)
    below = parts.max(0) - (parts - errors).max(0)
    np.testing.assert_array_equal(found["error"], np.maximum(above, below))
    total = pool(x.shape, out, "%y = arith.addf %out, %p : f32", 0.0)
    (found,) = run_group(total, [exact(x), exact(window)], 8)
    np.testing.assert_allclose(found["value"], parts.sum(0), rtol=0, atol=1e-13)
    np.testing.assert_allclose(found["error"], UNIT * np.abs(parts.sum(0)), 1e-6, 1e-14)


@pytest.mark.usefixtures("pieces")
def test_what_is_no_number_stays_in_its_windows():
    x = np.ones((1, 1, 9, 8), np.float32)
    x[0, 0, 0, 0], x[0, 0, 8, 7] = np.nan, np.inf
    out, window = (1, 1, 4, 4), np.ones((3, 2), np.float32)
    for body, rest in [("%y = arith.maximumf %out, %p : f32", 1), (PRODUCT, 6)]:
        (found,) = run_group(pool(x.shape, out, body, 0.0), [exact(x), exact(window)], 8)
        wanted = np.full(out, rest, np.float64)
        wanted[0, 0, 0, 0], wanted[0, 0, 3, 3] = np.nan, np.inf
        np.testing.assert_array_equal(found["value"], wanted)
        assert np.isfinite(found["error"]).all()
