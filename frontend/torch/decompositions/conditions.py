"""Conditions: logic with a number, the extremes of two, whether any or all of several hold.

Any and all are the largest and the least of 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.rows import Dims, reduced_dims, restore


def any_of(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether an element along ``dim`` is not 0; none of nothing."""
    return _chosen(x, dim, keepdim=keepdim, is_all=False)


def all_of(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether no element along ``dim`` is 0; all of nothing."""
    return _chosen(x, dim, keepdim=keepdim, is_all=True)


def _chosen(x: Tensor, dim: Dims, *, keepdim: bool, is_all: bool) -> Tensor:
    holds = x if x.dtype is torch.bool else x != 0
    if x.dim() == 0:
        return holds.clone()
    dims = reduced_dims(x, dim)
    if any(x.shape[d] == 0 for d in dims):
        found = torch.full([n for d, n in enumerate(x.shape) if d not in dims], is_all)
    else:
        numbers = holds.to(torch.float32)
        found = (torch.amin if is_all else torch.amax)(numbers, dims) != 0
    return restore(found, dims) if keepdim else found


def with_number(of_tensors: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, int], Tensor]:
    """An operator on a tensor and a number, by that on two tensors."""
    return lambda x, number: of_tensors(x, torch.full_like(x, number))


def of_conditions(
    logical: Callable[[Tensor, Tensor], Tensor],
) -> Callable[[Tensor, Tensor], Tensor]:
    """The larger or smaller of two conditions, as logic; of numbers it stays what it is."""

    def extreme(x: Tensor, y: Tensor) -> Tensor:
        is_logic = x.dtype is torch.bool and y.dtype is torch.bool
        return logical(x, y) if is_logic else NotImplemented

    return extreme


def never_of_integers(x: Tensor) -> Tensor:
    """No whole number, and no condition, is infinite or NaN."""
    return NotImplemented if x.is_floating_point() else torch.full(x.shape, False)
