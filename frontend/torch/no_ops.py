"""Operators that do nothing disappear: checks of types that hold, conversions to the same type."""

from __future__ import annotations

from typing import cast

from torch import Tensor
from torch.fx import Graph, Node

CHECKS = frozenset({"aten._assert_tensor_metadata.default", "aten._assert_scalar.default"})
"""What export adds to say what it has relied on."""

SAME = frozenset(
    {
        *("aten._to_copy.default", "aten.alias.default", "aten.detach.default"),
        *("aten.lift_fresh_copy.default", "aten.lift_fresh.default", "aten.clone.default"),
    }
)
"""What gives its operand back when the type stays."""


def drop_no_ops(graph: Graph) -> None:
    """Apply the rewrite to ``graph``, in place."""
    for node in list(graph.nodes):
        if str(node.target) in CHECKS:
            graph.erase_node(node)
        elif str(node.target) in SAME and _keeps_type(node):
            node.replace_all_uses_with(node.all_input_nodes[0])
            graph.erase_node(node)


def _keeps_type(node: Node) -> bool:
    before = cast(object, node.all_input_nodes[0].meta.get("val"))
    after = cast(object, node.meta.get("val"))
    return isinstance(before, Tensor) and isinstance(after, Tensor) and before.dtype is after.dtype
