"""`npu::gather` and `npu::scatter`: the operators that all indexing by data is written in.

They are what `npu.gather` and `npu.scatter` of the dialect are, on PyTorch's tensors. Upstream does
not know them: they pass through it as calls of functions without a body (`npu.dialects.calls`).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from npu.frontend.neutral import neutral

GATHER = "npu.gather.default"
SCATTER = "npu.scatter.default"

COMBINES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "": lambda _, new: new,
    "add": torch.add,
    "mul": torch.mul,
    "max": torch.maximum,
    "min": torch.minimum,
}
"""What a scatter makes of what is there and of what it brings; nothing: the new value."""


def neutral_of(x: Tensor, combine: str) -> float:
    """What changes nothing where `combine` is made of elements of `x`, integers as kernels have."""
    if x.is_floating_point():
        return neutral(combine, None)
    return neutral(combine, 1 if x.dtype is torch.bool else 32)


def _from_start(indices: Tensor, extent: int, *, from_end: bool) -> Tensor:
    return torch.where(indices < 0, indices + extent, indices) if from_end else indices


@torch.library.custom_op("npu::gather", mutates_args=())
def gather(table: Tensor, indices: Tensor, dim: int, from_end: bool) -> Tensor:
    """Elements of `dim` of `table`: those that `indices`, of one dimension, say."""
    taken = _from_start(indices, table.shape[dim], from_end=from_end)
    return table.index_select(dim, taken.long())


@torch.library.custom_op("npu::scatter", mutates_args=())
def scatter(
    rows: Tensor, table: Tensor, indices: Tensor, dim: int, from_end: bool, combine: str
) -> Tensor:
    """`table` with the elements of `dim` that `indices` say replaced by `rows`, or combined."""
    result = table.contiguous().clone()
    taken = _from_start(indices, table.shape[dim], from_end=from_end)
    for row, index in zip(rows.unbind(dim), taken.tolist(), strict=True):
        place = result.select(dim, index)
        place.copy_(COMBINES[combine](place, row))
    return result


def _gather_shape(table: Tensor, indices: Tensor, dim: int, from_end: bool) -> Tensor:  # noqa: ARG001
    shape = list(table.shape)
    shape[dim] = indices.shape[0]
    return table.new_empty(shape)


def _scatter_shape(
    rows: Tensor,  # noqa: ARG001
    table: Tensor,
    indices: Tensor,  # noqa: ARG001
    dim: int,  # noqa: ARG001
    from_end: bool,  # noqa: ARG001
    combine: str,  # noqa: ARG001
) -> Tensor:
    return table.new_empty(table.shape)


gather.register_fake(_gather_shape)
scatter.register_fake(_scatter_shape)
