"""Products of matrices, vectors and batches as one mm or one bmm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.rows import shaped


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x (..., k) times weight (n, k) transposed, plus bias (n,): one matmul on all rows."""
    out = torch.mm(_rows(x), weight.t())
    if bias is not None:
        out = out + bias
    return shaped(out, (*x.shape[:-1], weight.shape[0]))


def _rows(x: Tensor) -> Tensor:
    """``x`` (..., k) as (rows, k)."""
    return shaped(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def _batch(x: Tensor, batch: Sequence[int]) -> Tensor:
    """``x`` (..., m, n) broadcast to ``batch`` and flattened to (b, m, n)."""
    shape = (*batch, *x.shape[-2:])
    wide = x if tuple(x.shape) == shape else x.expand(shape)
    return shaped(wide, (math.prod(batch), *x.shape[-2:]))


def addmm(bias: Tensor, a: Tensor, b: Tensor, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * bias + alpha * (a @ b), with the factors left out when they are 1."""
    return _plus(torch.mm(a, b), bias, beta, alpha)


def baddbmm(bias: Tensor, a: Tensor, b: Tensor, beta: float = 1, alpha: float = 1) -> Tensor:
    """The batched ``addmm``."""
    return _plus(torch.bmm(a, b), bias, beta, alpha)


def _plus(product: Tensor, bias: Tensor, beta: float, alpha: float) -> Tensor:
    """beta * bias + alpha * product."""
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
        return shaped(torch.mm(_rows(a), b), (*a.shape[:-1], b.shape[-1]))
    batch: Sequence[int] = cast(Any, torch).broadcast_shapes(a.shape[:-2], b.shape[:-2])
    product = torch.bmm(_batch(a, batch), _batch(b, batch))
    return shaped(product, (*batch, a.shape[-2], b.shape[-1]))


def addbmm(bias: Tensor, a: Tensor, b: Tensor, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * bias + alpha * the sum of all products: the batch is a part of what is summed over."""
    wide = shaped(a.permute(1, 0, 2), (a.shape[1], a.shape[0] * a.shape[2]))
    tall = shaped(b, (b.shape[0] * b.shape[1], b.shape[2]))
    return _plus(torch.mm(wide, tall), bias, beta, alpha)


def addmv(bias: Tensor, a: Tensor, x: Tensor, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * bias + alpha * (a @ x)."""
    return _plus(matmul(a, x), bias, beta, alpha)


def bilinear(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``x`` (..., i) and ``y`` (..., j) with ``weight`` (o, i, j): the sum of x[i] w[o, i, j] y[j].

    The weight meets ``y`` first, all rows at once; what that gives meets ``x`` row by row.
    """
    outputs, left, right = weight.shape
    met = torch.mm(_rows(y), shaped(weight, (outputs * left, right)).t())
    count = met.shape[0]
    product = torch.bmm(shaped(met, (count, outputs, left)), shaped(x, (count, left, 1)))
    out = shaped(product, (*x.shape[:-1], outputs))
    return out if bias is None else out + bias
