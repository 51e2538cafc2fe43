"""Pixels taken from where tables say: upsampling, sampling on a grid, and one-hot rows.

Where pixels come from depends on sizes alone for upsampling, so that the tables of indices and of
weights are constants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.indexing import take_rows


def by_nearest(
    x: Tensor, sizes: Sequence[int], scales: Sequence[float | None], *, offset: float
) -> Tensor:
    """The pixel of `x` (n, c, ...) that is nearest to each of the result, as PyTorch counts it.

    Place i is at `(i + offset) / scale`, rounded down, in float32.
    """
    for d, (size, scale) in enumerate(zip(sizes, scales, strict=True), 2):
        extent = x.shape[d]
        if size == extent and scale in (None, 1.0):
            continue
        step = extent / size if scale is None else 1 / scale
        places = (torch.arange(size, dtype=torch.float32) + offset) * step
        indices = places.floor().to(torch.int64).clamp(max=extent - 1)
        x = take_rows(x, indices, d, from_end=False)
    return x


def upsample_exact(offset: float) -> Callable[..., Tensor]:
    """Upsampling by the nearest pixel, of which places are at `i + offset`."""

    def decompose(
        x: Tensor, output_size: Sequence[int] | None, scales: Sequence[float] | None
    ) -> Tensor:
        spatial = x.shape[2:]
        given = list(scales) if scales is not None else [None] * len(spatial)
        if output_size is not None:
            return by_nearest(x, output_size, [None] * len(spatial), offset=offset)
        sizes = [int(n * s) for n, s in zip(spatial, scales or (), strict=True)]
        return by_nearest(x, sizes, given, offset=offset)

    return decompose


def one_hot(x: Tensor, num_classes: int = -1) -> Tensor:
    """Rows of one 1: where a number is the class. How many classes there are must be said."""
    if num_classes < 0:
        return NotImplemented
    classes = torch.arange(num_classes, dtype=x.dtype)
    return (x.unsqueeze(-1) == classes).to(torch.int64)
