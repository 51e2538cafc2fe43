"""Decompositions on tensors of rank 0 and on tensors without elements.

Both are led back to what those of `table` are written for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_map_only

Decomposition = Callable[..., Any]


def on_a_vector(op: Any, decomposition: Decomposition) -> Decomposition:
    """A tensor of rank 0 goes through ``op`` as a vector of its one element."""

    def decompose(x: Tensor, *args: Any, **kwargs: Any) -> Any:
        if x.dim():
            return decomposition(x, *args, **kwargs)
        found: object = op(x.reshape(1), *args, **kwargs)
        return tree_map_only(Tensor, lambda result: result.reshape(()), found)

    return decompose


def unless_empty(decomposition: Decomposition) -> Decomposition:
    """A tensor without elements is its own result, of an operator that keeps the shape."""

    def decompose(x: Tensor, *args: Any, **kwargs: Any) -> Any:
        return decomposition(x, *args, **kwargs) if x.numel() else x.clone()

    return decompose
