"""Distances between points: rows of differences, and a norm of each."""

from __future__ import annotations

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.vector_norms import vector_norm


def distances(x: Tensor, y: Tensor, p: float = 2.0, _mode: int | None = None) -> Tensor:
    """The distance of each point of ``x`` (..., m, k) from each of ``y`` (..., n, k): (..., m, n).

    Differences are squared as they are: by way of a product, as PyTorch does for many points, those
    of near points would be lost in the rounding of the squares.
    """
    return vector_norm(x.unsqueeze(-2) - y.unsqueeze(-3), p, [-1])


def distances_within(x: Tensor, p: float = 2.0) -> Tensor:
    """The distance of each point of ``x`` (m, k) from each one behind it: rows taken by numbers."""
    first, second = torch.triu_indices(x.shape[0], x.shape[0], 1)
    return vector_norm(x.index_select(0, first) - x.index_select(0, second), p, [-1])
