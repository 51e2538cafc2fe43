"""Tensors of float64 that only hold numbers of float32 are kept in float32.

Before:
    %y = aten._to_copy(%x, dtype = float64) (x: float32)
After:
    %y = aten._to_copy(%x, dtype = float32)

So what converts to float64 and goes out of the model, or back, has every digit; the model's results
keep their type. Whatever computes in float64 stays, and the check refuses its type.
"""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.fx import Graph, Node

from npu.frontend.torch.known import EMPTY, MOVES

MOVED = frozenset({*MOVES, "aten.flip.default"})
"""Operators whose results are values of their operands."""

FILLS = frozenset({"aten.full.default", "aten.full_like.default", "aten.fill.Scalar"})
"""Operators whose second argument is the value of all elements."""

CONVERSION = "aten._to_copy.default"

FITTING = frozenset(
    {torch.float32, torch.float16, torch.bfloat16, torch.bool, torch.int8, torch.uint8, torch.int16}
)
"""Types of which every number is one of float32."""


def narrow_exact_doubles(graph: Graph) -> None:
    """Apply the rewrite to ``graph``, in place."""
    found: dict[Node, None] = {}
    for node in graph.nodes:
        if _dtype(node) is torch.float64 and _is_exact(node, found):
            found[node] = None
    for node in reversed(list(found)):
        if not all(_suits(user, found) for user in node.users):
            _forget(node, found)
    for node in found:
        value = cast(Tensor, node.meta["val"])
        node.meta["val"] = value.to(torch.float32)
        node.meta.pop("tensor_meta", None)
        if "dtype" in node.kwargs:
            node.kwargs = {**node.kwargs, "dtype": torch.float32}


def _forget(node: Node, found: dict[Node, None]) -> None:
    """Takes back ``node`` and what is made of it and was found because of it."""
    found.pop(node, None)
    for user in node.users:
        if user in found:
            _forget(user, found)


def _dtype(node: Node) -> torch.dtype | None:
    value = cast(object, node.meta.get("val"))
    return value.dtype if isinstance(value, Tensor) else None


def _is_exact(node: Node, found: dict[Node, None]) -> bool:
    """Whether all that a tensor of float64 holds is numbers of float32."""
    name = str(node.target)
    if name in EMPTY:
        return True
    if name in FILLS:
        return _fits(node.args[1])
    if name != CONVERSION and name not in MOVED:
        return False
    types = [(one, _dtype(one)) for one in node.all_input_nodes]
    return all(one in found or (name == CONVERSION and type_ in FITTING) for one, type_ in types)


def _fits(number: Any) -> bool:
    """Whether a number is one of float32."""
    if not isinstance(number, bool | int | float):
        return False
    with np.errstate(over="ignore"):
        return math.isnan(number) or float(np.float32(number)) == number


def _suits(user: Node, found: dict[Node, None]) -> bool:
    """Whether a node that reads numbers of float64 reads them as well in float32."""
    return user.op == "output" or user in found or str(user.target) == CONVERSION
