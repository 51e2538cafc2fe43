"""Reductions, softmax and norms: row statistics on the reduced shape, broadcast only then."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

Dims = Sequence[int] | int | None


def reduced_dims(x: Tensor, dim: Dims) -> list[int]:
    """The reduced dimensions, sorted and non-negative; all of them for None or an empty list."""
    if dim is None or (not isinstance(dim, int) and len(dim) == 0):
        return list(range(x.dim()))
    listed = [dim] if isinstance(dim, int) else list(dim)
    return sorted(d % x.dim() for d in listed)


def restore(reduced: Tensor, dims: list[int]) -> Tensor:
    """``reduced`` with extent-1 dimensions put back at ``dims``."""
    for dim in dims:
        reduced = reduced.unsqueeze(dim)
    return reduced


def shaped(x: Tensor, shape: Sequence[int]) -> Tensor:
    """``x`` in ``shape``, without an operation when it has that shape already."""
    return x if tuple(x.shape) == tuple(shape) else x.reshape(shape)


def softmax(x: Tensor, dim: int, dtype: torch.dtype | None = None) -> Tensor:
    """exp(x - max) / sum(exp(x - max)) along ``dim``."""
    if dtype not in (None, x.dtype):
        return NotImplemented
    dim = dim % x.dim()
    powers = torch.exp(x - torch.amax(x, dim).unsqueeze(dim))
    return powers / torch.sum(powers, dim).unsqueeze(dim)


def softmax_half(x: Tensor, dim: int, half_to_float: bool) -> Tensor:
    """``aten._softmax``; the flag concerns f16 only."""
    return NotImplemented if half_to_float else softmax(x, dim)


def log_softmax(x: Tensor, dim: int, half_to_float: bool) -> Tensor:
    """x - max - log(sum(exp(x - max))) along ``dim``."""
    if half_to_float:
        return NotImplemented
    dim = dim % x.dim()
    left = x - torch.amax(x, dim).unsqueeze(dim)
    return left - torch.log(torch.sum(torch.exp(left), dim)).unsqueeze(dim)


def safe_softmax(x: Tensor, dim: int, dtype: torch.dtype | None = None) -> Tensor:
    """``softmax`` that gives 0 where every value along ``dim`` is minus infinity: masked whole.

    A maximum of -inf becomes the lowest number, so that the powers are 0 instead of NaN. A sum of
    powers is 0 then, and 1 or more otherwise: dividing by at least 1 changes no other row.
    """
    if dtype not in (None, x.dtype):
        return NotImplemented
    dim = dim % x.dim()
    largest = torch.clamp(torch.amax(x, dim), min=torch.finfo(x.dtype).min)
    powers = torch.exp(x - largest.unsqueeze(dim))
    total = torch.clamp(torch.sum(powers, dim), min=1.0)
    return powers / total.unsqueeze(dim)


def mean(x: Tensor, dim: Dims, keepdim: bool = False, dtype: torch.dtype | None = None) -> Tensor:
    """Sum over ``dim`` divided by the number of summands."""
    if dtype not in (None, x.dtype):
        return NotImplemented
    dims = reduced_dims(x, dim)
    reduced = torch.sum(x, dims) / math.prod(x.shape[d] for d in dims)
    return restore(reduced, dims) if keepdim else reduced


def mean_all(x: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """Mean over everything."""
    return mean(x, None, dtype=dtype)


def sum_keepdim(
    x: Tensor, dim: Dims, keepdim: bool = False, dtype: torch.dtype | None = None
) -> Tensor:
    """A sum that keeps its dimensions, as a plain sum and an unsqueeze."""
    if not keepdim or dtype not in (None, x.dtype):
        return NotImplemented
    dims = reduced_dims(x, dim)
    return restore(torch.sum(x, dims), dims)


def amax_keepdim(x: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """A maximum that keeps its dimensions, as a plain one and an unsqueeze; of conditions, too."""
    if x.dtype is torch.bool:
        return torch.amax(x.to(torch.float32), dim, keepdim) != 0
    if not keepdim:
        return NotImplemented
    dims = reduced_dims(x, dim)
    return restore(torch.amax(x, dims), dims)


def amin_keepdim(x: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """A minimum that keeps its dimensions, as a plain one and an unsqueeze; of conditions, too."""
    if x.dtype is torch.bool:
        return torch.amin(x.to(torch.float32), dim, keepdim) != 0
    if not keepdim:
        return NotImplemented
    dims = reduced_dims(x, dim)
    return restore(torch.amin(x, dims), dims)


def _centred(x: Tensor, dims: list[int]) -> tuple[Tensor, Tensor, int]:
    """(mean on the reduced shape, x minus it, number of values per mean).

    The mean is found in two passes. The first is about right and does not overflow; the second adds
    the mean of what is left, which keeps the digits that the first has rounded away. So a row of
    one value is centred to zeros exactly, and one with a large mean loses no digits.
    """
    count = math.prod(x.shape[d] for d in dims)
    about = torch.sum(x * (1.0 / max(1, count)), dims)
    left = x - restore(about, dims)
    rest = torch.sum(left, dims) / count
    return about + rest, left - restore(rest, dims), count


def var_mean(
    x: Tensor, dim: Dims = None, *, correction: float | None = None, keepdim: bool = False
) -> tuple[Tensor, Tensor]:
    """Variance about the mean of `_centred`, and that; ``correction`` is 1 unless given."""
    dims = reduced_dims(x, dim)
    average, centred, count = _centred(x, dims)
    divisor = max(0.0, count - (1 if correction is None else correction))
    variance = torch.sum(centred * centred, dims) / divisor
    if not keepdim:
        return variance, average
    return restore(variance, dims), restore(average, dims)


def var(
    x: Tensor, dim: Dims = None, *, correction: float | None = None, keepdim: bool = False
) -> Tensor:
    """The variance alone."""
    return var_mean(x, dim, correction=correction, keepdim=keepdim)[0]


def std(
    x: Tensor, dim: Dims = None, *, correction: float | None = None, keepdim: bool = False
) -> Tensor:
    """The root of the variance, of values over the largest: squares neither overflow nor vanish."""
    dims = reduced_dims(x, dim)
    if not all(x.shape[d] for d in dims):
        return torch.sqrt(var(x, dim, correction=correction, keepdim=keepdim))
    _, centred, count = _centred(x, dims)
    largest = torch.clamp(torch.amax(torch.abs(centred), dims), min=torch.finfo(x.dtype).tiny)
    scaled = centred / restore(largest, dims)
    divisor = max(0.0, count - (1 if correction is None else correction))
    deviation = torch.sqrt(torch.sum(scaled * scaled, dims) / divisor) * largest
    return restore(deviation, dims) if keepdim else deviation


def layer_norm(
    x: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Tensor:
    """(x - mean) * rsqrt(variance + eps) * weight + bias over the last dimensions."""
    del cudnn_enable  # a hint for another device
    out = _normalised(x, list(range(x.dim() - len(normalized_shape), x.dim())), eps)
    if weight is not None:
        out = out * weight
    return out if bias is None else out + bias


def _normalised(x: Tensor, dims: list[int], eps: float) -> Tensor:
    """(x - mean) * rsqrt(variance + eps) over ``dims``."""
    _, centred, count = _centred(x, dims)
    variance = torch.sum(centred * centred, dims) / count
    return centred * restore(torch.rsqrt(variance + eps), dims)


def group_norm(
    x: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Normalisation of ``x`` (n, c, ...) over groups of channels, scaled by channel."""
    del cudnn_enabled  # a hint for another device
    groups = shaped(x, (x.shape[0], num_groups, math.prod(x.shape[1:]) // num_groups))
    out = shaped(_normalised(groups, [2], eps), x.shape)
    channels = (x.shape[1], *[1] * (x.dim() - 2))
    if weight is not None:
        out = out * shaped(weight, channels)
    return out if bias is None else out + shaped(bias, channels)
