"""Powers with a number as exponent."""

from __future__ import annotations

import torch
from torch import Tensor


def pow_scalar(x: Tensor, exponent: float) -> Tensor:
    """What PyTorch itself does not take from a table of powers: 1 / x, roots, two products at most.

    Others are left to vector code, which keeps what a long product would round away.
    """
    if not x.is_floating_point():
        return _pow_of_integers(x, exponent)
    if exponent == 0.5:
        return torch.sqrt(x)
    if exponent == -0.5:
        return torch.rsqrt(x)
    if exponent in (-1, -2):
        return torch.full_like(x, 1.0) / (x if exponent == -1 else x * x)
    if exponent in (1, 2, 3):
        return x.clone() if exponent == 1 else x * x if exponent == 2 else x * x * x
    return NotImplemented


def _pow_of_integers(x: Tensor, exponent: float) -> Tensor:
    """A product of whole powers; PyTorch refuses negative ones of integers itself."""
    x = x.to(torch.int64) if x.dtype is torch.bool else x
    if isinstance(exponent, float):
        return torch.pow(x.to(torch.float32), exponent)
    if exponent < 2:
        return x.clone() if exponent == 1 else torch.full_like(x, 1)
    half = torch.pow(x, exponent // 2)
    return half * half * x if exponent % 2 else half * half
