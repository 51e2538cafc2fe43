"""Pixels taken from where tables say: upsampling, sampling on a grid, and one-hot rows.

Where pixels come from depends on sizes alone for upsampling, so that the tables of indices and of
weights are constants.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.indexing import take_rows


def by_nearest(
    x: Tensor, sizes: Sequence[int], scales: Sequence[float] | None, *, offset: float
) -> Tensor:
    """The pixel of `x` (n, c, ...) that is nearest to each of the result, as PyTorch counts it.

    Place i is at `(i + offset) / scale`, rounded down, in float32; the scale is that of the sizes
    where none is given.
    """
    for d, size in enumerate(sizes, 2):
        extent = x.shape[d]
        step = extent / size if scales is None else 1 / scales[d - 2]
        if size == extent and step == 1:
            continue
        places = (torch.arange(size, dtype=torch.float32) + offset) * step
        indices = places.floor().to(torch.int64).clamp(max=extent - 1)
        x = take_rows(x, indices, d, from_end=False)
    return x


_SHARPNESS = -0.75
"""Of PyTorch's cubic curve."""


def bicubic(
    x: Tensor,
    output_size: Sequence[int] | None,
    align_corners: bool,
    scale_factors: Sequence[float] | None = None,
) -> Tensor:
    """x (n, c, h, w) in another size: sums of four rows and four columns each.

    Places and shares are computed in float64 and rounded once.
    """
    if not x.is_floating_point():
        return NotImplemented
    scales: Sequence[float | None] = scale_factors or (None, None)
    for d in (3, 2):
        scale = scales[d - 2]
        size = int(x.shape[d] * scale) if scale and not output_size else (output_size or ())[d - 2]
        x = _cubic_along(x, d, size, scale, align_corners=align_corners)
    return x


def _cubic_along(
    x: Tensor, d: int, size: int, scale: float | None, *, align_corners: bool
) -> Tensor:
    """One dimension in another size."""
    extent = x.shape[d]
    number = torch.arange(size, dtype=torch.float64)
    if align_corners:
        at = number * ((extent - 1) / (size - 1) if size > 1 else 0.0)
    else:
        at = (number + 0.5) * (1 / scale if scale else extent / size) - 0.5
    below = torch.floor(at)
    total: Tensor | None = None
    for step, share in zip(range(-1, 3), _cubic_shares(at - below), strict=True):
        places = (below + step).clamp(0, extent - 1).to(torch.int64)
        shape = [size if each == d else 1 for each in range(x.dim())]
        part = take_rows(x, places, d, from_end=False) * share.to(x.dtype).reshape(shape)
        total = part if total is None else total + part
    assert total is not None
    return total


def _cubic_shares(t: Tensor) -> list[Tensor]:
    """What the pixels at -1, 0, 1 and 2 have of a place at ``t`` from 0 to 1."""
    a = _SHARPNESS

    def near(u: Tensor) -> Tensor:
        return ((a + 2) * u - (a + 3)) * u * u + 1

    def far(u: Tensor) -> Tensor:
        return ((a * u - 5 * a) * u + 8 * a) * u - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def one_hot(x: Tensor, num_classes: int = -1) -> Tensor:
    """Rows of one 1: where a number is the class. How many classes there are must be said."""
    if num_classes < 0:
        return NotImplemented
    classes = torch.arange(num_classes, dtype=x.dtype)
    return (x.unsqueeze(-1) == classes).to(torch.int64)
