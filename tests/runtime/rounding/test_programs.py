"""Sums, matrix products in the order of the array, conditions, and whole programs that err."""

import numpy as np
import pytest

from npu.dialects.npu import GroupOp
from npu.passes.group.check import main_of
from npu.runtime.compiler import make_context, parse
from npu.runtime.rounding.groups import Rounding, run_group
from npu.runtime.rounding.pairs import UNIT, exact, pairs
from npu.runtime.rounding.program import at_random, exact_outputs, noisy_outputs, upwards

SUM = ('["parallel", "reduction"]', "(i, j) -> (i, j)", "(i, j) -> (i)")
PLAIN = ('["parallel"]', "(i) -> (i)", "(i) -> (i)")


def group(shape, out, body, form, start=0.0):
    """A module whose `@main` is one group of one generic on a tensor `x` of `shape`."""
    kinds, source, target = form
    dims = "x".join(map(str, shape))
    result = "x".join(map(str, out))
    text = f"""
    func.func @main(%x: tensor<{dims}xf32>) -> tensor<{result}xf32> {{
      %r = npu.group @g ins(%x : tensor<{dims}xf32>) {{
      ^bb0(%a: tensor<{dims}xf32>):
        %c = arith.constant {start:e} : f32
        %e = tensor.empty() : tensor<{result}xf32>
        %f = linalg.fill ins(%c : f32) outs(%e : tensor<{result}xf32>) -> tensor<{result}xf32>
        %g = linalg.generic {{indexing_maps = [affine_map<{source}>, affine_map<{target}>],
            iterator_types = {kinds}}} ins(%a : tensor<{dims}xf32>)
            outs(%f : tensor<{result}xf32>) {{
        ^bb1(%in: f32, %out: f32):
          {body}
          linalg.yield %y : f32
        }} -> tensor<{result}xf32>
        npu.yield %g : tensor<{result}xf32>
      }} ops [] : tensor<{result}xf32>
      func.return %r : tensor<{result}xf32>
    }}"""
    return parse(make_context(), text)


def the_group(module):
    return next(op for op in module.walk() if isinstance(op, GroupOp))


def limits(module, values):
    (found,) = run_group(the_group(module), [exact(values)], 8)
    return found


def orders(row):
    """Sums of float32 numbers in several orders, each in float64 and rounded once."""
    wide = row.astype(np.float64)
    for one in (wide, wide[::-1], np.sort(wide), wide[np.argsort(-np.abs(wide))]):
        yield np.float32(np.cumsum(one)[-1])
    for lanes in (4, 16, 64):
        padded = np.zeros(-(-row.size // lanes) * lanes)
        padded[: row.size] = wide
        yield np.float32(np.cumsum(np.cumsum(padded.reshape(-1, lanes), 0)[-1])[-1])


ROWS = {
    "normal": np.random.default_rng(1).standard_normal(777),
    "positive": np.random.default_rng(2).random(777),
    "one value": np.full(777, 12345.678),
    "a tenth": np.full(777, 0.1),
    "cancelling": np.concatenate([np.arange(388.0) * 1e6, -np.arange(389.0) * 1e6]),
    "tiny": np.full(777, 1e-42),
    "ramp": np.linspace(-1, 1.5, 777),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_sum_may_be_added_in_any_order_and_is_rounded_once(row):
    row = row.astype(np.float32)
    found = limits(group((1, 777), (1,), "%y = arith.addf %out, %in : f32", SUM), row[None])
    for total in orders(row):
        assert abs(float(total) - found["value"][0]) <= found["error"][0]
    assert found["error"][0] <= 1.001 * UNIT * abs(found["value"][0]) + 1e-6


def test_a_sum_that_is_rounded_on_the_way_is_noticed():
    row = ROWS["one value"].astype(np.float32)
    found = limits(group((1, 777), (1,), "%y = arith.addf %out, %in : f32", SUM), row[None])
    assert abs(np.cumsum(row, dtype=np.float32)[-1] - found["value"][0]) > found["error"][0]


def test_sums_do_not_overflow_on_the_way():
    row = np.array([[3e38, 3e38, -3e38, -3e38], [1e38, 1e38, 0, 0], [np.inf, 1, 1, 1]], np.float32)
    found = limits(group((3, 4), (3,), "%y = arith.addf %out, %in : f32", SUM), row)
    assert found["value"][0] == 0
    assert found["error"][0] < 1e24
    assert (found["value"][2], found["error"][2]) == (np.inf, 0)


def test_products_that_may_overflow_on_the_way_are_in_doubt():
    a = np.array([[3e38, 3e38, -3e38, -3e38]] * 3, np.float32)
    (found,) = run_group(product(4, 4), [exact(a), exact(np.ones((4, 5), np.float32))], 8)
    assert (found["error"] == np.inf).all()


@pytest.mark.parametrize(("body", "wanted"), [("maximumf", 5.0), ("minimumf", -7.0)])
def test_an_extremum_is_exact(body, wanted):
    row = np.array([[1.0, 5.0, -7.0]], np.float32)
    start = -np.inf if wanted > 0 else np.inf
    text = f"%y = arith.{body} %out, %in : f32"
    found = limits(group((1, 3), (1,), text, SUM, start=-100.0 if start < 0 else 100.0), row)
    assert (found["value"][0], found["error"][0]) == (wanted, 0)


def test_a_reduction_of_another_kind_goes_point_by_point():
    body = """
    %s = arith.mulf %in, %in : f32
    %t = arith.mulf %out, %s : f32
    %y = arith.addf %t, %in : f32"""
    row = np.array([[0.1, 0.2, 0.3]], np.float32)
    found = limits(group((1, 3), (1,), body, SUM, start=1.0), row)
    wide = row[0].astype(np.float64)
    value = 1.0
    for x in wide:
        value = value * (x * x) + x
    assert found["value"][0] == pytest.approx(value, rel=1e-14)
    assert UNIT * value < found["error"][0] < 8 * UNIT * value


CHOICE = """
%zero = arith.constant 0.1 : f32
%d = arith.mulf %in, %in : f32
%p = arith.cmpf ogt, %d, %zero : f32
%big = arith.constant 100.0 : f32
%y = arith.select %p, %big, %in : f32
"""


def test_a_choice_that_rounding_decides_may_be_either():
    edge = np.float32(np.sqrt(np.float32(0.1)))
    found = limits(group((3,), (3,), CHOICE, PLAIN), np.array([1, 0.1, edge], np.float32))
    assert list(found["value"][:2]) == [100.0, np.float32(0.1)]
    assert list(found["error"][:2]) == [0.0, 0.0]
    assert found["error"][2] >= 100.0 - edge


def test_constants_count_as_rounded_only_when_asked_to():
    body = "%c1 = arith.constant 1.0e+3 : f32\n%y = arith.subf %in, %c1 : f32"
    one = the_group(group((1,), (1,), body, PLAIN))
    x = [exact(np.array([1000.0], np.float32))]
    assert run_group(one, x, 8)[0]["error"][0] < 1e-40
    found = run_group(one, x, 8, Rounding.CONSTANTS_TOO)[0]
    assert found["error"][0] == pytest.approx(1000 * UNIT)


def test_the_last_number_counts_as_exact():
    body = "%c1 = arith.constant -3.40282347e+38 : f32\n%y = arith.maximumf %in, %c1 : f32"
    one = the_group(group((2,), (2,), body, PLAIN))
    x = [exact(np.array([1.0, -np.inf], np.float32))]
    (found,) = run_group(one, x, 8, Rounding.CONSTANTS_TOO)
    assert list(found["error"]) == [0, 0]


MATMUL = """
func.func @main(%a: tensor<3x{k}xf32>, %b: tensor<{k}x5xf32>) -> tensor<3x5xf32> {{
  %r = npu.group @m ins(%a, %b : tensor<3x{k}xf32>, tensor<{k}x5xf32>) {{
  ^bb0(%x: tensor<3x{k}xf32>, %w: tensor<{k}x5xf32>):
    %c = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<3x5xf32>
    %f = linalg.fill ins(%c : f32) outs(%e : tensor<3x5xf32>) -> tensor<3x5xf32>
    %g = linalg.generic {{indexing_maps = [affine_map<(i, j, k) -> (i, k)>,
        affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>],
        iterator_types = ["parallel", "parallel", "reduction"]}}
        ins(%x, %w : tensor<3x{k}xf32>, tensor<{k}x5xf32>) outs(%f : tensor<3x5xf32>) {{
    ^bb1(%p: f32, %q: f32, %out: f32):
      %s = arith.mulf %p, %q : f32
      %t = arith.addf %out, %s : f32
      linalg.yield %t : f32
    }} -> tensor<3x5xf32>
    npu.yield %g : tensor<3x5xf32>
  }} ops []
    mapping <par m 3, par n 5, hold acc 2, [for k {tile}, hold rows 2, hold weights 2, run arrays]>
    : tensor<3x5xf32>
  func.return %r : tensor<3x5xf32>
}}"""


def product(k, tile):
    return the_group(parse(make_context(), MATMUL.format(k=k, tile=tile)))


@pytest.mark.parametrize("scale", [1.0, 1e4, 1e-20])
@pytest.mark.parametrize(("k", "tile"), [(1, 1), (64, 64), (100, 24), (500, 40)])
def test_a_product_adds_pieces_of_the_size_of_the_array(k, tile, scale):
    rng = np.random.default_rng(k)
    a = (rng.random((3, k)) * scale).astype(np.float32)
    b = (rng.random((k, 5)) * scale).astype(np.float32)
    (found,) = run_group(product(k, tile), [exact(a), exact(b)], 8)
    total = np.zeros((3, 5), np.float32)
    for start in range(0, k, tile):
        for low in range(start, min(start + tile, k), 8):
            part = np.zeros((3, 5), np.float32)
            for i in range(low, min(low + 8, start + tile, k)):
                part += a[:, i : i + 1] * b[i : i + 1]
            total += part
    away = np.abs(total.astype(np.float64) - found["value"])
    assert (away <= found["error"]).all()
    pieces = sum(-(-min(tile, k - start) // 8) for start in range(0, k, tile))
    roundings = min(tile, 8) + pieces + 2
    assert (found["error"] <= 1.01 * roundings * UNIT * found["value"] + 1e-40).all()


def test_errors_of_a_product_s_operands_count():
    a, b = np.ones((3, 4), np.float32), np.ones((4, 5), np.float32)
    wide = pairs(a.astype(np.float64), np.full((3, 4), 0.25))
    (found,) = run_group(product(4, 4), [wide, exact(b)], 8)
    assert found["error"] == pytest.approx(np.full((3, 5), 1.0), rel=1e-5)


def test_a_program_errs_by_what_its_kernels_may():
    main = main_of(group((4,), (4,), "%y = arith.mulf %in, %in : f32", PLAIN))
    x = np.array([1.0, 2.0, -3.0, 0.1], np.float32)
    (plain,) = exact_outputs(main, [x], 8)
    np.testing.assert_array_equal(plain, x.astype(np.float64) ** 2)
    (up,) = noisy_outputs(main, [x], 8, upwards)
    np.testing.assert_allclose(up - plain, UNIT * plain, rtol=1e-6)
    first, again = (noisy_outputs(main, [x], 8, at_random(3))[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(np.abs(first - plain), UNIT * plain, rtol=1e-6)


def test_arguments_that_were_rounded_err_by_that():
    main = main_of(group((3,), (3,), "%y = arith.negf %in : f32", PLAIN))
    x = np.array([1.0, -3.0, 0.1], np.float32)
    assert (noisy_outputs(main, [x], 8, upwards)[0] == -x.astype(np.float64)).all()
    (up,) = noisy_outputs(main, [x], 8, upwards, [0])
    np.testing.assert_allclose(up + x, -UNIT * np.abs(x.astype(np.float64)), rtol=1e-6)
