"""Random tensors that are the same every time."""

from __future__ import annotations

from math import prod

import numpy as np

from npu.frontend.imported import Array
from npu.runtime.pieces import pieces


def random_values(seed: int, shape: tuple[int, ...]) -> Array:
    """Standard normal f32 values of ``shape``, the same for the same ``seed`` on every machine."""
    values = np.empty(prod(shape), np.float32)
    generator = np.random.default_rng(seed)
    for piece in pieces(len(values), values.itemsize):
        generator.standard_normal(out=values[piece], dtype=np.float32)
    return values.reshape(shape)
