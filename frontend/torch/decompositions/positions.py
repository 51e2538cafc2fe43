"""Where the extremes of rows stand: argmax, argmin, and maxima and minima with their positions.

A position is the least one at which the row has its extreme, and of a row with NaN, which is the
extreme then, the least at which NaN stands: what eager PyTorch gives. So it is a reduction as any
other, of the positions that hold the extreme, and one kernel reads the row for both.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.rows import reduced_dims, restore, shaped

Extreme = Callable[..., Tensor]


def arg_extreme(extreme: Extreme) -> Callable[..., Tensor]:
    """The position of the extreme along a dimension, or in all of the tensor as one row."""

    def decompose(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
        if dim is not None:
            return with_position(extreme)(x, dim, keepdim)[1]
        place = with_position(extreme)(x.reshape(-1), 0, False)[1]
        return place.reshape([1] * x.dim()) if keepdim else place

    return decompose


def with_position(extreme: Extreme) -> Callable[..., tuple[Tensor, Tensor]]:
    """The extreme along a dimension, and its position."""

    def decompose(x: Tensor, dim: int, keepdim: bool = False) -> tuple[Tensor, Tensor]:
        if x.dtype is torch.bool:
            numbers, places = decompose(x.to(torch.int32), dim, keepdim)
            return numbers != 0, places
        dim = dim % x.dim()
        best = extreme(x, dim)
        places = _first(_holds(x, best.unsqueeze(dim).expand(x.shape)), dim)
        if keepdim:
            return best.unsqueeze(dim), places.unsqueeze(dim)
        return best, places

    return decompose


def _holds(x: Tensor, best: Tensor) -> Tensor:
    """Where ``x`` is ``best``; where it is NaN, ``best`` is NaN as well.

    What is NaN differs from itself, here as the choice between ``best`` and ``x``, which is ``x``
    either way: what follows from ``x`` alone would have a kernel of its own.
    """
    holds = x == best
    if not x.is_floating_point():
        return holds
    return holds | (torch.where(holds, best, x) != x)


def _first(holds: Tensor, dim: int) -> Tensor:
    """The least position along ``dim`` where ``holds`` is true; it is somewhere."""
    count = holds.shape[dim]
    shape = [count, *[1] * (holds.dim() - 1 - dim)]
    places = shaped(torch.arange(count, dtype=torch.int32), shape)
    return torch.amin(torch.where(holds, places, count), dim).to(torch.int64)


def both_extremes(
    x: Tensor, *, dim: int | None = None, keepdim: bool = False
) -> tuple[Tensor, Tensor]:
    """The least and the largest along a dimension, or of everything."""
    dims = reduced_dims(x, dim)
    least, most = torch.amin(x, dims), torch.amax(x, dims)
    return (restore(least, dims), restore(most, dims)) if keepdim else (least, most)
