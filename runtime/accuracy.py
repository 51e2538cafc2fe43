"""How far outputs are from what they should be."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-4
"""The largest error of a passing run, relative to the largest magnitude of each output.

f32 sums over thousands of products in another order than PyTorch's differ by about 1e-6 of it.
"""


def relative_error(actual: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """The largest absolute difference over the largest magnitude of `expected`.

    NaNs and infinities must stand in the same places, else the error is infinite. Raises ValueError
    for different shapes.
    """
    if actual.shape != expected.shape:
        raise ValueError(f"shape {actual.shape} instead of {expected.shape}")
    if actual.size == 0:
        return 0.0
    finite = np.isfinite(expected)
    special = ~finite
    if not np.array_equal(actual[special], expected[special], equal_nan=True):
        return float("inf")
    if not np.isfinite(actual[finite]).all():
        return float("inf")
    if not finite.any():
        return 0.0
    wide = expected[finite].astype(np.float64)
    difference = float(np.abs(actual[finite] - wide).max())
    largest = float(np.abs(wide).max())
    return difference / largest if largest else difference


def relative_errors(
    actual: Sequence[NDArray[np.float32]], expected: Sequence[NDArray[np.float32]]
) -> list[float]:
    """`relative_error` of each output. Raises ValueError for different numbers of outputs."""
    return [relative_error(a, e) for a, e in zip(actual, expected, strict=True)]
