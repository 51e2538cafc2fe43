"""Random tensors that are the same every time."""

from __future__ import annotations

import numpy as np

from npu.frontend.imported import Array


def random_values(seed: int, shape: tuple[int, ...]) -> Array:
    """Standard normal f32 values of ``shape``, the same for the same ``seed`` on every machine."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
