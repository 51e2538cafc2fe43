"""A program is compared with its source in float64 and in float32; what is odd is said."""

import numpy as np
import pytest

from npu.passes.group.check import main_of
from npu.runtime.compiler import make_context, parse
from npu.runtime.expected import Expected
from npu.runtime.rounding.pairs import UNIT
from npu.runtime.value_check.program import ProgramCheck, check_program, twins_of

SQUARE = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = npu.group @square_0 ins(%x : tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>):
    %e = tensor.empty() : tensor<4xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
        iterator_types = ["parallel"]} ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb1(%in: f32, %out: f32):
      %y = arith.mulf %in, %in : f32
      linalg.yield %y : f32
    } -> tensor<4xf32>
    npu.yield %g : tensor<4xf32>
  } ops [] : tensor<4xf32>
  func.return %r : tensor<4xf32>
}"""

X = np.array([1.0, 3.0, -0.1, 1e-3], np.float32)
RIGHT = X.astype(np.float64) ** 2


def checked(doubles, singles, x=X):
    main = main_of(parse(make_context(), SQUARE))
    expected = Expected("eager PyTorch", singles and [singles[0]], doubles and [doubles[0]])
    (found,) = check_program(main, [x], 8, expected)
    return found


def fault_of(check: ProgramCheck) -> str:
    """Why a program is not the given one that must not be."""
    assert check.fault is not None
    return check.fault


def changed(position, value):
    values = RIGHT.copy()
    values[position] = value
    return values


def test_the_limit_is_what_rounding_makes_of_the_largest_element():
    (twin,) = twins_of(main_of(parse(make_context(), SQUARE)), [X], 8)
    np.testing.assert_array_equal(twin.value, RIGHT)
    assert twin.limit == pytest.approx(9 * UNIT)
    assert not twin.open.any()


def test_the_source_in_float64_is_the_measure():
    nearly = RIGHT * (1 + 0.4 * UNIT)
    found = checked([nearly], [RIGHT.astype(np.float32)])
    assert (found.fault, found.note, found.from_source) == (None, None, True)
    np.testing.assert_array_equal(found.twin, nearly)


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize("value", [9.5, -1.0, np.nan, np.inf])
def test_another_program_is_wrong(position, value):
    wrong = changed(position, value)
    found = checked([wrong], [wrong.astype(np.float32)])
    assert found.fault is not None
    assert f"eager PyTorch in float64 gives {value:.9g} at [{position}]" in found.fault
    assert f"gives {RIGHT[position]:.9g} in float64" in found.fault


def test_a_difference_a_little_beyond_rounding_is_wrong():
    assert checked([changed(1, 9 * (1 + 0.9 * UNIT))], None).fault is None
    found = checked([changed(1, 9 * (1 + 1.2 * UNIT))], None)
    assert "rounding explains a difference of 5.36e-07 at most" in fault_of(found)


def test_without_float64_the_program_s_own_is_the_measure():
    found = checked(None, [RIGHT.astype(np.float32)])
    assert (found.fault, found.from_source) == (None, False)
    np.testing.assert_array_equal(found.twin, RIGHT)
    assert "in float32 gives 2 at [0]" in fault_of(checked(None, [changed(0, 2.0)]))


def test_a_nan_of_float32_alone_is_told_and_does_not_count():
    odd = changed(2, np.nan).astype(np.float32)
    found = checked([RIGHT], [odd])
    assert (found.fault, found.from_source) == (None, True)
    assert found.note == (
        "eager PyTorch in float32 gives nan at [2], float64 gives 0.01 (1 of 4 elements are like "
        "that); float64 counts"
    ).replace("0.01 ", f"{RIGHT[2]:.9g} ")


def test_an_overflow_of_float32_is_no_fault():
    x = np.array([1e20, 1.0, 2.0, 3.0], np.float32)
    wide = x.astype(np.float64) ** 2
    with np.errstate(over="ignore"):
        found = checked([wide], [wide.astype(np.float32)], x)
    assert (found.fault, found.note, found.from_source) == (None, None, True)
    assert found.twin[0] == pytest.approx(1e40)


def test_a_model_that_does_something_else_in_float64_is_compared_in_float32():
    found = checked([RIGHT + 1], [RIGHT.astype(np.float32)])
    assert (found.fault, found.from_source) == (None, False)
    assert found.note is not None
    assert "it follows the float32 model" in found.note
    np.testing.assert_array_equal(found.twin, RIGHT)


def test_neither_float64_nor_float32_is_wrong():
    assert checked([RIGHT + 1], [(RIGHT - 1).astype(np.float32)]).fault is not None


@pytest.mark.parametrize("shape", [(3,), (4, 1), ()])
def test_another_shape_is_wrong(shape):
    found = checked([np.zeros(shape)], [RIGHT.astype(np.float32)])
    assert f"shape {list(shape)}" in fault_of(found)


def test_another_number_of_outputs_is_wrong():
    main = main_of(parse(make_context(), SQUARE))
    (found,) = check_program(main, [X], 8, Expected("numpy", None, [RIGHT, RIGHT]))
    assert found.fault == "the program has 1 outputs, numpy 2"
