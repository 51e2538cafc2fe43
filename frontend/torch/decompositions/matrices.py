"""Matrices of pairs of f32, as factorisations take and leave them (`npu.dialects.factor`)."""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from torch import Tensor

from npu.frontend.torch.ordered_ops import factor


def paired(x: Tensor) -> Tensor:
    """Numbers as pairs, in a last dimension."""
    return torch.stack((x, torch.zeros_like(x)), -1)


def stepped(pairs: Tensor, kind: str, steps: int) -> Tensor:
    """Matrices of pairs (..., rows, width, 2) after the steps of a kind."""
    if pairs.numel() == 0:
        return pairs
    *batch, rows, width, _ = pairs.shape
    flat = pairs.reshape(math.prod(batch), rows * width, 2)
    return factor(flat, kind, rows, width, steps).reshape(pairs.shape)


def beside(*parts: Tensor) -> Tensor:
    """Matrices of pairs beside each other, whose batches go together."""
    batch = cast(Any, torch).broadcast_shapes(*(one.shape[:-3] for one in parts))
    return torch.cat([one.expand(*batch, *one.shape[-3:]) for one in parts], -2)


def column(numbers: Tensor, batch: Any = ()) -> Tensor:
    """Numbers (..., rows) as a column of pairs."""
    return paired(numbers.to(torch.float32).expand(*batch, *numbers.shape[-1:]).unsqueeze(-1))


def eye(rows: int, columns: int) -> Tensor:
    """Ones on the diagonal."""
    return torch.eye(rows, columns)


def lower_part(x: Tensor, diagonal: int = 0) -> Tensor:
    """Zeros above a diagonal of (..., rows, columns)."""
    rows, columns = torch.arange(x.shape[-2]), torch.arange(x.shape[-1])
    return torch.where(columns <= rows.unsqueeze(1) + diagonal, x, 0.0)


def upper_part(x: Tensor, diagonal: int = 0) -> Tensor:
    """Zeros below a diagonal."""
    return lower_part(x.mT, -diagonal).mT


def diagonal_of(x: Tensor) -> Tensor:
    """The diagonals of matrices."""
    return torch.diagonal(x, 0, -2, -1)
