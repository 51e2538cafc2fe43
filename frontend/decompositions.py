"""How PyTorch operators are written in terms of the few that the next stages take.

PyTorch's own table serves for the rest; the operators here are ours because the common rewrites
compute in f64, assert at run time, or keep reduced dimensions as extent 1, which cannot be tiled
well. Here everything stays in the input's type, and a row statistic is computed on the reduced
shape and only then broadcast.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from npu.frontend.decomposition_norms import (
    batch_norm,
    batch_norm_measured,
    instance_norm,
)
from npu.frontend.decomposition_shapes import on_a_vector, unless_empty

aten = torch.ops.aten

Dims = Sequence[int] | int | None


def _dims(x: Tensor, dim: Dims) -> list[int]:
    """The reduced dimensions, sorted and non-negative; all of them for None or an empty list."""
    if dim is None or (not isinstance(dim, int) and len(dim) == 0):
        return list(range(x.dim()))
    listed = [dim] if isinstance(dim, int) else list(dim)
    return sorted(d % x.dim() for d in listed)


def _restore(reduced: Tensor, dims: list[int]) -> Tensor:
    """``reduced`` with extent-1 dimensions put back at ``dims``."""
    for dim in dims:
        reduced = reduced.unsqueeze(dim)
    return reduced


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x (..., k) times weight (n, k) transposed, plus bias (n,): one matmul on all rows."""
    out = torch.mm(_rows(x), weight.t())
    if bias is not None:
        out = out + bias
    return _shaped(out, (*x.shape[:-1], weight.shape[0]))


def _shaped(x: Tensor, shape: Sequence[int]) -> Tensor:
    """``x`` in ``shape``, without an operation when it has that shape already."""
    return x if tuple(x.shape) == tuple(shape) else x.reshape(shape)


def _rows(x: Tensor) -> Tensor:
    """``x`` (..., k) as (rows, k)."""
    return _shaped(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def _batch(x: Tensor, batch: Sequence[int]) -> Tensor:
    """``x`` (..., m, n) broadcast to ``batch`` and flattened to (b, m, n)."""
    shape = (*batch, *x.shape[-2:])
    wide = x if tuple(x.shape) == shape else x.expand(shape)
    return _shaped(wide, (math.prod(batch), *x.shape[-2:]))


def addmm(bias: Tensor, a: Tensor, b: Tensor, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * bias + alpha * (a @ b), with the factors left out when they are 1."""
    product = torch.mm(a, b)
    if alpha != 1:
        product = product * alpha
    if beta == 0:
        return product
    return product + (bias if beta == 1 else bias * beta)


def baddbmm(bias: Tensor, a: Tensor, b: Tensor, beta: float = 1, alpha: float = 1) -> Tensor:
    """The batched ``addmm``."""
    product = torch.bmm(a, b)
    if alpha != 1:
        product = product * alpha
    if beta == 0:
        return product
    return product + (bias if beta == 1 else bias * beta)


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """torch.matmul as one mm or one bmm.

    A batch that only the left operand has joins its rows; batches of both are flattened to one. A
    vector is a matrix of one row on the left, of one column on the right.
    """
    if b.dim() == 1:
        return matmul(a, b.unsqueeze(1)).squeeze(-1)
    if a.dim() == 1:
        return matmul(a.unsqueeze(0), b).squeeze(-2)
    if b.dim() == 2:
        return _shaped(torch.mm(_rows(a), b), (*a.shape[:-1], b.shape[-1]))
    batch: Sequence[int] = cast(Any, torch).broadcast_shapes(a.shape[:-2], b.shape[:-2])
    product = torch.bmm(_batch(a, batch), _batch(b, batch))
    return _shaped(product, (*batch, a.shape[-2], b.shape[-1]))


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
    dims = _dims(x, dim)
    reduced = torch.sum(x, dims) / math.prod(x.shape[d] for d in dims)
    return _restore(reduced, dims) if keepdim else reduced


def mean_all(x: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """Mean over everything."""
    return mean(x, None, dtype=dtype)


def sum_keepdim(
    x: Tensor, dim: Dims, keepdim: bool = False, dtype: torch.dtype | None = None
) -> Tensor:
    """A sum that keeps its dimensions, as a plain sum and an unsqueeze."""
    if not keepdim or dtype not in (None, x.dtype):
        return NotImplemented
    dims = _dims(x, dim)
    return _restore(torch.sum(x, dims), dims)


def amax_keepdim(x: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """A maximum that keeps its dimensions, as a plain one and an unsqueeze."""
    if not keepdim:
        return NotImplemented
    dims = _dims(x, dim)
    return _restore(torch.amax(x, dims), dims)


def amin_keepdim(x: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """A minimum that keeps its dimensions, as a plain one and an unsqueeze."""
    if not keepdim:
        return NotImplemented
    dims = _dims(x, dim)
    return _restore(torch.amin(x, dims), dims)


def _centred(x: Tensor, dims: list[int]) -> tuple[Tensor, Tensor, int]:
    """(mean on the reduced shape, x minus it, number of values per mean).

    The mean is found in two passes. The first is about right and does not overflow; the second adds
    the mean of what is left, which keeps the digits that the first has rounded away. So a row of
    one value is centred to zeros exactly, and one with a large mean loses no digits.
    """
    count = math.prod(x.shape[d] for d in dims)
    about = torch.sum(x * (1.0 / max(1, count)), dims)
    left = x - _restore(about, dims)
    rest = torch.sum(left, dims) / count
    return about + rest, left - _restore(rest, dims), count


def var_mean(
    x: Tensor, dim: Dims = None, *, correction: float | None = None, keepdim: bool = False
) -> tuple[Tensor, Tensor]:
    """Variance about the mean of `_centred`, and that; ``correction`` is 1 unless given."""
    dims = _dims(x, dim)
    average, centred, count = _centred(x, dims)
    divisor = max(0.0, count - (1 if correction is None else correction))
    variance = torch.sum(centred * centred, dims) / divisor
    if not keepdim:
        return variance, average
    return _restore(variance, dims), _restore(average, dims)


def var(
    x: Tensor, dim: Dims = None, *, correction: float | None = None, keepdim: bool = False
) -> Tensor:
    """The variance alone."""
    return var_mean(x, dim, correction=correction, keepdim=keepdim)[0]


def std(
    x: Tensor, dim: Dims = None, *, correction: float | None = None, keepdim: bool = False
) -> Tensor:
    """The root of the variance, of values over the largest: squares neither overflow nor vanish."""
    dims = _dims(x, dim)
    _, centred, count = _centred(x, dims)
    largest = torch.clamp(torch.amax(torch.abs(centred), dims), min=torch.finfo(x.dtype).tiny)
    scaled = centred / _restore(largest, dims)
    divisor = max(0.0, count - (1 if correction is None else correction))
    deviation = torch.sqrt(torch.sum(scaled * scaled, dims) / divisor) * largest
    return _restore(deviation, dims) if keepdim else deviation


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
    return centred * _restore(torch.rsqrt(variance + eps), dims)


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
    groups = _shaped(x, (x.shape[0], num_groups, math.prod(x.shape[1:]) // num_groups))
    out = _shaped(_normalised(groups, [2], eps), x.shape)
    channels = (x.shape[1], *[1] * (x.dim() - 2))
    if weight is not None:
        out = out * _shaped(weight, channels)
    return out if bias is None else out + _shaped(bias, channels)


def silu(x: Tensor) -> Tensor:
    """x / (1 + exp(-x)): multiplying by a sigmoid that is denormal would lose digits."""
    return x / (1.0 + torch.exp(-x))


def gelu(x: Tensor, approximate: str = "none") -> Tensor:
    """GELU in its exact (erf) or its tanh form."""
    if approximate == "tanh":
        inner = math.sqrt(2.0 / math.pi) * (x + 0.044715 * (x * x * x))
        return 0.5 * x * (1.0 + torch.tanh(inner))
    return 0.5 * x * (1.0 + torch.erf(x * math.sqrt(0.5)))


def pow_scalar(x: Tensor, exponent: float) -> Tensor:
    """What PyTorch itself does not take from a table of powers: 1 / x, roots, two products at most.

    Others are left to vector code, which keeps what a long product would round away.
    """
    if exponent == 0.5:
        return torch.sqrt(x)
    if exponent == -0.5:
        return torch.rsqrt(x)
    if exponent in (-1, -2):
        return torch.full_like(x, 1.0) / (x if exponent == -1 else x * x)
    if exponent in (1, 2, 3):
        return x.clone() if exponent == 1 else x * x if exponent == 2 else x * x * x
    return NotImplemented


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Scaled dot product attention as matmul, softmax, matmul; an added f32 mask is taken."""
    boolean = attn_mask is not None and attn_mask.dtype is torch.bool
    if boolean or dropout_p or is_causal or enable_gqa:
        return NotImplemented
    factor = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = matmul(query, key.transpose(-2, -1)) * factor
    if attn_mask is not None:
        scores = scores + attn_mask
    return matmul(aten._safe_softmax(scores, -1), value)


def reciprocal(x: Tensor) -> Tensor:
    """1 / x as a division: upstream's own reciprocal checks its input at run time."""
    return torch.full_like(x, 1.0) / x


def squeeze(x: Tensor, dim: Dims = None) -> Tensor:
    """``x`` without the extents of 1 at ``dim``, as a reshape."""
    dims = _dims(x, dim)
    return x.reshape([n for d, n in enumerate(x.shape) if d not in dims or n != 1])


def dropout(x: Tensor, p: float, train: bool) -> Tensor:
    """Dropout does nothing in evaluation; in training it is left for the check to report."""
    return NotImplemented if train and p else x.clone()


def table() -> dict[Any, Callable[..., Any]]:
    """PyTorch's core table with ours on top, as ``ExportedProgram.run_decompositions`` takes it."""
    merged: dict[Any, Callable[..., Any]] = dict(
        cast(dict[Any, Any], torch.export.default_decompositions()).items()
    )
    merged.update(
        {
            aten.linear.default: linear,
            aten.addmm.default: addmm,
            aten.baddbmm.default: baddbmm,
            aten.matmul.default: matmul,
            aten.softmax.int: softmax,
            aten._softmax.default: softmax_half,
            aten._safe_softmax.default: safe_softmax,
            aten.mean.dim: mean,
            aten.mean.default: mean_all,
            aten.sum.dim_IntList: sum_keepdim,
            aten.amax.default: amax_keepdim,
            aten.amin.default: amin_keepdim,
            aten.var_mean.correction: var_mean,
            aten.var.correction: var,
            aten.std.correction: std,
            aten.layer_norm.default: layer_norm,
            aten.group_norm.default: group_norm,
            aten.gelu.default: gelu,
            aten.silu.default: silu,
            aten.pow.Tensor_Scalar: pow_scalar,
            aten.scaled_dot_product_attention.default: attention,
            aten.dropout.default: dropout,
            aten.reciprocal.default: reciprocal,
            aten.squeeze.default: squeeze,
            aten.squeeze.dim: squeeze,
            aten.squeeze.dims: squeeze,
            aten._native_batch_norm_legit_no_training.default: batch_norm,
            aten._native_batch_norm_legit.no_stats: batch_norm_measured,
            aten.instance_norm.default: instance_norm,
            aten.max.default: torch.amax,
            aten.min.default: torch.amin,
        }
    )
    merged.update({op: unless_empty(merged[op]) for op in KEEP_THE_SHAPE})
    merged.update({op: on_a_vector(op, merged[op]) for op in TAKE_DIMENSIONS})
    return merged


KEEP_THE_SHAPE = (
    aten.softmax.int,
    aten._softmax.default,
    aten._safe_softmax.default,
    aten.layer_norm.default,
    aten.instance_norm.default,
    aten.group_norm.default,
)
"""Operators that reduce, and whose result has the shape of the operand."""

TAKE_DIMENSIONS = (
    aten.softmax.int,
    aten._softmax.default,
    aten._safe_softmax.default,
    aten.mean.dim,
    aten.mean.default,
    aten.sum.dim_IntList,
    aten.amax.default,
    aten.amin.default,
    aten.var_mean.correction,
    aten.var.correction,
    aten.squeeze.default,
    aten.squeeze.dim,
    aten.squeeze.dims,
)
"""Operators whose dimensions say what to do with a tensor of rank 0, too: 0 and -1 are allowed."""
