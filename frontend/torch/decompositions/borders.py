"""Padding by values of the tensor: its border mirrored, repeated, or what is at the other end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Widths = Sequence[int]
"""What is added at the low and the high end of the last dimension, of the one before, ..."""


def reflected(x: Tensor, widths: Widths) -> Tensor:
    """The border mirrored in its outermost elements."""

    def low(dim: int, width: int) -> Tensor:
        return x.narrow(dim, 1, width).flip(dim)

    def high(dim: int, width: int) -> Tensor:
        return x.narrow(dim, x.shape[dim] - 1 - width, width).flip(dim)

    for dim, ends in _by_dimension(x, widths):
        x = _between(x, dim, ends, low, high)
    return x.clone()


def replicated(x: Tensor, widths: Widths) -> Tensor:
    """The outermost elements repeated."""

    def wide(dim: int, place: int, width: int) -> Tensor:
        one = x.narrow(dim, place, 1)
        return one.expand([width if d == dim else n for d, n in enumerate(one.shape)])

    def low(dim: int, width: int) -> Tensor:
        return wide(dim, 0, width)

    def high(dim: int, width: int) -> Tensor:
        return wide(dim, x.shape[dim] - 1, width)

    for dim, ends in _by_dimension(x, widths):
        x = _between(x, dim, ends, low, high)
    return x.clone()


def circular(x: Tensor, widths: Widths) -> Tensor:
    """The other end of the tensor."""

    def low(dim: int, width: int) -> Tensor:
        return x.narrow(dim, x.shape[dim] - width, width)

    def high(dim: int, width: int) -> Tensor:
        return x.narrow(dim, 0, width)

    for dim, ends in _by_dimension(x, widths):
        x = _between(x, dim, ends, low, high)
    return x.clone()


def _by_dimension(x: Tensor, widths: Widths) -> list[tuple[int, tuple[int, int]]]:
    """The dimensions that are padded, the last one first, each with its two widths."""
    pairs = zip(widths[::2], widths[1::2], strict=True)
    return [(x.dim() - 1 - at, pair) for at, pair in enumerate(pairs) if any(pair)]


def _between(
    x: Tensor,
    dim: int,
    ends: tuple[int, int],
    low: Callable[[int, int], Tensor],
    high: Callable[[int, int], Tensor],
) -> Tensor:
    """``x`` between its new ends; widths below 0 cut off."""
    cut = [max(0, -width) for width in ends]
    kept = x.narrow(dim, cut[0], x.shape[dim] - sum(cut)) if any(cut) else x
    parts = [kept]
    if ends[0] > 0:
        parts.insert(0, low(dim, ends[0]))
    if ends[1] > 0:
        parts.append(high(dim, ends[1]))
    return torch.cat(parts, dim) if len(parts) > 1 else kept
