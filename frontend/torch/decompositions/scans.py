"""Scans along a dimension: cumulative sums, products and extremes.

The vector unit scans many rows side by side, one value of each after another. Few long rows are cut
into segments, which are such rows: their scans, and what the scan of the segments' ends adds to
them, are the scan of the row. So a row of a million takes two thousand steps, and as many levels as
its length has powers of a thousand.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.rows import shaped
from npu.frontend.torch.indexed_ops import COMBINES, neutral_of
from npu.frontend.torch.ordered_ops import scan

LANES = 1024
"""Rows to scan side by side: about what a register of the larger machines holds."""

SHORTEST, LONGEST = 16, 1024
"""Values of a segment. Shorter ones leave more ends than they save steps, longer ones have to fit
the scratchpad whole."""


def cumsum(x: Tensor, dim: int, dtype: torch.dtype | None = None) -> Tensor:
    """Sums of the values up to each."""
    return along(_summed(x, dtype), dim, "add")


def cumprod(x: Tensor, dim: int, dtype: torch.dtype | None = None) -> Tensor:
    """Products of the values up to each."""
    return along(_summed(x, dtype), dim, "mul")


def _summed(x: Tensor, dtype: torch.dtype | None) -> Tensor:
    """In the type of the sum: integers and conditions count in 64 bits."""
    if dtype is None:
        dtype = x.dtype if x.is_floating_point() else torch.int64
    return x if x.dtype is dtype else x.to(dtype)


def logcumsumexp(x: Tensor, dim: int) -> Tensor:
    """Logarithms of the sums of the exponentials of the values up to each.

    By doubling: each takes in what lies a step before it, for steps of 1, 2, 4, ... Nothing
    overflows, and a value is rounded as many times as that. The code grows with the logarithm of
    the row.
    """
    if x.dim() == 0 or x.numel() == 0:
        return x.clone()
    dim = dim % x.dim()
    count, step = x.shape[dim], 1
    while step < count:
        before = _padded(x.narrow(dim, 0, count - step), dim, step, -math.inf, at_end=False)
        x = torch.logaddexp(x, before)
        step *= 2
    return x


def cum_extreme(kind: str) -> Callable[[Tensor, int], tuple[Tensor, Tensor]]:
    """The extreme of the values up to each, and the last place that holds it.

    A place holds it if its value is that of the scan there, or NaN; the last of them so far is a
    scan itself.
    """

    def decompose(x: Tensor, dim: int) -> tuple[Tensor, Tensor]:
        if x.dtype is torch.bool:
            numbers, places = decompose(x.to(torch.int32), dim)
            return numbers != 0, places
        if x.dim() == 0 or x.numel() == 0:
            return x.clone(), torch.zeros(x.shape, dtype=torch.int64)
        dim = dim % x.dim()
        best = along(x, dim, kind)
        holds = x == best
        if x.is_floating_point():
            holds = holds | torch.isnan(x)
        count = x.shape[dim]
        places = shaped(torch.arange(count, dtype=torch.int32), [count, *[1] * (x.dim() - 1 - dim)])
        return best, along(torch.where(holds, places, 0), dim, "max").to(torch.int64)

    return decompose


def along(x: Tensor, dim: int, kind: str) -> Tensor:
    """The scan of ``kind`` along ``dim``."""
    if x.dim() == 0 or x.numel() == 0:
        return x.clone()
    dim = dim % x.dim()
    count = x.shape[dim]
    length = _segment(count, x.numel() // count)
    if length >= count:
        return scan(x, dim, kind)
    segments = -(-count // length)
    nothing = neutral_of(x, kind)
    padded = _padded(x, dim, segments * length - count, nothing, at_end=True)
    cut = padded.reshape(*x.shape[:dim], segments, length, *x.shape[dim + 1 :])
    scanned = scan(cut, dim + 1, kind)
    ends = scanned.select(dim + 1, length - 1)
    before = along(ends, dim, kind).narrow(dim, 0, segments - 1)
    before = _padded(before, dim, 1, nothing, at_end=False)
    whole = COMBINES[kind](scanned, before.unsqueeze(dim + 1))
    return whole.reshape(padded.shape).narrow(dim, 0, count)


def _segment(count: int, rows: int) -> int:
    """The length of the segments of ``rows`` rows of ``count`` values; that of a row if whole."""
    if count <= LONGEST and (rows >= LANES or count <= 4 * SHORTEST):
        return count
    wanted = 2 ** math.ceil(math.log2(max(1, rows * count / LANES)))
    return min(max(wanted, SHORTEST), LONGEST)


def _padded(x: Tensor, dim: int, more: int, value: float, *, at_end: bool) -> Tensor:
    """``x`` with ``more`` of ``value`` at an end of ``dim``."""
    if more == 0:
        return x
    widths = [0, 0] * (x.dim() - 1 - dim) + ([0, more] if at_end else [more, 0])
    return torch.constant_pad_nd(x, widths, value)
