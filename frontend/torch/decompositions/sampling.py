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


def one_hot(x: Tensor, num_classes: int = -1) -> Tensor:
    """Rows of one 1: where a number is the class. How many classes there are must be said."""
    if num_classes < 0:
        return NotImplemented
    classes = torch.arange(num_classes, dtype=x.dtype)
    return (x.unsqueeze(-1) == classes).to(torch.int64)
