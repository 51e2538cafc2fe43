"""Operators that write elements where a tensor says, as `npu::scatter` of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.indexing import (
    Indexed,
    are_numbers,
    flat_table,
    places_along,
    take_rows,
)
from npu.frontend.torch.decompositions.rows import shaped
from npu.frontend.torch.indexed_ops import neutral_of
from npu.frontend.torch.indexed_ops import scatter as scatter_rows

COMBINES = {
    "sum": "add",
    "mean": "add",
    "add": "add",
    "prod": "mul",
    "multiply": "mul",
    "amax": "max",
    "amin": "min",
}
"""How the device calls what PyTorch's operators make of an element and a new one; sums of means."""

LOGICAL = {"add": "max", "max": "max", "mul": "min", "min": "min"}
"""What they are of 0 and 1: or, and."""


def put_rows(
    x: Tensor,
    rows: Tensor,
    indices: Tensor,
    first: int,
    count: int = 1,
    *,
    from_end: bool,
    combine: str = "",
) -> Tensor:
    """`x` with elements of `count` dimensions replaced, or combined, where `indices` say.

    `rows` have the shape of `indices` in the place of those dimensions.
    """
    if rows.numel() == 0 or x.numel() == 0:
        return x.clone()
    if x.dtype is torch.bool and combine:
        numbers, given = x.to(torch.int32), rows.to(torch.int32)
        logical = LOGICAL[combine]
        return put_rows(
            numbers, given, indices, first, count, from_end=from_end, combine=logical
        ).ne(0)
    table, dim = flat_table(x, first, count)
    sizes = list(table.shape)
    sizes[dim] = indices.numel()
    given = shaped(rows.to(x.dtype), sizes)
    flat = scatter_rows(given, table, shaped(indices, [indices.numel()]), dim, from_end, combine)
    return shaped(flat, x.shape)


def index_put(
    x: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: bool = False
) -> Tensor:
    """`x[indices] = values`, or `+=` of what may meet in one place."""
    if not are_numbers(indices):
        mask = indices[0] if len(indices) == 1 else None
        if mask is None or mask.dtype is not torch.bool or values.numel() != 1:
            return NotImplemented
        return _masked(x, mask, values, accumulate)
    found = Indexed(x, indices)
    rows = values.expand(found.shape)
    combine = "add" if accumulate else ""
    result = put_rows(
        found.x,
        rows,
        found.index,
        found.first,
        found.count,
        from_end=found.from_end,
        combine=combine,
    )
    if found.order == list(range(x.dim())):
        return result
    back = [found.order.index(d) for d in range(x.dim())]
    return result.permute(back).contiguous()


def _masked(x: Tensor, mask: Tensor, value: Tensor, accumulate: bool) -> Tensor:
    """One value wherever a mask holds."""
    shape = [*mask.shape, *[1] * (x.dim() - mask.dim())]
    wide = mask.reshape(shape).expand(x.shape)
    one = value.reshape([1] * x.dim()).to(x.dtype)
    return torch.where(wide, x + one if accumulate else one, x)


def masked_scatter(x: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Elements of `source`, one after the other, wherever a mask holds."""
    shape = cast(Any, torch).broadcast_shapes(x.shape, mask.shape)
    wide, held = x.expand(shape), mask.expand(shape)
    if held.numel() == 0:
        return wide.clone()
    before = torch.cumsum(held.reshape(-1).to(torch.int64), 0) - 1
    places = torch.where(held.reshape(-1), before, 0)
    found = take_rows(source.reshape(-1), places, 0, from_end=False)
    return torch.where(held, found.reshape(shape), wide)


def _along(x: Tensor, dim: int, index: Tensor, src: Tensor, combine: str) -> Tensor:
    """Elements one by one: each to its own index in `dim`, its own place in the others."""
    if index.numel() == 0:
        return x.clone()
    if x.dim() == 0:
        return _along(x.reshape(1), 0, index.reshape(1), src.reshape(1), combine).reshape(())
    dim = dim % x.dim()
    index = index.reshape(-1) if index.dim() == 0 else index
    part = src.reshape(-1) if src.dim() == 0 else src
    for d, size in enumerate(index.shape):
        part = part.narrow(d, 0, size) if part.shape[d] != size else part
    flat = put_rows(
        x.reshape(-1),
        part.reshape(-1),
        places_along(x, dim, index).reshape(-1),
        0,
        from_end=False,
        combine=combine,
    )
    return flat.reshape(x.shape)


def scatter_src(x: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Elements of `src` written where `index` says."""
    return _along(x, dim, index, src, "")


def scatter_value(x: Tensor, dim: int, index: Tensor, value: float) -> Tensor:
    """One value written where `index` says."""
    return _along(x, dim, index, torch.full(index.shape, value, dtype=x.dtype), "")


def scatter_with(x: Tensor, dim: int, index: Tensor, src: Tensor, *, reduce: str) -> Tensor:
    """Elements of `src` added or multiplied where `index` says."""
    return _along(x, dim, index, src, COMBINES[reduce])


def scatter_value_with(x: Tensor, dim: int, index: Tensor, value: float, *, reduce: str) -> Tensor:
    """One value added or multiplied where `index` says."""
    return _along(x, dim, index, torch.full(index.shape, value, dtype=x.dtype), COMBINES[reduce])


def scatter_add(x: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Elements of `src` added up where `index` says."""
    return _along(x, dim, index, src, "add")


Write = Callable[[Tensor, Tensor, str], Tensor]
"""Writes values to a tensor by a combine."""


def _reduced(x: Tensor, src: Tensor, write: Write, reduce: str, include_self: bool) -> Tensor:
    """What `write` brings to each place, reduced, with what was there or without."""
    combine = COMBINES[reduce]
    start = x if include_self else write(x, torch.full_like(src, neutral_of(x, combine)), "")
    total = write(start, src, combine)
    if reduce != "mean":
        return total
    ones = torch.ones_like(x) if include_self else torch.zeros_like(x)
    counts = write(ones, torch.ones_like(src), "add").clamp(min=1)
    if x.is_floating_point():
        return total / counts
    return torch.div(total, counts, rounding_mode="floor")


def scatter_reduce(
    x: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Elements of `src` reduced where `index` says."""
    if index.numel() == 0:
        return x.clone()
    if x.dim():
        for d, size in enumerate(index.shape if index.dim() else (1,)):
            src = src.reshape(-1) if src.dim() == 0 else src
            src = src.narrow(d, 0, size)

    def write(target: Tensor, values: Tensor, combine: str) -> Tensor:
        return _along(target, dim, index, values, combine)

    return _reduced(x, src, write, reduce, include_self)


def _rows_of(x: Tensor, dim: int, index: Tensor, src: Tensor, combine: str) -> Tensor:
    """Elements of one dimension written where `index` says."""
    if x.dim() == 0:
        rows = src.reshape(-1)
        one = put_rows(x.reshape(1), rows, index.reshape(-1), 0, from_end=False, combine=combine)
        return one.reshape(())
    dim = dim % x.dim()
    rows = src.unsqueeze(dim) if src.dim() < x.dim() else src
    return put_rows(x, rows, index.reshape(-1), dim, from_end=False, combine=combine)


def put(x: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Elements of all of a tensor as one dimension replaced, or added to."""
    rows, combine = source.reshape(-1), "add" if accumulate else ""
    flat = put_rows(x.reshape(-1), rows, index.reshape(-1), 0, from_end=True, combine=combine)
    return flat.reshape(x.shape)


def index_add(x: Tensor, dim: int, index: Tensor, src: Tensor, *, alpha: float = 1) -> Tensor:
    """Elements of one dimension added up where `index` says."""
    return _rows_of(x, dim, index, src if alpha == 1 else src * alpha, "add")


def index_copy(x: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Elements of one dimension written where `index` says."""
    return _rows_of(x, dim, index, src, "")


def index_fill(x: Tensor, dim: int, index: Tensor, value: float) -> Tensor:
    """One value written to elements of one dimension."""
    return index_fill_tensor(x, dim, index, torch.full((), value, dtype=x.dtype))


def index_fill_tensor(x: Tensor, dim: int, index: Tensor, value: Tensor) -> Tensor:
    """One value, of a tensor, written to elements of one dimension; -1 is its last one."""
    shape = list(x.shape) or [1]
    wide = x.reshape(shape)
    dim = dim % len(shape)
    shape[dim] = index.numel()
    rows = value.to(x.dtype).reshape([1] * len(shape)).expand(shape)
    return put_rows(wide, rows, index.reshape(-1), dim, from_end=True).reshape(x.shape)


def index_reduce(
    x: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Elements of one dimension reduced where `index` says."""

    def write(target: Tensor, values: Tensor, combine: str) -> Tensor:
        return _rows_of(target, dim, index, values, combine)

    return _reduced(x, src, write, reduce, include_self)
