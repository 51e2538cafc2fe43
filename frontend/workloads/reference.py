"""References of the workloads, rows at a time: little memory, and signals heard in between."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from npu.runtime.expected import Expected

WORK = 1 << 26
"""Steps of arithmetic between two looks at signals: some ten milliseconds."""


def by_rows(
    shape: tuple[int, int], work_of_row: int, compute: Callable[[slice], NDArray[np.float64]]
) -> Expected:
    """The one output of a program: a matrix of which `compute` gives some rows in float64."""
    result = np.empty(shape, np.float64)
    step = max(1, WORK // work_of_row)
    for start in range(0, shape[0], step):
        rows = slice(start, min(start + step, shape[0]))
        result[rows] = compute(rows)
    return Expected("numpy", None, [result])
