"""What joins tensors: cat and stack, parts written into a tensor, rolling, repeating.

All of it is `cat` of slices, which kernels store straight into the result, and views.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import torch
from torch import Tensor

aten = torch.ops.aten


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """``cat`` of tensors of one type, each with elements, of one rank; a single one is a copy."""
    type_ = _common_type(tensors)
    rank = max(one.dim() for one in tensors)
    # PyTorch lets vectors without elements stand beside tensors of any rank.
    same = [one for one in tensors if one.dim() == rank and (rank > 1 or one.numel())] or tensors
    parts = [one for one in same if one.shape[dim]] or same[:1]
    if len(parts) == 1:
        return parts[0].to(type_) if parts[0].dtype is not type_ else parts[0].clone()
    if len(parts) == len(tensors) and all(one.dtype is type_ for one in parts):
        return NotImplemented
    return torch.cat([one.to(type_) for one in parts], dim)


def _common_type(tensors: Sequence[Tensor]) -> torch.dtype:
    """What PyTorch promotes all of them to."""
    return reduce(torch.promote_types, (one.dtype for one in tensors))


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """``cat`` along a new dimension."""
    return torch.cat([one.unsqueeze(dim) for one in tensors], dim)


def copy(x: Tensor, source: Tensor, non_blocking: bool = False) -> Tensor:  # noqa: ARG001 (PyTorch's)
    """``source`` in the shape and of the type of ``x``."""
    value = source.to(x.dtype)
    return value if value.shape == x.shape else value.expand(x.shape).clone()


def slice_scatter(
    x: Tensor,
    source: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Tensor:
    """``x`` with ``source`` at every ``step``-th place: what is left of ``x`` is copied, once."""
    dim = dim % x.dim()
    extent, count = x.shape[dim], source.shape[dim]
    low = _clamped(start, 0, extent)
    if not count or low >= extent or _clamped(end, extent, extent) <= low:
        return x.clone()
    source = source.to(x.dtype)
    high = low + count * step
    pieces = [x.narrow(dim, 0, low), source]
    if step > 1:
        pieces[1] = _between(x, source, dim, low, step)
    if high < extent:
        pieces.append(x.narrow(dim, high, extent - high))
    whole = torch.cat(pieces, dim)
    return whole.narrow(dim, 0, extent) if high > extent else whole


def _clamped(place: int | None, default: int, extent: int) -> int:
    """A place counted from the end if it is negative, and within the tensor."""
    if place is None:
        return default
    return min(max(place + extent if place < 0 else place, 0), extent)


def _between(x: Tensor, source: Tensor, dim: int, low: int, step: int) -> Tensor:
    """Elements of ``source``, each with the step - 1 elements of ``x`` behind it."""
    count, missing = source.shape[dim], low + source.shape[dim] * step - x.shape[dim]
    if missing > 0:
        widths = [0, 0] * (x.dim() - dim)
        widths[-1] = missing
        x = aten.constant_pad_nd(x, widths, 0)
    apart = [*x.shape[:dim], count, step, *x.shape[dim + 1 :]]
    kept = x.narrow(dim, low, count * step).reshape(apart).narrow(dim + 1, 1, step - 1)
    joined = torch.cat([source.unsqueeze(dim + 1), kept], dim + 1)
    return joined.reshape([*x.shape[:dim], count * step, *x.shape[dim + 1 :]])


def select_scatter(x: Tensor, source: Tensor, dim: int, index: int) -> Tensor:
    """``x`` with ``source`` at ``index``."""
    dim = dim % x.dim()
    index = index % x.shape[dim]
    return slice_scatter(x, source.unsqueeze(dim), dim, index, index + 1)


def roll(x: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] = ()) -> Tensor:
    """The end of each dimension goes ahead of its beginning."""
    shifts = [shifts] if isinstance(shifts, int) else shifts
    dims = [dims] if isinstance(dims, int) else dims
    if not dims:
        return roll(x.reshape(-1), shifts, [0]).reshape(x.shape)
    for shift, dim in zip(shifts, dims, strict=True):
        extent = x.shape[dim] if x.dim() else 1
        behind = shift % extent if extent else 0
        if behind:
            ends = (x.narrow(dim, extent - behind, behind), x.narrow(dim, 0, extent - behind))
            x = torch.cat(ends, dim)
    return x.clone()


def repeat(x: Tensor, repeats: Sequence[int]) -> Tensor:
    """``x`` so often along each dimension, the last ones if there are more of them."""
    shape = [1] * (len(repeats) - x.dim()) + list(x.shape)
    apart = [n for extent in shape for n in (1, extent)]
    wide = [n for count, extent in zip(repeats, shape, strict=True) for n in (count, extent)]
    whole = [count * extent for count, extent in zip(repeats, shape, strict=True)]
    return x.reshape(apart).expand(wide).reshape(whole)


def repeat_interleave(
    x: Tensor,
    repeats: int,
    dim: int | None = None,
    *,
    output_size: int | None = None,  # noqa: ARG001
) -> Tensor:
    """Each element so often, one behind the other."""
    if dim is None:
        return repeat_interleave(x.reshape(-1), repeats, 0)
    dim = dim % x.dim()
    before, behind = x.shape[: dim + 1], x.shape[dim + 1 :]
    wide = x.unsqueeze(dim + 1).expand([*before, repeats, *behind])
    return wide.reshape([*before[:-1], before[-1] * repeats, *behind])


def block_diag(tensors: Sequence[Tensor]) -> Tensor:
    """Matrices (vectors are rows) along the diagonal of zeros."""
    type_ = _common_type(tensors)
    blocks = [one.to(type_).reshape([1] * (2 - one.dim()) + list(one.shape)) for one in tensors]
    columns = sum(block.shape[1] for block in blocks)
    rows: list[Tensor] = []
    ahead = 0
    for block in blocks:
        behind = columns - ahead - block.shape[1]
        rows.append(aten.constant_pad_nd(block, [ahead, behind], 0))
        ahead += block.shape[1]
    return torch.cat(rows, 0)
