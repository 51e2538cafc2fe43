"""Pooling in terms of what upstream lowers to windows: plain maxima and sums of padded tensors.

Padding and ceil_mode become a pad of the values of their own, so that a window never leaves the
tensor. Averages that do not count the padding divide by the number of values in each window, a
constant: the same sums over ones.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.rows import mean
from npu.frontend.torch.lists import each, pairs

aten = torch.ops.aten

SUMS: dict[int, Any] = {2: aten.avg_pool2d.default, 3: aten.avg_pool3d.default}
MAXIMA: dict[int, Any] = {
    2: aten.max_pool2d_with_indices.default,
    3: aten.max_pool3d_with_indices.default,
}
"""Pools by the number of dimensions that they slide over."""


def max_pool(
    x: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """The maximum of each window and its position; ``x`` is (n, c, ...) or (c, ...)."""
    rank = len(kernel)
    if x.dim() == rank + 1:
        values, places = MAXIMA[rank](x.unsqueeze(0), kernel, stride, padding, dilation, ceil_mode)
        return values.squeeze(0), places.squeeze(0)
    if not ceil_mode and not any(padding) and (stride or rank == 2):
        return NotImplemented
    window = _Window(rank, kernel, stride, padding, dilation, ceil_mode)
    padded = window.pad(x, -math.inf if x.is_floating_point() else torch.iinfo(x.dtype).min)
    values, places = MAXIMA[rank](padded, kernel, window.stride, [0] * rank, window.dilation)
    return values, _in_the_tensor(places, window, x, padded)


def _in_the_tensor(places: Tensor, window: _Window, x: Tensor, padded: Tensor) -> Tensor:
    """Positions in a padded tensor as positions in ``x`` itself.

    A window of nothing but -inf has its maximum in the padding: it is the first value of ``x``.
    """
    if padded is x:
        return places
    rest, whole, scale = places, torch.zeros_like(places), 1
    for dim in reversed(range(len(window.kernel))):
        size, extent = (t.shape[dim - len(window.kernel)] for t in (padded, x))
        at = torch.remainder(rest, size) - window.low[dim]
        rest = torch.div(rest, size, rounding_mode="trunc")
        if window.low[dim]:
            at = torch.where(at < 0, torch.remainder(at, window.dilation[dim]), at)
        whole, scale = whole + at * scale, scale * extent
    return whole


def avg_pool(
    x: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window, or its sum over ``divisor_override``."""
    rank = len(kernel)
    if x.dim() == rank + 1:
        wide = x.unsqueeze(0)
        options = (ceil_mode, count_include_pad, divisor_override)
        return SUMS[rank](wide, kernel, stride, padding, *options).squeeze(0)
    window = _Window(rank, kernel, stride, padding, (1,), ceil_mode)
    is_sum = divisor_override == 1 and count_include_pad and not ceil_mode
    if is_sum and not any(window.low) and not any(window.high(x)):
        return NotImplemented
    sums = _sums(window.pad(x, 0.0), window)
    if divisor_override is not None:
        return _over(sums, divisor_override)
    if not _counts_differ(window, x, count_include_pad):
        return _over(sums, math.prod(window.kernel))
    counts = _sums(_ones(window, x, count_include_pad), window)
    return _over(sums, counts.reshape(counts.shape[2:]))


def _over(sums: Tensor, counts: Tensor | int) -> Tensor:
    """Means, of whole numbers rounded towards 0."""
    if sums.is_floating_point():
        return sums / counts
    counts = counts.to(sums.dtype) if isinstance(counts, Tensor) else counts
    return torch.div(sums, counts, rounding_mode="trunc")


def adaptive_avg_pool(x: Tensor, sizes: Sequence[int]) -> Tensor:
    """Means of windows that share ``x`` out among ``sizes`` results a dimension.

    Windows of one size at even steps are a plain pool. Others are a product with the share that
    each value has in each mean, one dimension after the other.
    """
    rank = len(sizes)
    if x.dim() == rank + 1:
        return adaptive_avg_pool(x.unsqueeze(0), sizes).squeeze(0)
    if all(size == 1 for size in sizes):
        return mean(x, list(range(-rank, 0)), keepdim=True)
    windows = [even_windows(n, size) for n, size in zip(x.shape[-rank:], sizes, strict=True)]
    for dim, (window, size) in enumerate(zip(windows, sizes, strict=True)):
        if window is None:
            x = _shared_out(x, dim - rank, size)
    kernel, stride = _kernel_and_stride(windows)
    return SUMS[rank](x, kernel, stride) if any(n > 1 for n in kernel + stride) else x


def adaptive_max_pool(x: Tensor, sizes: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Maxima of windows of one size at even steps; others are left for the check to name."""
    rank = len(sizes)
    if x.dim() == rank + 1:
        values, places = adaptive_max_pool(x.unsqueeze(0), sizes)
        return values.squeeze(0), places.squeeze(0)
    windows = [even_windows(n, size) for n, size in zip(x.shape[-rank:], sizes, strict=True)]
    if None in windows:
        return NotImplemented
    kernel, stride = _kernel_and_stride(windows)
    return MAXIMA[rank](x, kernel, stride)


def even_windows(extent: int, count: int) -> tuple[int, int] | None:
    """(kernel, stride) of the ``count`` adaptive windows of a dimension; None when they vary."""
    starts = [i * extent // count for i in range(count)]
    ends = [-(-(i + 1) * extent // count) for i in range(count)]
    sizes = {end - start for start, end in zip(starts, ends, strict=True)}
    steps = {b - a for a, b in itertools.pairwise(starts)}
    if len(sizes) != 1 or len(steps) > 1 or 0 in steps:
        return None
    return sizes.pop(), (steps or {1}).pop()


def _kernel_and_stride(
    windows: Sequence[tuple[int, int] | None],
) -> tuple[list[int], list[int]]:
    """Of a pool with these windows; dimensions without are left as they are."""
    found = [window or (1, 1) for window in windows]
    return [kernel for kernel, _ in found], [stride for _, stride in found]


def _shared_out(x: Tensor, dim: int, size: int) -> Tensor:
    """Means of adaptive windows along ``dim``: ``x`` times a constant (extent, size)."""
    extent = x.shape[dim]
    at = torch.arange(extent)[:, None]
    result = torch.arange(size)[None, :]
    start = (result * extent).div(size, rounding_mode="floor")
    end = ((result + 1) * extent + size - 1).div(size, rounding_mode="floor")
    inside = torch.logical_and(at >= start, at < end)
    share = inside.to(torch.float32) / (end - start).to(torch.float32)
    return (x.transpose(dim, -1) @ share).transpose(dim, -1)


class _Window:
    """What a pool slides over its last dimensions."""

    def __init__(
        self,
        rank: int,
        kernel: Sequence[int],
        stride: Sequence[int],
        padding: Sequence[int],
        dilation: Sequence[int],
        ceil_mode: bool,
    ) -> None:
        self.kernel = each(kernel, rank)
        self.stride = each(stride or kernel, rank)
        self.low = each(padding, rank)
        self.dilation = each(dilation, rank)
        self.ceil_mode = ceil_mode

    def high(self, x: Tensor) -> list[int]:
        """What to pad at the end of each dimension, so that no window leaves the tensor."""
        extents = x.shape[-len(self.kernel) :]
        return [self._high(dim, extent) for dim, extent in enumerate(extents)]

    def _high(self, dim: int, extent: int) -> int:
        """As PyTorch has it: with ceil_mode a last window may leave it, but not begin there."""
        pad, stride = self.low[dim], self.stride[dim]
        reach = self.dilation[dim] * (self.kernel[dim] - 1) + 1
        room = extent + 2 * pad - reach
        count = (-(-room // stride) if self.ceil_mode else room // stride) + 1
        if self.ceil_mode and (count - 1) * stride >= extent + pad:
            count -= 1
        return max(0, (count - 1) * stride + reach - extent - pad)

    def pad(self, x: Tensor, value: float) -> Tensor:
        """``x`` with ``value`` wherever a window leaves it."""
        high = self.high(x)
        if not any(self.low) and not any(high):
            return x
        return aten.constant_pad_nd(x, pairs(self.low, high), value)


def _counts_differ(window: _Window, x: Tensor, count_include_pad: bool) -> bool:
    """Whether some windows hold fewer values than others."""
    if count_include_pad:
        return any(high > low for high, low in zip(window.high(x), window.low, strict=True))
    return any(window.low) or any(window.high(x))


def _ones(window: _Window, x: Tensor, count_include_pad: bool) -> Tensor:
    """1 where ``x`` has a value that counts, in the shape of a padded image (1, 1, ...)."""
    ones = torch.ones((1, 1, *x.shape[-len(window.kernel) :]))
    if not count_include_pad:
        return window.pad(ones, 0.0)
    # what ceil_mode adds beyond the padding never counts
    padded = aten.constant_pad_nd(ones, pairs(window.low, window.low), 1.0)
    beyond = [max(0, high - low) for high, low in zip(window.high(x), window.low, strict=True)]
    return aten.constant_pad_nd(padded, pairs([0] * len(beyond), beyond), 0.0)


def _sums(x: Tensor, window: _Window) -> Tensor:
    """Sums of the windows of a padded tensor."""
    rank = len(window.kernel)
    options = ([0] * rank, False, True, 1)
    return cast(Callable[..., Tensor], SUMS[rank])(x, window.kernel, window.stride, *options)
