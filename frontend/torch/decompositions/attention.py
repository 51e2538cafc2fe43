"""Scaled dot product attention as matmul, softmax, matmul.

Masks are added: one of booleans, and the one of causal attention, become 0 and minus infinity,
constants where they depend on no input. Heads that share keys and values are rows of one product.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

aten = torch.ops.aten


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
    """query (..., l, d), key (..., s, d) and value (..., s, v) to (..., l, v).

    Of bf16 and f16, scores and softmax are float32, and the weights are rounded, as in PyTorch's
    kernel for the CPU.
    """
    if dropout_p:
        return NotImplemented
    if enable_gqa and query.dim() >= 3 and key.shape[-3] != value.shape[-3]:
        return NotImplemented
    kind = query.dtype
    if kind is not torch.float32:
        query, key, value = query.float(), key.float(), value.float()
    factor = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    shared = query.shape[-3] // key.shape[-3] if enable_gqa and query.dim() >= 3 else 1
    scores = _merged(query, shared) @ key.transpose(-2, -1) * factor
    scores = scores.reshape(*query.shape[:-1], key.shape[-2])
    mask = _added(attn_mask, scores, is_causal=is_causal)
    weights = aten._safe_softmax(scores if mask is None else scores + mask, -1)
    if kind is not torch.float32:
        weights = weights.to(kind).float()
    mixed = (_merged(weights, shared) @ value).reshape(*query.shape[:-1], value.shape[-1])
    return mixed.to(kind)


def _merged(x: Tensor, shared: int) -> Tensor:
    """``x`` (..., heads, l, d) with the rows of ``shared`` heads side by side as one head's."""
    if shared == 1:
        return x
    *batch, heads, rows, columns = x.shape
    return x.reshape(*batch, heads // shared, shared * rows, columns)


def _added(mask: Tensor | None, scores: Tensor, *, is_causal: bool) -> Tensor | None:
    """What is added to the scores."""
    if is_causal:
        rows, columns = scores.shape[-2:]
        mask = torch.ones((rows, columns), dtype=torch.bool).tril()
    if mask is None or mask.dtype is not torch.bool:
        return mask
    nothing = torch.zeros((), dtype=scores.dtype)
    return torch.where(mask, nothing, torch.full((), -math.inf, dtype=scores.dtype))
