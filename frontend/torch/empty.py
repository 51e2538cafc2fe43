"""Operators that compute tensors without elements become empty tensors: nothing is computed."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.fx import Graph

from npu.frontend.torch.arrays import KERNEL_TYPES

FULL = torch.ops.aten.full.default


def drop_empty(graph: Graph) -> None:
    """Replace every call whose result has an extent of 0, in place."""
    for node in list(graph.nodes):
        value = cast(object, node.meta.get("val"))
        if node.op != "call_function" or not isinstance(value, Tensor):
            continue
        is_empty = any(isinstance(n, int) and n == 0 for n in value.shape)  # others are symbols
        if not is_empty or value.dtype not in KERNEL_TYPES:
            continue
        with graph.inserting_before(node):
            kind: dict[str, Any] = {"dtype": value.dtype}
            empty = graph.call_function(FULL, (list(value.shape), 0), kind)
        empty.meta = dict(node.meta)
        node.replace_all_uses_with(empty)
        graph.erase_node(node)
