"""Distances between points: rows of differences, and a norm of each."""

from __future__ import annotations

import math

import torch
from torch import Tensor

aten = torch.ops.aten


def distances(x: Tensor, y: Tensor, p: float = 2.0, _mode: int | None = None) -> Tensor:
    """The distance of each point of ``x`` (..., m, k) from each of ``y`` (..., n, k): (..., m, n).

    Differences are squared as they are: by way of a product, as PyTorch does for many points, those
    of near points would be lost in the rounding of the squares.
    """
    return _norm(x.unsqueeze(-2) - y.unsqueeze(-3), p)


def distances_within(x: Tensor, p: float = 2.0) -> Tensor:
    """The distance of each point of ``x`` (m, k) from each one behind it: rows taken by numbers."""
    first, second = torch.triu_indices(x.shape[0], x.shape[0], 1)
    return _norm(x.index_select(0, first) - x.index_select(0, second), p)


def _norm(difference: Tensor, p: float) -> Tensor:
    """That of each row of ``difference``."""
    if p == 0:
        return (difference != 0).to(difference.dtype).sum(-1)
    if p == math.inf:
        return aten.amax(difference.abs(), [-1])
    if p == 2:
        return (difference * difference).sum(-1).sqrt()
    if p == 1:
        return difference.abs().sum(-1)
    return aten.pow(aten.pow(difference.abs(), p).sum(-1), 1.0 / p)
