"""Batch and instance normalisation in terms of elementwise operators and of other norms."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def batch_norm(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """x (n, c, ...) normalised by the running statistics of each channel; nothing is measured."""
    del momentum  # of the running statistics in training
    nothing = x.new_empty(0)
    return _running(x, weight, bias, running_mean, running_var, eps), nothing, nothing


def batch_norm_measured(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """x (n, c, ...) normalised by the mean and variance of each channel, and those.

    Of the variance it is 1 / sqrt(variance + eps). This is what a module without running
    statistics computes, in training and in evaluation.
    """
    del training, momentum
    rows = x.transpose(0, 1).reshape(x.shape[1], -1)
    shape = (x.shape[1], x.shape[0], *x.shape[2:])
    out = torch.layer_norm(rows, rows.shape[1:], eps=eps).reshape(shape).transpose(0, 1)
    return _affine(out, weight, bias), *_statistics(rows, [1], eps, keepdim=False)


def batch_norm_in_training(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor,
    running_var: Tensor,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Tensor, ...]:
    """As `batch_norm_measured`, and the running statistics after this batch."""
    nothing = x.new_empty(0)
    if not training:
        out = _running(x, weight, bias, running_mean, running_var, eps)
        return out, nothing, nothing, running_mean.clone(), running_var.clone()
    out, *measured = batch_norm_measured(x, weight, bias, training, momentum, eps)
    rows = x.transpose(0, 1).reshape(x.shape[1], -1)
    variance, mean = torch.var_mean(rows, 1)
    old = 1.0 - momentum
    new_mean = running_mean * old + mean * momentum
    return out, *measured, new_mean, running_var * old + variance * momentum


def batch_norm_with_update(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float,
    eps: float,
) -> tuple[Tensor, ...]:
    """`batch_norm_in_training`, and between the results what another device keeps: nothing."""
    out, mean, deviation, *running = batch_norm_in_training(
        x, weight, bias, running_mean, running_var, True, momentum, eps
    )
    return out, mean, deviation, torch.zeros((0,), dtype=torch.uint8), *running


def _running(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    mean: Tensor,
    variance: Tensor,
    eps: float,
) -> Tensor:
    """x times weight / sqrt(variance + eps), plus bias - mean times that: eager's order."""
    scale = torch.rsqrt(variance + eps)
    scale = scale if weight is None else scale * weight
    offset = -mean * scale if bias is None else bias - mean * scale
    return x * _channels(scale, x) + _channels(offset, x)


def instance_norm(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """x (n, c, ...) normalised over all dimensions behind the first two, or by statistics kept."""
    del cudnn_enabled  # a hint for another device
    del momentum  # of the running statistics in training
    if not use_input_stats and running_mean is not None and running_var is not None:
        return _running(x, weight, bias, running_mean, running_var, eps)
    if running_mean is not None:
        return NotImplemented
    return torch.group_norm(x, x.shape[1], weight, bias, eps)


def _affine(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """x times and plus a value of each channel."""
    out = x if weight is None else x * _channels(weight, x)
    return out if bias is None else out + _channels(bias, x)


def _channels(values: Tensor, x: Tensor) -> Tensor:
    """``values`` (c,) so that they broadcast along dimension 1 of ``x``."""
    return values.reshape(-1, *[1] * (x.dim() - 2))


def layer_norm_measured(
    x: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """The layer norm of ``x``, the mean of each row, and 1 / sqrt(variance + eps)."""
    dims = list(range(x.dim() - len(normalized_shape), x.dim()))
    out = torch.layer_norm(x, list(normalized_shape), weight, bias, eps)
    return out, *_statistics(x, dims, eps, keepdim=True)


def group_norm_measured(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    count: int,
    channels: int,
    places: int,
    groups: int,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """The group norm of ``x`` (count, channels, ...), and the statistics of each group."""
    rows = x.reshape(count, groups, channels // max(1, groups) * places)
    out = torch.group_norm(x, groups, weight, bias, eps)
    return out, *_statistics(rows, [2], eps, keepdim=False)


def _statistics(x: Tensor, dims: list[int], eps: float, *, keepdim: bool) -> tuple[Tensor, Tensor]:
    """Means and 1 / sqrt(variance + eps) over ``dims``."""
    variance, mean = torch.var_mean(x, dims, correction=0, keepdim=keepdim)
    return mean, torch.rsqrt(variance + eps)
