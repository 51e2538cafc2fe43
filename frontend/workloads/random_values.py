"""Random tensors that are the same every time."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from npu.dialects.element_types import NAMED
from npu.frontend.imported import Array
from npu.runtime.pieces import pieces
from npu.runtime.reference.halves import rounded

LARGEST = 100
"""The magnitude of random integers: small enough for products of a few."""


def random_values(seed: int, shape: tuple[int, ...]) -> Array:
    """Standard normal f32 values of ``shape``, the same for the same ``seed`` on every machine."""
    values = np.empty(prod(shape), np.float32)
    generator = np.random.default_rng(seed)
    for piece in pieces(len(values), values.itemsize):
        generator.standard_normal(out=values[piece], dtype=np.float32)
    return values.reshape(shape)


def random_halves(seed: int, shape: tuple[int, ...], element: str) -> Array:
    """As `random_values`, rounded to what `element` (f32, bf16, f16) can hold."""
    values = random_values(seed, shape)
    return values if element == "f32" else rounded(values, NAMED[element])


def random_of_type(seed: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """As `random_values`; of integers from -`LARGEST` to `LARGEST`, of conditions both."""
    if dtype.kind == "f":
        return random_values(seed, shape)
    generator = np.random.default_rng(seed)
    ends = (0, 1) if dtype.kind == "b" else (-LARGEST, LARGEST)
    return generator.integers(*ends, shape, endpoint=True).astype(dtype)
