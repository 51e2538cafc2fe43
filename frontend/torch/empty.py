"""Operators that compute tensors without elements become empty tensors: nothing is computed."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor
from torch.fx import Graph

FULL = torch.ops.aten.full.default


def drop_empty(graph: Graph) -> None:
    """Replace every call whose result has an extent of 0, in place."""
    for node in list(graph.nodes):
        value = cast(object, node.meta.get("val"))
        if node.op != "call_function" or not isinstance(value, Tensor):
            continue
        if value.numel() or value.dtype is not torch.float32:
            continue
        with graph.inserting_before(node):
            empty = graph.call_function(FULL, (list(value.shape), 0.0))
        empty.meta = dict(node.meta)
        node.replace_all_uses_with(empty)
        graph.erase_node(node)
