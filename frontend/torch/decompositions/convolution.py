"""Convolutions without bias, forwards: bias is added behind, and transposed ones are turned round.

A transposed convolution of stride s spreads each value over s results. Result q * s + r takes the
kernel's values r, r + s, r + 2s, ... only, so that the s phases r are s sets of output channels of
one plain convolution of stride 1. What it gives, (n, c * s, q), is (n, c, q * s) with the phases
moved inwards: nothing is computed that is not needed, and nothing is scattered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from npu.frontend.torch.lists import each, pairs

aten = torch.ops.aten


def convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Tensor:
    """x (n, c, ...) with weight (oc, c / groups, ...), or (c, oc / groups, ...) if transposed."""
    rank = weight.dim() - 2
    if transposed:
        lists = (stride, padding, dilation, output_padding)
        dims = [_Transposed(*four) for four in zip(*(each(v, rank) for v in lists), strict=True)]
        out = _transposed(x, weight, dims, groups)
    elif rank == 3 and 1 < groups == weight.shape[0] and weight.shape[1] == 1:
        out = _channel_by_channel(x, weight, (stride, padding, dilation), groups)
    elif bias is None:
        return NotImplemented
    else:
        rest = (stride, padding, dilation, False, output_padding, groups)
        out = cast(Tensor, aten.convolution.default(x, weight, None, *rest))
    return out if bias is None else out + bias.reshape(-1, *[1] * rank)


def _channel_by_channel(
    x: Tensor, weight: Tensor, options: Sequence[Sequence[int]], groups: int
) -> Tensor:
    """A group for each channel, which upstream does not lower in three dimensions.

    Each group gets a second input channel of zeros, times weights of zeros.
    """
    more = [*[0] * 6, 0, 1]
    pairs_of_channels = aten.constant_pad_nd(x.unsqueeze(2), more, 0.0)
    shape = (x.shape[0], 2 * groups, *x.shape[2:])
    wide = aten.constant_pad_nd(weight, more, 0.0)
    rest = (None, *options, False, [0] * 3, groups)
    return cast(Tensor, aten.convolution.default(pairs_of_channels.reshape(shape), wide, *rest))


@dataclass(frozen=True)
class _Transposed:
    """One dimension of a transposed convolution."""

    stride: int
    padding: int
    dilation: int
    output_padding: int

    def taps(self, kernel: int) -> int:
        """Values of the kernel that each phase takes, zeros among them."""
        return -(-self._reach(kernel) // self.stride)

    def extent(self, extent: int, kernel: int) -> int:
        """The extent of the result."""
        whole = (extent - 1) * self.stride + self._reach(kernel)
        return whole - 2 * self.padding + self.output_padding

    def behind(self, extent: int, kernel: int) -> int:
        """Zeros behind the values, so that the results reach as far as asked for."""
        taps = self.taps(kernel)
        short = self.padding + self.extent(extent, kernel) - (extent + taps - 1) * self.stride
        return taps - 1 + max(0, -(-short // self.stride))

    def _reach(self, kernel: int) -> int:
        return self.dilation * (kernel - 1) + 1


def _transposed(x: Tensor, weight: Tensor, dims: Sequence[_Transposed], groups: int) -> Tensor:
    """The transposed convolution without bias."""
    rank = len(dims)
    extents, kernels = x.shape[2:], weight.shape[2:]
    for at, (dim, kernel) in enumerate(zip(dims, kernels, strict=True)):
        weight = _phases(weight, 2 + at, dim, dim.taps(kernel))
    taps = [dim.taps(kernel) for dim, kernel in zip(dims, kernels, strict=True)]
    before = [count - 1 for count in taps]
    behind = [d.behind(n, k) for d, n, k in zip(dims, extents, kernels, strict=True)]
    padded = aten.constant_pad_nd(x, pairs(before, behind), 0.0)
    ones, zeros = [1] * rank, [0] * rank
    product: Tensor = aten.convolution.default(
        padded, _as_channels(weight, groups), None, ones, zeros, ones, False, zeros, groups
    )
    out = _inwards(product, [dim.stride for dim in dims])
    for at, (dim, extent, kernel) in enumerate(zip(dims, extents, kernels, strict=True)):
        out = out.narrow(2 + at, dim.padding, dim.extent(extent, kernel))
    return out


def _inwards(product: Tensor, strides: Sequence[int]) -> Tensor:
    """(n, c * strides, q...) with each phase behind the dimension that it belongs to.

    No tensor has more than six dimensions, the most that a transfer's buffer may have.
    """
    rank, steps = len(strides), [at for at, stride in enumerate(strides) if stride > 1]
    if rank > 2 and len(steps) > 1:
        last = steps[-1]
        first = _inwards(product, [n if at == last else 1 for at, n in enumerate(strides)])
        return _inwards(first, [1 if at == last else n for at, n in enumerate(strides)])
    channels = product.shape[1] // math.prod(strides)
    phases = product.reshape(
        product.shape[0], channels, *(strides[at] for at in steps), *product.shape[2:]
    )
    order = [0, 1]
    for at in range(rank):
        order += [2 + len(steps) + at, *([2 + steps.index(at)] if at in steps else [])]
    whole = [n * stride for n, stride in zip(product.shape[2:], strides, strict=True)]
    return phases.permute(order).reshape(product.shape[0], channels, *whole)


def _phases(weight: Tensor, axis: int, dim: _Transposed, taps: int) -> Tensor:
    """Dimension ``axis`` of a kernel as its taps, last one first; its phases join dimension 1."""
    if dim.dilation > 1:
        spread = aten.constant_pad_nd(weight.unsqueeze(axis + 1), _behind(weight, axis, dim), 0.0)
        weight = spread.flatten(axis, axis + 1)
    size = taps * dim.stride
    if weight.shape[axis] > size:
        weight = weight.narrow(axis, 0, size)
    rest = [0] * (2 * (weight.dim() - axis - 1))
    weight = aten.constant_pad_nd(weight, [*rest, 0, size - weight.shape[axis]], 0.0)
    split = cast(Any, weight).unflatten(axis, (taps, dim.stride)).flip(axis)
    if dim.stride == 1:
        return cast(Tensor, split.flatten(axis, axis + 1))
    return cast(Tensor, split.movedim(axis + 1, 2).flatten(1, 2))


def _behind(weight: Tensor, axis: int, dim: _Transposed) -> list[int]:
    """Padding that puts dilation - 1 zeros behind each value of a dimension of extent 1."""
    return [*[0] * (2 * (weight.dim() - axis - 1)), 0, dim.dilation - 1]


def _as_channels(weight: Tensor, groups: int) -> Tensor:
    """(c, oc / groups * phases, taps...) as (oc * phases, c / groups, taps...)."""
    split: Tensor = cast(Any, weight).unflatten(0, (groups, -1))
    return split.transpose(1, 2).flatten(0, 1)
