"""Padding by values of the tensor: its border mirrored, repeated, or what is at the other end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Widths = Sequence[int]
"""What is added at the low and the high end of the last dimension, of the one before, ..."""

End = Callable[[Tensor, int, int], Tensor]
"""What a tensor gets at an end of a dimension, of a width."""


def reflected(x: Tensor, widths: Widths) -> Tensor:
    """The border mirrored in its outermost elements."""

    def low(x: Tensor, dim: int, width: int) -> Tensor:
        return x.narrow(dim, 1, width).flip(dim)

    def high(x: Tensor, dim: int, width: int) -> Tensor:
        return x.narrow(dim, x.shape[dim] - 1 - width, width).flip(dim)

    return _padded(x, widths, low, high)


def replicated(x: Tensor, widths: Widths) -> Tensor:
    """The outermost elements repeated."""

    def wide(x: Tensor, dim: int, place: int, width: int) -> Tensor:
        one = x.narrow(dim, place, 1)
        return one.expand([width if d == dim else n for d, n in enumerate(one.shape)])

    def low(x: Tensor, dim: int, width: int) -> Tensor:
        return wide(x, dim, 0, width)

    def high(x: Tensor, dim: int, width: int) -> Tensor:
        return wide(x, dim, x.shape[dim] - 1, width)

    return _padded(x, widths, low, high)


def circular(x: Tensor, widths: Widths) -> Tensor:
    """The other end of the tensor."""

    def low(x: Tensor, dim: int, width: int) -> Tensor:
        return x.narrow(dim, x.shape[dim] - width, width)

    def high(x: Tensor, dim: int, width: int) -> Tensor:
        return x.narrow(dim, 0, width)

    return _padded(x, widths, low, high)


def _padded(x: Tensor, widths: Widths, low: End, high: End) -> Tensor:
    """A copy of ``x`` with new ends, those of the last dimension first."""
    for at, ends in enumerate(zip(widths[::2], widths[1::2], strict=True)):
        if any(ends):
            x = _between(x, x.dim() - 1 - at, ends, low, high)
    return x.clone()


def _between(x: Tensor, dim: int, ends: tuple[int, int], low: End, high: End) -> Tensor:
    """``x`` between its new ends; widths below 0 cut off."""
    cut = [max(0, -width) for width in ends]
    kept = x.narrow(dim, cut[0], x.shape[dim] - sum(cut)) if any(cut) else x
    parts = [kept]
    if ends[0] > 0:
        parts.insert(0, low(x, dim, ends[0]))
    if ends[1] > 0:
        parts.append(high(x, dim, ends[1]))
    return torch.cat(parts, dim) if len(parts) > 1 else kept
