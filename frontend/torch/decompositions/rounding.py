"""Rounding, what is left of a number without its whole part, signs, and lengths."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from npu.frontend.torch.scalar_ops import scalar1


def rounded(x: Tensor) -> Tensor:
    """An integer is itself; a float is rounded by vector code."""
    return NotImplemented if x.is_floating_point() else x.clone()


def rounded_to(x: Tensor, *, decimals: int) -> Tensor:
    """Half to even at a number of decimals, those in front of the point below 0."""
    if not x.is_floating_point():
        return NotImplemented if decimals else x.clone()
    if decimals == 0:
        return torch.round(x)
    with np.errstate(over="ignore"):
        unit = float(np.power(10.0, abs(decimals)).astype(np.float32))
    return torch.round(x * unit) / unit if decimals > 0 else torch.round(x / unit) * unit


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


FAR, NEAR = 1e15, 1e-15
"""Between these a square neither overflows nor loses digits."""


def hypot(x: Tensor, y: Tensor) -> Tensor:
    """The root of x * x + y * y; lengths whose squares have no place are scaled by a power of 2."""
    size = torch.maximum(torch.abs(x), torch.abs(y))
    is_far, is_near = size > FAR, size < NEAR
    up = torch.where(is_far, 2.0**-100, torch.where(is_near, 2.0**100, 1.0))
    down = torch.where(is_far, 2.0**100, torch.where(is_near, 2.0**-100, 1.0))
    one, two = x * up, y * up
    length = torch.sqrt(one * one + two * two) * down
    return torch.where(torch.isinf(x) | torch.isinf(y), math.inf, length)
