"""A kernel is right where every element lies within its limit: the failing side of each rule."""

import numpy as np
import pytest

from npu.dialects.origin import Origin
from npu.runtime.rounding.pairs import pairs
from npu.runtime.value_check.judge import KernelCheck, judge

ORIGIN = Origin(("aten.mm", "aten.relu"), ("mlp.py:12",))
WHERE = "kernel k in launch 2 (aten.mm + aten.relu at mlp.py:12)"
VALUES = np.arange(12.0).reshape(3, 4)


def judged(result, error=0.5, values=VALUES):
    limit = pairs(values, np.full(values.shape, error), np.full(values.shape, error == 0))
    return judge("k", [np.array(result, np.float32)], [limit], 2, ORIGIN)


def fault_of(check: KernelCheck) -> str:
    """What is wrong with a kernel that must be wrong."""
    assert check.fault is not None
    return check.fault


def test_a_result_within_its_limits_is_right():
    check = judged(VALUES + 0.25)
    assert (check.kernel, check.share, check.fault, check.in_doubt) == ("k", 0.5, None, 0)


def test_a_result_at_its_limit_is_right():
    assert judged(VALUES - 0.5).fault is None


@pytest.mark.parametrize("position", [0, 5, 11])
def test_one_element_beyond_its_limit_is_wrong(position):
    result = VALUES.copy()
    result.flat[position] += 0.75
    check = judged(result)
    assert check.share == 1.5
    row, column = divmod(position, 4)
    fault = fault_of(check)
    assert fault.startswith(f"{WHERE} gives {position + 0.75:.9g} at [{row}, {column}];")
    assert "a difference of 5.00e-01 at most" in fault
    assert "elements" not in fault


def test_the_worst_element_is_named_and_all_are_counted():
    result = VALUES.copy()
    result[1] += 1
    result[1, 2] += 1
    fault = fault_of(judged(result))
    assert "gives 8 at [1, 2]; float64 gives 6" in fault
    assert "4 of 12 elements are wrong" in fault


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_special_value_instead_of_a_number_is_wrong(value):
    result = VALUES.copy()
    result[2, 3] = value
    check = judged(result)
    assert check.share == np.inf
    assert f"gives {value:.9g} at [2, 3]; float64 gives 11" in fault_of(check)


@pytest.mark.parametrize("wanted", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("found", [np.nan, np.inf, -np.inf, 1.0])
def test_special_values_must_be_the_same(wanted, found):
    same = str(wanted) == str(found)
    check = judged([found], error=0.0, values=np.array([wanted]))
    assert (check.fault is None) == same
    assert check.share == (0.0 if same else np.inf)


def test_where_no_error_is_allowed_none_is():
    assert judged(VALUES, error=0.0).share == 0
    assert judged(VALUES + 1e-6, error=0.0).share == np.inf


@pytest.mark.parametrize("found", [np.nan, np.inf, 5.0])
def test_what_is_in_doubt_may_be_anything(found):
    check = judged([found], error=np.inf, values=np.array([1.0]))
    assert (check.fault, check.in_doubt) == (None, 1)


def test_every_result_of_a_kernel_is_judged():
    limit = pairs(VALUES, np.full((3, 4), 0.5))
    right, wrong = VALUES.astype(np.float32), VALUES.astype(np.float32) + 1
    check = judge("k", [right, wrong], [limit, limit], 2, ORIGIN)
    assert fault_of(check).startswith(f"result 1 of {WHERE} gives")
    check = judge("k", [wrong, right], [limit, limit], 2, ORIGIN)
    assert fault_of(check).startswith(f"{WHERE} gives")


def test_an_empty_result_is_right():
    assert judged(np.zeros((0, 4)), values=np.zeros((0, 4))).share == 0
