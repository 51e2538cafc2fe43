"""Functions of PyTorch that look at values before they compute, without the look.

An export has no values: `torch.cov` asks whether its weights are all positive, and
`gaussian_nll_loss` whether a variance is negative. Here they only compute. What eager PyTorch
refuses with an error has values of no meaning then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode


class WithoutChecks(TorchFunctionMode):
    """Calls those of `PLAIN` in the place of PyTorch's."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Called by PyTorch in the place of each of its functions."""
        del types
        return PLAIN.get(func, func)(*args, **(kwargs or {}))


def cov(
    x: Tensor,
    *,
    correction: int = 1,
    fweights: Tensor | None = None,
    aweights: Tensor | None = None,
) -> Tensor:
    """The covariances of the rows of ``x`` (variables, observations), weighted."""
    if not x.is_floating_point():
        return torch.cov(x, correction=correction, fweights=fweights, aweights=aweights)
    rows = x.reshape(1, -1) if x.dim() < 2 else x
    weights = _weights(rows, fweights, aweights)
    total = torch.sum(weights)
    mean = torch.sum(rows * weights, 1) / total
    less: Tensor | float = correction
    if aweights is not None:
        less = torch.sum(weights * aweights) / total * correction
    apart = rows - mean.unsqueeze(1)
    number = torch.clamp(total - less, min=0)
    return (torch.matmul(apart * weights, apart.t()) / number).squeeze()


def _weights(rows: Tensor, fweights: Tensor | None, aweights: Tensor | None) -> Tensor:
    """How much each observation counts."""
    weights = torch.ones_like(rows[0])
    for given in (fweights, aweights):
        weights = weights if given is None else weights * given
    return weights


def corrcoef(x: Tensor) -> Tensor:
    """The correlations of the rows of ``x``."""
    if not x.is_floating_point():
        return torch.corrcoef(x)
    found = cov(x)
    if found.dim() == 0:
        return found / found
    deviation = torch.sqrt(torch.diagonal(found))
    return torch.clamp(found / deviation.unsqueeze(1) / deviation.unsqueeze(0), -1, 1)


def gaussian_nll_loss(
    input: Tensor,  # noqa: A002  PyTorch's name
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Minus the logarithm of the density of ``target``, for normal numbers around ``input``."""
    if not isinstance(var, Tensor):
        var = torch.full_like(input, var)
    elif var.shape == input.shape[:-1]:
        var = var.unsqueeze(-1)
    var = torch.clamp(var, min=eps)
    loss = 0.5 * (torch.log(var) + (input - target) ** 2 / var)
    loss = loss + 0.5 * math.log(2 * math.pi) if full else loss
    if reduction == "none":
        return loss
    return torch.mean(loss) if reduction == "mean" else torch.sum(loss)


PLAIN: dict[Any, Callable[..., Any]] = {
    torch.cov: cov,
    Tensor.cov: cov,
    torch.corrcoef: corrcoef,
    Tensor.corrcoef: corrcoef,
    F.gaussian_nll_loss: gaussian_nll_loss,
}
"""What is called in the place of each."""
