"""Rounding to whole numbers by way of integers, exact for every float32, and signs.

A magnitude of 2^23 or more has no fraction: it stays, and so do infinities and NaN.
"""

from __future__ import annotations

import torch
from torch import Tensor

WHOLE = 2.0**23
"""From this magnitude on every float32 is a whole number."""


def trunc(x: Tensor) -> Tensor:
    """Towards zero; what becomes 0 keeps its sign."""
    if not x.is_floating_point():
        return x.clone()
    whole = x.to(torch.int32).to(x.dtype)
    signed = torch.where(whole == 0, x * 0.0, whole)
    return torch.where(torch.abs(x) < WHOLE, signed, x)


def floor(x: Tensor) -> Tensor:
    """Down: one less than towards zero where that is above ``x``."""
    if not x.is_floating_point():
        return x.clone()
    whole = trunc(x)
    return torch.where(whole > x, whole - 1.0, whole)


def ceil(x: Tensor) -> Tensor:
    """Up: the opposite of the opposite rounded down."""
    return -floor(-x) if x.is_floating_point() else x.clone()


def frac(x: Tensor) -> Tensor:
    """What is left of ``x`` without its whole part; of an infinity NaN."""
    return x - trunc(x)


def sign(x: Tensor) -> Tensor:
    """1, 0 or -1; of NaN 0."""
    if x.dtype is torch.bool:
        return x.clone()
    return (x > 0).to(x.dtype) - (x < 0).to(x.dtype)
