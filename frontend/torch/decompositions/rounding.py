"""Rounding of integers, what is left of a number without its whole part, and signs."""

from __future__ import annotations

import torch
from torch import Tensor

from npu.frontend.torch.scalar_ops import scalar1


def rounded(x: Tensor) -> Tensor:
    """An integer is itself; a float is rounded by vector code."""
    return NotImplemented if x.is_floating_point() else x.clone()


def trunc(x: Tensor) -> Tensor:
    """Towards zero; what becomes 0 keeps its sign."""
    return scalar1(x, "math.trunc") if x.is_floating_point() else x.clone()


def frac(x: Tensor) -> Tensor:
    """What is left of ``x`` without its whole part; of an infinity NaN."""
    return x - torch.trunc(x)


def sign(x: Tensor) -> Tensor:
    """1, 0 or -1; of NaN 0."""
    if x.dtype is torch.bool:
        return x.clone()
    return (x > 0).to(x.dtype) - (x < 0).to(x.dtype)
