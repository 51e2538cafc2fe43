"""What depends on no input is computed at import: masks, positions, tables of sines.

PyTorch itself runs those nodes; what is left of them is a constant argument, or a fill. Work on
weights that stage 0 takes stays in the program, so that weights remain arguments as they are. What
it does not take, or would only move (a slice of a weight), is computed here as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import Graph, Node
from torch.utils._pytree import tree_map_only

from npu.frontend.torch.supported import is_supported

FULL = torch.ops.aten.full.default
MOVES = frozenset({"aten.slice.Tensor", "aten.constant_pad_nd.default"})
"""Supported operators that only move values: of weights, they are done once."""

EMPTY = frozenset({"aten.empty.memory_format", "aten.empty_permuted.default"})
"""Operators whose values are not defined: nothing depends on them, and here they are zeros."""


def fold_constants(program: ExportedProgram) -> dict[str, Tensor]:
    """Compute what needs no input, in place.

    Returns the values of the new placeholders by their names; they stand behind the inputs.
    """
    graph = program.graph
    known = _Known(program)
    made: dict[str, Tensor] = {}
    seen: dict[tuple[object, ...], Node] = {}
    for node in list(graph.nodes):
        if node.op != "call_function" or not known.is_worthwhile(node):
            continue
        users = [user for user in node.users if not known.is_worthwhile(user)]
        value = known.value(node) if users and node.target is not FULL else None
        if not isinstance(value, Tensor):
            continue
        constant = _constant(graph, node, value, made, seen)
        for user in users:
            user.replace_input_with(node, constant)
    graph.eliminate_dead_code()
    return made


class _Known:
    """The values of the nodes that depend on no input."""

    def __init__(self, program: ExportedProgram) -> None:
        self.values: dict[Node, object] = {}
        self.is_weight: dict[Node, bool] = {}
        self.needed: dict[Node, bool] = {}
        specs = {spec.arg.name: spec for spec in program.graph_signature.input_specs}
        for node in program.graph.nodes:
            spec = specs.get(node.name) if node.op == "placeholder" else None
            if spec is not None and spec.kind is not InputKind.USER_INPUT and spec.target:
                value = stored(program, spec.target)
                self.values[node] = value
                is_kept = spec.kind is InputKind.PARAMETER or spec.persistent
                self.is_weight[node] = bool(is_kept) and _is_f32(value)
                self.needed[node] = not _is_f32(value)
            elif node.op == "call_function":
                self._look_at(node)

    def is_worthwhile(self, node: Node) -> bool:
        """Whether to compute ``node`` here."""
        if node.op != "call_function" or node not in self.needed:
            return False
        return not self.is_weight[node] or self.needed[node]

    def value(self, node: Node) -> object:
        """What ``node`` computes; None if PyTorch cannot."""
        pending = [node]
        while pending:
            last = pending[-1]
            missing = [one for one in last.all_input_nodes if one not in self.values]
            pending += missing
            if not missing:
                self.values[pending.pop()] = self._run(last)
        return self.values[node]

    def _look_at(self, node: Node) -> None:
        inputs = node.all_input_nodes
        if any(one not in self.needed for one in inputs) or _is_random(node):
            return
        self.is_weight[node] = any(self.is_weight[one] for one in inputs)
        taken = is_supported(node) and str(node.target) not in MOVES
        value = cast(object, node.meta.get("val"))
        self.needed[node] = (
            any(self.needed[one] for one in inputs if one.op == "call_function")
            or not taken
            or not isinstance(value, Tensor)
            or not _is_f32(value)
        )

    def _run(self, node: Node) -> object:
        def value_of(one: Node) -> object:
            return self.values[one]

        args: Any = tree_map_only(Node, value_of, node.args)
        kwargs: Any = tree_map_only(Node, value_of, node.kwargs)
        try:
            with torch.no_grad():
                found: object = cast(Any, node.target)(*args, **kwargs)
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


def _is_f32(value: Tensor) -> bool:
    return value.dtype is torch.float32


def _is_random(node: Node) -> bool:
    """Whether an operator gives other values every time, or none at all."""
    tags: Any = getattr(node.target, "tags", ())
    return torch.Tag.nondeterministic_seeded in tags or node.meta.get("val") is None


def _constant(
    graph: Graph,
    node: Node,
    value: Tensor,
    made: dict[str, Tensor],
    seen: dict[tuple[object, ...], Node],
) -> Node:
    """A fill, or a placeholder that holds ``value``; equal values share one."""
    value = value.detach().contiguous()
    key = (value.dtype, tuple(value.shape), _digest(value))
    if key in seen:
        return seen[key]
    if _is_f32(value) and (one := _only_value(value)) is not None:
        with graph.inserting_before(node):
            constant = graph.call_function(FULL, (list(value.shape), one))
        constant.meta = dict(node.meta)
        return constant
    *_, last = graph.find_nodes(op="placeholder")
    with graph.inserting_after(last):
        constant = graph.placeholder(f"constant{len(made)}")
    constant.meta = dict(node.meta)
    made[constant.name] = value
    seen[key] = constant
    return constant


def _only_value(value: Tensor) -> float | None:
    """The number that all elements are, bit by bit; None for different ones."""
    if value.is_meta or not value.numel():
        return None
    bits = value.reshape(-1).view(torch.int32)
    return float(value.reshape(-1)[0]) if bool((bits == bits[0]).all()) else None


def _digest(value: Tensor) -> object:
    """What tells values apart; of tensors without values, each is its own."""
    if value.is_meta:
        return id(value)
    return hashlib.sha256(b"".join(_bytes(value))).digest()


def _bytes(value: Tensor) -> Iterator[bytes]:
    yield value.cpu().reshape(-1).view(torch.uint8).numpy().tobytes() if value.numel() else b""
