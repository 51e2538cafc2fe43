"""Operators that are called copies of views: the view, whose values nothing else changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.strides import as_strided

aten = torch.ops.aten


def permuted(x: Tensor, dims: Sequence[int]) -> Tensor:
    """``x`` with its dimensions in another order."""
    return x.permute(list(dims)).clone()


def viewed(x: Tensor, size: Sequence[int]) -> Tensor:
    """``x`` in another shape."""
    return x.reshape(list(size)).clone()


def narrowed(x: Tensor, dim: int, start: int, length: int) -> Tensor:
    """``length`` places of a dimension of ``x``."""
    dim = dim % x.dim()
    return x.narrow(dim, start % max(1, x.shape[dim]) if start < 0 else start, length).clone()


def unbound(x: Tensor, dim: int = 0) -> list[Tensor]:
    """Each place of a dimension of ``x``."""
    return [x.select(dim, i).clone() for i in range(x.shape[dim])]


def unset(
    x: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    dtype: torch.dtype | None = None,
    **_: Any,
) -> Tensor:
    """A tensor of any values: zeros."""
    del stride  # of what a kernel leaves all rows follow one another
    return torch.full(list(size), 0, dtype=dtype or x.dtype)


COPIES: dict[Any, Callable[..., Any]] = {
    aten.permute_copy.default: permuted,
    aten.view_copy.default: viewed,
    aten.narrow_copy.default: narrowed,
    aten.unbind_copy.int: unbound,
    aten.as_strided_copy.default: as_strided,
    aten.new_empty_strided.default: unset,
}
"""By the operator."""
