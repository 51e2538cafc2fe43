"""Operators whose result is as large as values say are refused by name, ahead of all else."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.fx import Graph
from torch.utils._pytree import tree_leaves

from npu.configs.errors import UserError
from npu.frontend.torch.origin import origin_of, short_name


def refuse_unknown_sizes(graph: Graph) -> None:
    """Raises UserError for the first operator of a graph whose shape depends on values."""
    for node in graph.nodes:
        if node.op != "call_function" or not any(
            map(_is_unknown, tree_leaves(node.meta.get("val")))
        ):
            continue
        origin = origin_of(node)
        name = short_name(str(node.target))
        called = "" if origin.torch_op == name else f" [from {origin.torch_op}]"
        raise UserError(
            f"{origin.place}: {name}{called} gives as many elements as its values say; expected a "
            "static shape: choose with torch.where, or multiply by the mask, and keep all elements"
        )


def _is_unknown(value: object) -> bool:
    """Whether a value is of a size that is not known, or such a size itself."""
    if isinstance(value, torch.SymInt):
        return True
    return isinstance(value, Tensor) and any(isinstance(n, torch.SymInt) for n in value.shape)
