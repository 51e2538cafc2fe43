"""Operators that take elements where a tensor says, as `npu::gather` of rows.

A table is brought to (outer, indexed, inner) without moving anything, and rows of `inner` elements
are gathered. Several tensors of indices become one: they count in the indexed dimensions as if
these were one. What they name outside of the table stays outside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.rows import shaped
from npu.frontend.torch.indexed_ops import gather as gather_rows


def flat_table(x: Tensor, first: int, count: int) -> tuple[Tensor, int]:
    """`x` with `count` dimensions from `first` on as one, and those around them; its place.

    Dimensions around it that have one element in all are left out.
    """
    shape = list(x.shape)
    outer, inner = math.prod(shape[:first]), math.prod(shape[first + count :])
    middle = math.prod(shape[first : first + count])
    sizes = [*([outer] if outer != 1 else []), middle, *([inner] if inner != 1 else [])]
    return shaped(x, sizes), int(outer != 1)


def take_rows(x: Tensor, indices: Tensor, first: int, count: int = 1, *, from_end: bool) -> Tensor:
    """Elements of `count` dimensions of `x`, in the shape of `indices` in their place."""
    shape = [*x.shape[:first], *indices.shape, *x.shape[first + count :]]
    if 0 in shape:
        return x.new_empty(shape)
    table, dim = flat_table(x, first, count)
    return shaped(gather_rows(table, shaped(indices, [indices.numel()]), dim, from_end), shape)


def counted(indices: Sequence[Tensor], extents: Sequence[int]) -> Tensor:
    """Several indices as one that counts in all their dimensions; those below 0 from their end.

    One that is outside keeps the result outside (`_beside`).
    """
    whole = math.prod(extents)
    total, beside = None, None
    for one, extent, step in zip(indices, extents, _steps(extents), strict=True):
        index = one + (one < 0).to(one.dtype) * extent
        inside = index.clamp(0, extent - 1)
        part = inside * step if step != 1 else inside
        wrong = _beside(index - inside, extent, whole)
        total = part if total is None else total + part
        beside = wrong if beside is None else torch.where(beside != 0, beside, wrong)
    assert total is not None
    assert beside is not None
    return torch.where(beside != 0, beside, total)


def _beside(distance: Tensor, extent: int, whole: int) -> Tensor:
    """What stands for an index that is outside, by how far: 0 for one that is not.

    One below 0 stays as it is, one that is too large is added to the number of all elements. All is
    made of the distance, so that one kernel computes it: what follows from an index alone would
    have a kernel of its own.
    """
    return torch.where(distance > 0, distance + (whole + extent - 1), distance)


def _steps(extents: Sequence[int]) -> list[int]:
    """Elements from one to the next in each of several dimensions."""
    return [math.prod(extents[d + 1 :]) for d in range(len(extents))]


def embedding(
    weight: Tensor,
    indices: Tensor,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of a table; what the other arguments say matters in training."""
    del padding_idx, scale_grad_by_freq, sparse
    return take_rows(weight, indices, 0, from_end=False)


def index_select(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """Elements of one dimension."""
    if x.dim() == 0:
        return take_rows(x.reshape(1), index, 0, from_end=False).reshape(())
    return take_rows(x, index.reshape(-1), dim % x.dim(), from_end=False)


def take(x: Tensor, index: Tensor) -> Tensor:
    """Elements of all of a tensor as one dimension."""
    return take_rows(x.reshape(-1), index, 0, from_end=True)


def places_along(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """Which element of all of `x` each of `index` means: its own place, but for `dim`.

    One that is outside keeps the result outside (`_beside`).
    """
    extent, whole = x.shape[dim], x.numel()
    if whole == extent:
        return index
    steps = _steps(x.shape)
    inside = index.clamp(0, extent - 1)
    place = inside * steps[dim] if steps[dim] != 1 else inside
    for d, (size, step) in enumerate(zip(index.shape, steps, strict=True)):
        if d != dim and size > 1:
            shape = [size if one == d else 1 for one in range(x.dim())]
            place = place + (torch.arange(size, dtype=torch.int64) * step).reshape(shape)
    beside = _beside(index - inside, extent, whole)
    return torch.where(beside != 0, beside, place)


def gather(x: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """Elements one by one: each its own index in `dim`, its own place in the others."""
    del sparse_grad
    if x.dim() == 0 or index.dim() == 0:
        x, index_1 = x.reshape(-1), index.reshape(-1)
        return take_rows(x, index_1, 0, from_end=False).reshape(index.shape)
    dim = dim % x.dim()
    if index.numel() == 0:
        return x.new_empty(index.shape)
    return take_rows(x.reshape(-1), places_along(x, dim, index), 0, from_end=False)


class Indexed:
    """`x[indices]`, some of them None: which dimensions are indexed, brought side by side."""

    def __init__(self, x: Tensor, indices: Sequence[Tensor | None]) -> None:
        given = [*indices, *[None] * (x.dim() - len(indices))]
        self.dims = [d for d, one in enumerate(given) if one is not None]
        tensors = [one for one in given if one is not None]
        first, last = self.dims[0], self.dims[-1]
        rest = [d for d in range(x.dim()) if d not in self.dims]
        is_together = last - first + 1 == len(self.dims)
        self.order = list(range(x.dim())) if is_together else [*self.dims, *rest]
        self.first = first if is_together else 0
        self.x = x if is_together else x.permute(self.order)
        shape = cast(Any, torch).broadcast_shapes(*(one.shape for one in tensors))
        wide = [one.long() if one.shape == shape else one.long().expand(shape) for one in tensors]
        extents = [x.shape[d] for d in self.dims]
        single = len(wide) == 1
        self.index = wide[0] if single else counted(wide, extents)
        self.from_end = single

    @property
    def count(self) -> int:
        """Dimensions that are indexed."""
        return len(self.dims)

    @property
    def shape(self) -> list[int]:
        """The shape of `x[indices]`."""
        sizes = list(self.x.shape)
        return [
            *sizes[: self.first],
            *self.index.shape,
            *sizes[self.first + self.count :],
        ]


def are_numbers(indices: Sequence[Tensor | None]) -> bool:
    """Whether indices are numbers: how many elements a mask takes is not known at import."""
    tensors = [one for one in indices if one is not None]
    return bool(tensors) and all(
        not one.is_floating_point() and one.dtype not in (torch.bool, torch.uint8)
        for one in tensors
    )


def index(x: Tensor, indices: Sequence[Tensor | None]) -> Tensor:
    """`x[indices]` for tensors of numbers, and None where a dimension is taken whole."""
    if not are_numbers(indices):
        return NotImplemented
    found = Indexed(x, indices)
    return take_rows(found.x, found.index, found.first, found.count, from_end=found.from_end)
