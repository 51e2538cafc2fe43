"""Values with their errors: arrays of (float64 value, bound of the distance of float32's result).

`error` says that the float32 result lies within it of `value`. An error of 0 is a certainty: the
same number, infinity, or a NaN. An infinite error is a doubt: any result, a NaN too, may stand
there, because rounding decides between an overflow and a number, or a division by zero and not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Mask = NDArray[np.bool_]

Pairs = np.ndarray[Any, np.dtype[np.void]]
"""An array of `PAIR`: transposing, slicing and broadcasting move values and errors together."""

PAIR = np.dtype([("value", np.float64), ("error", np.float64)])

UNIT = 2.0**-24
"""The largest relative error of one rounding to float32."""

LEAST = 2.0**-150
"""The largest absolute error of a rounding below the normal numbers: half the least denormal."""

OVERFLOW = 2.0**128 - 2.0**103
"""Magnitudes from here on round to infinity."""


def exact(values: NDArray[np.floating[Any]]) -> Pairs:
    """`values` without any error; they are float32 numbers."""
    largest = max(float(values.max(initial=0.0)), -float(values.min(initial=0.0)))
    if not largest < OVERFLOW:
        return pairs(values.astype(np.float64), np.float64(0.0))
    made = np.empty(values.shape, PAIR)
    made["value"], made["error"] = values, 0.0
    return made


def rounded(values: NDArray[np.floating[Any]]) -> Pairs:
    """float32 numbers that may be off by their rounding to float32.

    The last finite number, as a bound of a clamp, is no rounded one: more would be infinite.
    """
    value = values.astype(np.float64)
    size = np.abs(value)
    return pairs(value, np.where(size * (1 + UNIT) < OVERFLOW, UNIT * size, 0.0))


def pairs(
    value: Doubles | np.float64, error: Doubles | np.float64, certain: Mask | None = None
) -> Pairs:
    """Puts values and errors together, with the range of float32.

    Magnitudes of `OVERFLOW` or more become infinite. Where a value is infinite or NaN, its error is
    0 if `certain` holds there, else infinite; without `certain` a NaN or an infinity that float64
    itself gives is taken for certain. An error that is NaN is infinite.
    """
    value, error = np.broadcast_arrays(value, error)
    made = np.empty(value.shape, PAIR)
    if np.abs(value).max(initial=0.0) + error.max(initial=0.0) < OVERFLOW:
        made["value"], made["error"] = value, error
        return made
    error = np.where(np.isnan(error), np.inf, error)
    large = np.abs(value)
    over = (large >= OVERFLOW) & np.isfinite(value)
    near = (large + error >= OVERFLOW) & np.isfinite(value)
    given = ~np.isfinite(value)
    sure = given if certain is None else given & certain
    sure = sure | (over & (large - error >= OVERFLOW))
    made["value"] = np.where(over, np.copysign(np.inf, value), value)
    made["error"] = np.where(sure, 0.0, np.where(given | near | over, np.inf, error))
    return made
