"""How far outputs are from what they should be: worked by hand."""

import numpy as np
import pytest

from npu.runtime.accuracy import FINITE, NAN, NEGATIVE, POSITIVE, Distance, distance, kinds

INF, UNKNOWN = float("inf"), float("nan")


def measured(actual, expected):
    found = distance(np.array(actual, np.float32), np.array(expected, np.float64))
    return found.max_relative_error, found.rms_relative_error, found.max_ulp


def test_equal_outputs_have_no_distance():
    assert measured([1.0, -2.0], [1.0, -2.0]) == (0, 0, 0)
    assert measured([], []) == (0, 0, 0)
    assert measured([0.0, 0.0], [0.0, -0.0]) == (0, 0, 0)


def test_the_largest_difference_is_relative_to_the_largest_magnitude():
    # 0.25 of 4; squares 0.0625 of 16 + 4 + 1; a unit at 2 is 2^-22
    largest, rms, ulp = measured([1.0, 2.25, -4.0], [1.0, 2.0, -4.0])
    assert largest == 0.0625
    assert rms == pytest.approx(0.25 / np.sqrt(21))
    assert ulp == 0.25 * 2**22


def test_units_are_those_of_the_number_expected():
    assert measured([1 + 2.0**-23], [1.0])[2] == 1
    assert measured([1 - 2.0**-24], [1.0])[2] == 0.5
    assert measured([1.0], [1 + 2.0**-25])[2] == 0.25
    assert measured([2.0**-149], [0.0])[2] == 1
    assert measured([2.0**-126 + 2.0**-148], [2.0**-126])[2] == 2
    largest = float(np.finfo(np.float32).max)
    assert measured([largest], [largest - 2.0**104])[2] == 1


@pytest.mark.parametrize("position", [0, 1, -1])
def test_every_element_counts(position):
    expected = np.ones((33, 130))
    actual = expected.astype(np.float32)
    actual.flat[position] += np.float32(1e-3)
    found = distance(actual, expected)
    assert found.max_relative_error == pytest.approx(1e-3, rel=1e-3)
    assert found.rms_relative_error == pytest.approx(1e-3 / np.sqrt(actual.size), rel=1e-3)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_sign_counts(sign):
    assert measured([sign * 3.0], [-sign * 3.0])[0] == 2


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ([UNKNOWN], [1.0]), ([1.0], [UNKNOWN]), ([INF], [1.0]), ([1.0], [INF]),
        ([INF], [-INF]), ([UNKNOWN], [INF]), ([1.0, INF], [INF, 1.0]),
    ],
)  # fmt: skip
def test_special_values_in_other_places_are_infinitely_far(actual, expected):
    assert measured(actual, expected) == (INF, INF, INF)


def test_special_values_in_the_same_places_do_not_count():
    assert measured([UNKNOWN, INF, -INF], [UNKNOWN, INF, -INF]) == (0, 0, 0)
    assert measured([INF, 2.5], [INF, 2.0])[0] == 0.25


def test_what_float32_cannot_hold_is_infinite():
    assert measured([INF, -INF], [1e39, -1e300]) == (0, 0, 0)


def test_magnitudes_whose_squares_overflow_are_measured():
    assert measured([1.5e38], [1.0e38])[1] == pytest.approx(0.5)
    assert measured([1.5e-42], [1.0e-42])[1] == pytest.approx(0.5, rel=1e-2)


def test_where_zero_is_expected_differences_are_absolute():
    assert measured([0.5, 0.0], [0.0, 0.0])[0] == 0.5


def test_shapes_must_be_the_same():
    with pytest.raises(ValueError, match="shape"):
        distance(np.zeros((2, 3), np.float32), np.zeros((3, 2)))


def test_kinds():
    found = kinds(np.array([1.0, INF, -INF, UNKNOWN, 1e40, -1e40, 3.4e38]))
    assert list(found) == [FINITE, POSITIVE, NEGATIVE, NAN, POSITIVE, NEGATIVE, FINITE]


def test_a_distance_is_its_three_figures():
    assert distance(np.ones(3, np.float32), np.ones(3)) == Distance(0.0, 0.0, 0.0)
