"""How far float32 outputs are from float64 ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_SPACING = 2.0**-149
"""From one float32 number to the next, below the normal ones."""


@dataclass(frozen=True)
class Distance:
    """Measures of how far an output is from what it should be.

    All are infinite where NaNs or infinities stand in other places.
    """

    max_relative_error: float
    """The largest difference over the largest magnitude expected."""

    rms_relative_error: float
    """The root mean square of the differences over that of the magnitudes expected."""

    max_ulp: float
    """The largest difference in units in the last place that float32 has at the value expected."""


WRONG_PLACES = Distance(float("inf"), float("inf"), float("inf"))
"""Of outputs whose NaNs or infinities differ."""


def distance(actual: NDArray[np.floating[Any]], expected: NDArray[np.floating[Any]]) -> Distance:
    """How far `actual` is from `expected`; a magnitude beyond float32 counts as infinite.

    Raises ValueError for different shapes.
    """
    if actual.shape != expected.shape:
        raise ValueError(f"shape {actual.shape} instead of {expected.shape}")
    wanted, found = expected.astype(np.float64), actual.astype(np.float64)
    if not np.array_equal(kinds(found), kinds(wanted)):
        return WRONG_PLACES
    finite = kinds(wanted) == FINITE
    wanted, found = wanted[finite], found[finite]
    if not wanted.size:
        return Distance(0.0, 0.0, 0.0)
    difference, size = np.abs(found - wanted), np.abs(wanted)
    return Distance(
        relative(float(difference.max()), float(size.max())),
        relative(_root_mean_square(difference), _root_mean_square(size)),
        float((difference / _spacing(size)).max()),
    )


FINITE, POSITIVE, NEGATIVE, NAN = range(4)
"""What `kinds` tells apart: numbers, the two infinities, NaN."""

KIND_NAMES = ("a number", "inf", "-inf", "nan")


def kinds(values: NDArray[np.floating[Any]]) -> NDArray[np.int8]:
    """The kind of each value once it is rounded to float32."""
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    found = np.where(np.isnan(narrow), NAN, FINITE)
    found = np.where(np.isposinf(narrow), POSITIVE, found)
    return np.where(np.isneginf(narrow), NEGATIVE, found).astype(np.int8)


def relative(difference: float, size: float) -> float:
    """Relative to `size`, absolute where that is 0."""
    return difference / size if size else difference


def _root_mean_square(values: NDArray[np.float64]) -> float:
    """Scaled, so that squares neither overflow nor vanish."""
    largest = float(values.max())
    return largest * float(np.sqrt(np.mean((values / largest) ** 2))) if largest else 0.0


def _spacing(size: NDArray[np.float64]) -> NDArray[np.float64]:
    """From one float32 number to the next around each magnitude: of 24 significant bits, the last.

    Below the normal numbers it is `LEAST_SPACING`.
    """
    _, exponent = np.frexp(np.maximum(size, LEAST_SPACING))
    return np.maximum(np.ldexp(1.0, exponent - 24), LEAST_SPACING)
