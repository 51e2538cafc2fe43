"""Rounding of integers, what is left of a number without its whole part, and signs."""

from __future__ import annotations

import torch
from torch import Tensor


def rounded(x: Tensor) -> Tensor:
    """An integer is itself; a float is rounded by vector code."""
    return NotImplemented if x.is_floating_point() else x.clone()


def trunc(x: Tensor) -> Tensor:
    """Towards zero, which is down or up; what becomes 0 keeps its sign."""
    if not x.is_floating_point():
        return x.clone()
    return torch.where(x < 0, torch.ceil(x), torch.floor(x))


def frac(x: Tensor) -> Tensor:
    """What is left of ``x`` without its whole part; of an infinity NaN."""
    return x - torch.trunc(x)


def sign(x: Tensor) -> Tensor:
    """1, 0 or -1; of NaN 0."""
    if x.dtype is torch.bool:
        return x.clone()
    return (x > 0).to(x.dtype) - (x < 0).to(x.dtype)
