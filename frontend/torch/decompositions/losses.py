"""Losses by the class that is right: the row's value there is a sum of one value and zeros.

A class is compared with the numbers of all classes, so that nothing is looked up. A target that is
no class gives NaN, where PyTorch itself, on a processor, raises an error.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

NONE, MEAN = 0, 1
"""What becomes of the values of all rows: nothing, their mean, or (2) their sum."""


def nll_loss(
    x: Tensor, target: Tensor, weight: Tensor | None, reduction: int, ignore_index: int
) -> tuple[Tensor, Tensor]:
    """x (n, c, ...) or (c,) and target (n, ...): minus the values at the targets, weighted.

    Also the sum of the weights; a mean is over those.
    """
    if x.dim() == 1:
        x, target = x.unsqueeze(0), target.unsqueeze(0)
        loss, total = nll_loss(x, target, weight, reduction, ignore_index)
        return (loss.squeeze(0) if reduction == NONE else loss), total
    counts = target != ignore_index
    loss = torch.where(counts, -_at_targets(x, target), 0.0)
    weights = counts.to(x.dtype)
    if weight is not None:
        shape = [1, -1, *[1] * (x.dim() - 2)]
        each = _at_targets(weight.reshape(shape).expand(x.shape), target)
        weights = torch.where(counts, each, 0.0)
        loss = loss * weights
    if reduction == NONE:
        return loss, torch.zeros((), dtype=x.dtype)
    total = weights.sum()
    return (loss.sum() / total if reduction == MEAN else loss.sum()), total


def _at_targets(x: Tensor, target: Tensor) -> Tensor:
    """The values of ``x`` (n, c, ...) at class ``target`` (n, ...); NaN for what is no class."""
    count = x.shape[1]
    classes = torch.arange(count, dtype=target.dtype).reshape([count, *[1] * (x.dim() - 2)])
    found = torch.sum(torch.where(target.unsqueeze(1) == classes, x, 0.0), 1)
    return torch.where((target >= 0) & (target < count), found, math.nan)
