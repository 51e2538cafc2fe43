"""Integers of 8 and 16 bits are kept in 32, and their arithmetic wraps around as in fewer.

Before:
    %x = placeholder (uint8) ; %y = aten.add.Tensor(%x, %x) (uint8)
After:
    %x = placeholder (int32) ; %s = aten.add.Tensor(%x, %x) (int32)
    %y = aten.remainder.Scalar(%s, 256)

What only moves or chooses values needs no wrapping. Results of the model come back in the type that
PyTorch gives them.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.fx import Graph, Node
from torch.utils._pytree import tree_any_only, tree_leaves, tree_map_only

from npu.frontend.torch.known import MOVES

aten = torch.ops.aten

SMALL = frozenset({torch.int8, torch.uint8, torch.int16})

IN_RANGE = frozenset(
    {
        *MOVES,
        *("aten.where.self", "aten.flip.default", "<built-in function getitem>"),
        *("aten.maximum.default", "aten.minimum.default"),
        *("aten.amax.default", "aten.amin.default", "aten.relu.default"),
        *("aten.max_pool2d_with_indices.default", "aten.max_pool3d_with_indices.default"),
    }
)
"""Operators whose results are values of their operands, or 0."""


def widen_small_integers(graph: Graph) -> None:
    """Apply the rewrite to ``graph``, in place."""
    for node in list(graph.nodes):
        value = cast(object, node.meta.get("val"))
        if node.op == "output" or not tree_any_only(Tensor, _is_small, value):
            continue
        small = next(one.dtype for one in tree_leaves(value) if _is_small(one))
        node.meta["val"] = tree_map_only(Tensor, _widened, value)
        node.meta.pop("tensor_meta", None)
        if node.kwargs.get("dtype") in SMALL:
            node.kwargs = {**node.kwargs, "dtype": torch.int32}
        if node.op == "call_function" and str(node.target) not in IN_RANGE:
            _wrap(graph, node, small)


def _is_small(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype in SMALL


def _widened(value: Tensor) -> Tensor:
    return value.to(torch.int32) if value.dtype in SMALL else value


def _wrap(graph: Graph, node: Node, small: torch.dtype) -> None:
    """Let the users of ``node`` read its value as one of so many bits, signed or not."""
    ends = torch.iinfo(small)
    count = ends.max - ends.min + 1
    steps: list[tuple[Any, int]] = [(aten.remainder.Scalar, count)]
    if ends.min:
        steps = [(aten.add.Scalar, -ends.min), *steps, (aten.add.Scalar, ends.min)]
    users = list(node.users)
    last = node
    for target, number in steps:
        with graph.inserting_after(last):
            new = graph.call_function(target, (last, number))
        new.meta = dict(node.meta)
        last = new
    for user in users:
        user.replace_input_with(node, last)
