"""Large arrays piece by piece: Python hears Ctrl-C only between two calls of NumPy."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

PIECE_BYTES = 1 << 24
"""Some ten milliseconds of copying, and of memory that is touched for the first time."""


def pieces(length: int, element_bytes: int) -> Iterator[slice]:
    """Slices of at most `PIECE_BYTES` that together are `length` elements."""
    step = max(1, PIECE_BYTES // element_bytes)
    for start in range(0, length, step):
        yield slice(start, min(start + step, length))


def copy_in_pieces(to: NDArray[Any], source: NDArray[Any]) -> None:
    """Copies a one-dimensional array to another of its length and type."""
    for piece in pieces(len(to), to.itemsize):
        to[piece] = source[piece]


def fill_in_pieces(to: NDArray[Any], value: float) -> None:
    """Fills a one-dimensional array."""
    for piece in pieces(len(to), to.itemsize):
        to[piece] = np.asarray(value, to.dtype)
