"""A graph of Dynamo's as a model of its inputs alone: its weights and numbers are bound to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.fx import GraphModule, Interpreter, Node
from torch.fx.traceback import preserve_node_meta

STATIC = "_dynamo_static_input_type"
"""What Dynamo notes of parameters and buffers of the model, which are arguments of its graphs."""


class BoundGraph(nn.Module):
    """A graph with all but its inputs bound.

    Tensors that are no inputs are buffers, so that a norm's statistics are folded as in `npu run`.
    """

    def __init__(self, graph: GraphModule, arguments: Sequence[Any], inputs: Sequence[int]) -> None:
        """`inputs` are the places, among `arguments`, of the tensors that a call gives."""
        super().__init__()
        self._graph = (graph,)  # not a part of this model: its names would come ahead of the names
        self._inputs = tuple(inputs)
        self._values: list[Any] = list(arguments)
        self.buffers_at: dict[int, str] = {}
        """The names of the tensors that are bound, by their places."""
        for place, node in enumerate(graph.graph.find_nodes(op="placeholder")):
            if place in self._inputs:
                self._values[place] = None
            elif isinstance(arguments[place], Tensor):
                self._values[place] = None
                self.buffers_at[place] = name_of(graph, node)
                self.register_buffer(self.buffers_at[place], arguments[place].detach())

    def forward(self, *inputs: Tensor) -> object:
        """What the graph computes; each operator keeps the user's line, which Dynamo noted."""
        values = list(self._values)
        for place, name in self.buffers_at.items():
            values[place] = getattr(self, name)
        for place, value in zip(self._inputs, inputs, strict=True):
            values[place] = value
        with preserve_node_meta():
            return cast(Any, Interpreter(self._graph[0])).run(*values)


def weight_places(graph: GraphModule) -> frozenset[int]:
    """The places of the model's parameters and buffers among the graph's arguments."""
    nodes = graph.graph.find_nodes(op="placeholder")
    return frozenset(i for i, node in enumerate(nodes) if _is_weight(node))


def _is_weight(node: Node) -> bool:
    noted = cast("dict[str, Any]", node.meta.get("tensor_dict") or {})
    value = node.meta.get("example_value")
    return noted.get(STATIC) is not None or isinstance(value, nn.Parameter)


def name_of(graph: GraphModule, node: Node) -> str:
    """A buffer's name for a weight: `layers_0_weight`, without what Dynamo puts around it."""
    names = cast("dict[str, str]", graph.meta.get("dynamo_flat_name_to_original_fqn") or {})
    plain = re.sub(r"^[lL]_(self|model|mod|fn)_|(modules|parameters|buffers)_", "", node.name)
    return re.sub(r"\W", "_", names.get(node.name, plain)) or node.name


def is_number(value: object) -> bool:
    """Whether an argument is a number that Dynamo passes beside tensors, as a dynamic extent is."""
    return isinstance(value, int | float | bool | torch.SymInt)
