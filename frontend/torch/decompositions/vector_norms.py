"""Products, norms and sums without NaN along any dimensions."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.rows import Dims, reduced_dims, restore, shaped

FACTORS = 64
"""Factors that a lane multiplies one after another: of longer rows, lanes are parts."""


def prod(
    x: Tensor, dim: int | None = None, keepdim: bool = False, dtype: torch.dtype | None = None
) -> Tensor:
    """The product along a dimension, or of everything; integers count in 64 bits."""
    if dtype is None:
        dtype = x.dtype if x.is_floating_point() else torch.int64
    is_plain = dim is not None and x.dim() and not keepdim and x.dtype is dtype
    if is_plain and 0 < x.shape[dim] <= FACTORS:
        return NotImplemented
    x = x if x.dtype is dtype else x.to(dtype)
    if dim is None or x.dim() == 0:
        return _product_of_rows(x.reshape(1, -1)).reshape(())
    dim = dim % x.dim()
    moved = x.movedim(dim, -1)
    rows = shaped(moved, (math.prod(moved.shape[:-1]), x.shape[dim]))
    found = shaped(_product_of_rows(rows), moved.shape[:-1])
    return found.unsqueeze(dim) if keepdim else found


def _product_of_rows(rows: Tensor) -> Tensor:
    """The product of each row of (rows, length)."""
    count, length = rows.shape
    if length == 0:
        return torch.full((count,), 1, dtype=rows.dtype)
    while length > FACTORS:
        lanes = -(-length // FACTORS)
        more = lanes * FACTORS - length
        filled = torch.constant_pad_nd(rows, [0, more], 1) if more else rows
        rows = torch.prod(filled.reshape(count, FACTORS, lanes), 1)
        length = lanes
    return torch.prod(rows, 1)


def vector_norm(
    x: Tensor,
    order: float = 2,
    dim: Dims = None,
    keepdim: bool = False,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """The ``order``-norm over ``dim``: 0 counts, infinities are extremes, others sum powers."""
    x = x if dtype in (None, x.dtype) else x.to(dtype)
    if not x.is_floating_point():
        return NotImplemented
    if x.dim() == 0:
        return vector_norm(x.reshape(1), order, None, False).reshape(())
    dims = reduced_dims(x, dim)
    found = _norm(x, float(order), dims)
    return restore(found, dims) if keepdim else found


def _norm(x: Tensor, order: float, dims: list[int]) -> Tensor:
    size = torch.abs(x)
    if order == 0:
        return torch.sum((x != 0).to(x.dtype), dims)
    if order == math.inf:
        return torch.amax(size, dims)
    if order == -math.inf:
        return torch.amin(size, dims)
    if order == 1:
        return torch.sum(size, dims)
    if order == 2:
        return torch.sqrt(torch.sum(x * x, dims))
    return torch.pow(torch.sum(torch.pow(size, order), dims), 1 / order)


def norm(
    x: Tensor,
    p: float | None = 2,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """`vector_norm` with its default written as None."""
    return vector_norm(x, 2 if p is None else p, dim, keepdim, dtype)


def norm_in_type(x: Tensor, p: float | None, *, dtype: torch.dtype) -> Tensor:
    """`norm` of everything in another type."""
    return norm(x, p, dtype=dtype)


def dist(x: Tensor, y: Tensor, p: float = 2) -> Tensor:
    """The norm of a difference."""
    return vector_norm(x - y, p)


def nansum(
    x: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: torch.dtype | None = None
) -> Tensor:
    """The sum of what is not NaN."""
    numbers = torch.where(torch.isnan(x), 0.0, x) if x.is_floating_point() else x
    if x.dim() == 0:
        return torch.sum(numbers, dtype=dtype)
    return torch.sum(numbers, reduced_dims(x, dim), keepdim, dtype=dtype)
