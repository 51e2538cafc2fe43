"""Operators that count: what is not 0, what falls into bins, what lies below a value.

Each value meets each bin or boundary, and what holds is summed: as many comparisons as pairs, which
the vector unit does side by side.
"""

from __future__ import annotations

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.rows import Dims, reduced_dims


def count_nonzero(x: Tensor, dim: Dims = None) -> Tensor:
    """How many values along ``dim`` are not 0."""
    return _count(x != 0, reduced_dims(x, dim)) if x.dim() else (x != 0).to(torch.int64)


def _count(holds: Tensor, dims: list[int]) -> Tensor:
    return torch.sum(holds.to(torch.int32), dims, dtype=torch.int64)


def histc(x: Tensor, bins: int = 100, start: float = 0, end: float = 0) -> Tensor:
    """How many values fall into each of ``bins`` equal parts of a range, the upper end included.

    Without a range it is that of the values.
    """
    if not x.is_floating_point() or x.numel() == 0:
        return NotImplemented
    values = x.reshape(1, -1)
    if start == end == 0:
        low, high = torch.amin(values, 1), torch.amax(values, 1)
        is_point = low == high
        low, high = torch.where(is_point, low - 1, low), torch.where(is_point, high + 1, high)
    else:
        low, high = (torch.full((1,), float(at), dtype=x.dtype) for at in (start, end))
    low, high = low.unsqueeze(1), high.unsqueeze(1)
    inside = (values >= low) & (values <= high)
    place = torch.floor((values - low) / (high - low) * bins).clamp(max=bins - 1)
    place = torch.where(inside, place, -1.0)
    numbers = torch.arange(bins, dtype=x.dtype).unsqueeze(1)
    return torch.sum((place == numbers).to(x.dtype), 1)


def searchsorted(
    boundaries: Tensor,
    values: Tensor,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """How many boundaries (..., n) lie below each of ``values`` (..., m), or not above it.

    NaN counts as above all numbers.
    """
    if sorter is not None:
        return NotImplemented
    if boundaries.dim() == 1:
        edges = boundaries.reshape(*[1] * values.dim(), -1)
    else:
        edges = boundaries.unsqueeze(-2)
    value = values.unsqueeze(-1)
    is_above = edges > value if right or side == "right" else edges >= value
    found = _count(torch.logical_not(is_above), [values.dim()])
    return found.to(torch.int32) if out_int32 else found


def searchsorted_number(
    boundaries: Tensor,
    value: float,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """`searchsorted` of a number."""
    values = torch.full((1,), value, dtype=boundaries.dtype)
    found = searchsorted(
        boundaries, values, out_int32=out_int32, right=right, side=side, sorter=sorter
    )
    return found if found is NotImplemented else found.reshape(())


def bucketize(
    x: Tensor, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """`searchsorted` with the values first."""
    return searchsorted(boundaries, x, out_int32=out_int32, right=right)
