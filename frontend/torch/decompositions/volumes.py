"""Sampling volumes on a grid, and images made smaller with all their pixels."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.indexing import take_rows

aten = torch.ops.aten

LINEAR, NEAREST = 0, 1
ZEROS, BORDER, REFLECTION = 0, 1, 2


def grid_sampler_3d(
    x: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """x (n, c, d, h, w) at grid (n, ..., 3): places from -1 to 1 in w, h, d.

    All channels of a place are one row of a table.
    """
    count, channels, *sizes = x.shape
    if 0 in x.shape or 0 in grid.shape:
        return NotImplemented
    places = [
        _place(grid.select(-1, axis), size, padding_mode, align_corners=align_corners)
        for axis, size in zip((2, 1, 0), sizes, strict=True)
    ]
    table = x.movedim(1, -1).reshape(-1, channels)
    corners = _nearest(places) if interpolation_mode == NEAREST else _around(places)
    total: Tensor | None = None
    for at, weight in corners:
        found = _rows(table, at, sizes, count)
        part = found if weight is None else found * weight.unsqueeze(-1)
        inside = _inside(at, sizes)
        part = torch.where(inside.unsqueeze(-1), part, 0.0)
        total = part if total is None else total + part
    assert total is not None
    return total.movedim(-1, 1)


def _place(at: Tensor, size: int, padding_mode: int, *, align_corners: bool) -> Tensor:
    """A coordinate in pixels, brought inside as the mode of padding wants."""
    at = (at + 1.0) * ((size - 1) / 2) if align_corners else ((at + 1.0) * size - 1.0) * 0.5
    if padding_mode == ZEROS:
        return at
    if padding_mode == REFLECTION:
        at = _reflected(at, 0.0, size - 1.0) if align_corners else _reflected(at, -0.5, size - 0.5)
    return torch.clamp(at, 0.0, size - 1.0)


def _reflected(at: Tensor, low: float, high: float) -> Tensor:
    """Thrown back at both ends, as often as it takes."""
    span = high - low
    if span == 0:
        return torch.zeros_like(at)
    away = torch.abs(at - low)
    rest = torch.fmod(away, span)
    is_even = torch.remainder(torch.floor(away / span), 2.0) == 0
    return torch.where(is_even, rest, span - rest) + low


def _nearest(places: Sequence[Tensor]) -> list[tuple[list[Tensor], Tensor | None]]:
    return [([torch.round(one) for one in places], None)]


def _around(places: Sequence[Tensor]) -> list[tuple[list[Tensor], Tensor | None]]:
    """The eight pixels around each place, and their weights."""
    lower = [torch.floor(one) for one in places]
    found: list[tuple[list[Tensor], Tensor | None]] = []
    for steps in itertools.product((0.0, 1.0), repeat=3):
        at = [low + step if step else low for low, step in zip(lower, steps, strict=True)]
        shares = [
            one - low if step else (low + 1.0) - one
            for one, low, step in zip(places, lower, steps, strict=True)
        ]
        found.append((at, shares[2] * shares[1] * shares[0]))
    return found


def _inside(at: Sequence[Tensor], sizes: Sequence[int]) -> Tensor:
    """Whether a pixel exists."""
    inside: Tensor | None = None
    for one, size in zip(at, sizes, strict=True):
        here = (one >= 0) & (one <= size - 1)
        inside = here if inside is None else inside & here
    assert inside is not None
    return inside


def _rows(table: Tensor, at: Sequence[Tensor], sizes: Sequence[int], count: int) -> Tensor:
    """The rows of pixels (n, ...), any row for one that does not exist."""
    number = torch.arange(count, dtype=torch.int64).reshape([-1, *[1] * (at[0].dim() - 1)])
    for one, size in zip(at, sizes, strict=True):
        number = number * size + torch.clamp(one, 0.0, size - 1.0).to(torch.int64)
    return take_rows(table, number, 0, from_end=False)


def upsample_bilinear_antialiased(
    x: Tensor,
    output_size: Sequence[int],
    align_corners: bool,
    scales_h: float | None = None,
    scales_w: float | None = None,
) -> Tensor:
    """x (n, c, h, w) in another size: a pixel is the mean of those that it covers, by distance.

    What is not covered has no part in it, whatever it may be.
    """
    height, width = output_size
    x = _blended(x, 3, _shares(x.shape[3], width, scales_w, align_corners=align_corners))
    return _blended(x, 2, _shares(x.shape[2], height, scales_h, align_corners=align_corners))


def _shares(size: int, wanted: int, scale: float | None, *, align_corners: bool) -> Tensor:
    """How much each of `size` pixels gives to each of `wanted` (wanted, size)."""
    if align_corners:
        step = (size - 1) / (wanted - 1) if wanted > 1 else 0.0
    else:
        step = 1 / scale if scale else size / wanted
    reach = max(step, 1.0)
    center = ((torch.arange(wanted, dtype=torch.float64) + 0.5) * step).unsqueeze(1)
    at = torch.arange(size, dtype=torch.float64)
    share = torch.clamp(1.0 - torch.abs((at - center + 0.5) / reach), min=0.0)
    first, last = torch.floor(center - reach + 0.5), torch.floor(center + reach + 0.5)
    share = torch.where((at >= first) & (at < last), share, 0.0)
    return share / torch.sum(share, 1, keepdim=True)


def _blended(x: Tensor, dim: int, shares: Tensor) -> Tensor:
    """Sums of the pixels of a dimension by their shares."""
    table = shares.to(x.dtype)
    parts = x.movedim(dim, -1).unsqueeze(-2) * table
    return torch.sum(torch.where(table == 0, 0.0, parts), -1).movedim(-1, dim)


def max_pool_backward(
    gradient: Tensor,
    x: Tensor,
    kernel_size: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    ceil_mode: bool,
    indices: Tensor,
) -> Tensor:
    """What comes back for each maximum of a pool goes to the place of that maximum."""
    del kernel_size, stride, padding, dilation, ceil_mode
    outer = x.shape[:-2]
    zeros = torch.zeros((*outer, x.shape[-2] * x.shape[-1]), dtype=gradient.dtype)
    places, given = indices.reshape(*outer, -1), gradient.reshape(*outer, -1)
    return zeros.scatter_add(-1, places, given).reshape(x.shape)


VOLUMES: dict[Any, Callable[..., Any]] = {
    aten.grid_sampler_3d.default: grid_sampler_3d,
    aten._upsample_bilinear2d_aa.default: upsample_bilinear_antialiased,
    aten.max_pool2d_with_indices_backward.default: max_pool_backward,
}
"""By the operator."""
