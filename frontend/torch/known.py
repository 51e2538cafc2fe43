"""What the nodes that depend on no input compute, and which of them are computed at import."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import Node
from torch.utils._pytree import tree_leaves, tree_map_only

from npu.frontend.torch.changes import changed_buffers
from npu.frontend.torch.indexed_ops import GATHER
from npu.frontend.torch.supported import is_supported

DONE_ONCE = frozenset({"aten.slice.Tensor", "aten.constant_pad_nd.default", "aten.cat.default"})
"""Supported operators that only move values and are done at import, of weights too."""

MOVES = frozenset(
    {
        *DONE_ONCE,
        *("aten.view.default", "aten._unsafe_view.default", "aten.reshape.default"),
        *("aten.permute.default", "aten.transpose.int", "aten.t.default", "aten.expand.default"),
        *("aten.unsqueeze.default", "aten.squeeze.default", "aten.squeeze.dim"),
        *("aten.squeeze.dims", "aten.clone.default", "aten.alias.default", "aten.detach.default"),
        GATHER,
    }
)
"""Supported operators that only move values; of a weight, the kernel that reads it does that."""

FLOATS = frozenset({torch.float32, torch.bfloat16, torch.float16})
"""Types of weights that kernels read as they are."""

EMPTY = frozenset({"aten.empty.memory_format", "aten.empty_permuted.default"})
"""Operators whose values are not defined: nothing depends on them, and here they are zeros."""


class Known:
    """The values of the nodes that depend on no input."""

    def __init__(self, program: ExportedProgram) -> None:
        self._values: dict[Node, object] = {}
        self._is_weight: dict[Node, bool] = {}
        self._needed: dict[Node, bool] = {}
        changed = changed_buffers(program)
        specs = {spec.arg.name: spec for spec in program.graph_signature.input_specs}
        for node in program.graph.nodes:
            spec = specs.get(node.name) if node.op == "placeholder" else None
            if spec is not None and spec.kind is not InputKind.USER_INPUT and spec.target:
                if spec.target in changed:
                    continue
                value = stored(program, spec.target)
                self._values[node] = value
                is_kept = spec.kind is InputKind.PARAMETER or spec.persistent
                self._is_weight[node] = bool(is_kept) and value.dtype in FLOATS
                self._needed[node] = value.dtype not in FLOATS
            elif node.op == "call_function":
                self._look_at(node)

    def is_worthwhile(self, node: Node) -> bool:
        """Whether to compute ``node`` at import."""
        if node.op != "call_function" or node not in self._needed:
            return False
        return not self._is_weight[node] or self._needed[node]

    def value(self, node: Node) -> object:
        """What ``node`` computes; None if PyTorch cannot.

        Arithmetic on weights is done in float64, so that its result, once rounded, is off by that
        rounding alone.
        """
        pending = [node]
        while pending:
            last = pending[-1]
            missing = [one for one in last.all_input_nodes if one not in self._values]
            pending += missing
            if not missing:
                self._values[pending.pop()] = self._run(last)
        return self._values[node]

    def _look_at(self, node: Node) -> None:
        inputs = node.all_input_nodes
        if any(one not in self._needed for one in inputs) or _is_random(node):
            return
        self._is_weight[node] = any(self._is_weight[one] for one in inputs)
        follows = any(self._needed[one] for one in inputs if one.op == "call_function")
        self._needed[node] = not _is_taken(node) or (
            (follows or _is_arithmetic(node)) and not _grows(node)
        )

    def _run(self, node: Node) -> object:
        def value_of(one: Node) -> object:
            return self._values[one]

        given: Any = tree_map_only(Node, value_of, (node.args, node.kwargs))
        if self._is_weight[node] and (_is_arithmetic(node) or _has_doubles(given)):
            given = tree_map_only(Tensor, _wide, given)
        try:
            with torch.no_grad():
                found: object = cast(Any, node.target)(*given[0], **given[1])
        except Exception:  # whatever an operator raises: it stays, and is named if not taken
            return None
        if str(node.target) in EMPTY:
            return tree_map_only(Tensor, torch.zeros_like, found)
        # views rely on copies that the graph no longer has
        return tree_map_only(Tensor, Tensor.contiguous, found)


def stored(program: ExportedProgram, name: str) -> Tensor:
    """The parameter, buffer or constant called ``name``."""
    if name in program.state_dict:
        return program.state_dict[name]
    return cast(Tensor, program.constants[name])


def _is_taken(node: Node) -> bool:
    """Whether a kernel could compute a node of weights."""
    value = cast(object, node.meta.get("val"))
    is_float = isinstance(value, Tensor) and value.dtype in FLOATS
    return is_float and is_supported(node) and str(node.target) not in DONE_ONCE


def _is_arithmetic(node: Node) -> bool:
    return is_supported(node) and str(node.target) not in MOVES


def _grows(node: Node) -> bool:
    """Whether a node has more bytes than each of its operands, as one that broadcasts."""
    operands = [one.meta.get("val") for one in node.all_input_nodes]
    return _bytes(node.meta.get("val")) > _bytes(operands)


def _bytes(values: object) -> int:
    """Those of the largest tensor among ``values``."""
    return max((one.nbytes for one in tree_leaves(values) if isinstance(one, Tensor)), default=0)


def _is_random(node: Node) -> bool:
    """Whether an operator gives other values every time, or none at all."""
    tags: Any = getattr(node.target, "tags", ())
    return torch.Tag.nondeterministic_seeded in tags or node.meta.get("val") is None


def _has_doubles(values: object) -> bool:
    leaves = tree_leaves(values)
    return any(isinstance(one, Tensor) and one.dtype is torch.float64 for one in leaves)


def _wide(value: Tensor) -> Tensor:
    return value.double() if value.dtype is torch.float32 else value
