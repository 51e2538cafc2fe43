"""Numbers that tensors of float32 are compared with are rounded to float32, as PyTorch does.

Upstream compares with the number itself, in f64: `x == 0.1` would then hold nowhere.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.fx import Graph, Node

COMPARISONS = frozenset(f"aten.{name}.Scalar" for name in ("eq", "ne", "lt", "le", "gt", "ge"))
"""Operators that compare a tensor with a number."""


def round_compared_numbers(graph: Graph) -> None:
    """Apply the rewrite to ``graph``, in place."""
    for node in graph.nodes:
        if str(node.target) not in COMPARISONS:
            continue
        tensor, number = cast("tuple[Node, object]", node.args)
        value = cast(Tensor, tensor.meta["val"])
        if value.dtype is torch.float32 and isinstance(number, float):
            with np.errstate(over="ignore"):
                node.args = (tensor, float(np.float32(number)))
