"""Complex numbers of a model become two tensors of floats: real and imaginary parts.

Before:
    %z = aten.view_as_complex(%x) ; %w = aten.mul(%z, %turns) ; %y = aten.view_as_real(%w)
After:
    %a, %b = halves of %x ; %re = %a * %c - %b * %d ; %im = ... ; %y = aten.stack([%re, %im], -1)

Inputs and results of the model are one tensor of floats, as torch.view_as_real sees them: both
parts of a number beside each other in a last dimension of 2.

Limitations: numbers are complex64. A model with an operator that has no rule
(`decompositions/complex_numbers.py`) is left as it is, and refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import Graph, Node
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

from npu.frontend.torch.arrays import as_floats
from npu.frontend.torch.decompositions.complex_numbers import APART, CONDITIONS, RULES, Pair, Rule

Halves = tuple[Node, Node]

TYPES = ("val", "tensor_meta")
"""Where nodes keep the shapes and types of what they compute."""


def split_complex(program: ExportedProgram, table: Callable[[], Any]) -> list[Node]:
    """Apply the rewrite in place; ``table`` gives the decompositions of what rules are made of.

    Returns the nodes of complex numbers that no rule takes: then nothing was changed.
    """
    touched = [node for node in program.graph.nodes if _is_touched(node)]
    if not touched or any(map(_is_other, touched)):
        return []
    unknown = [node for node in touched if node.op == "call_function" and not _has_rule(node)]
    if unknown:
        return unknown
    _Splitting(program, table()).run(touched)
    return []


def _is_touched(node: Node) -> bool:
    """Whether a node gives or takes complex numbers."""
    return node.op != "output" and any(map(_is_complex, (node, *node.all_input_nodes)))


def _is_complex(node: Node) -> bool:
    value = cast(object, node.meta.get("val"))
    return isinstance(value, Tensor) and value.is_complex()


def _has_rule(node: Node) -> bool:
    if node.target in CONDITIONS and not CONDITIONS[node.target](*node.args, **node.kwargs):
        return False
    return node.target in RULES or str(node.target) in APART


def _is_other(node: Node) -> bool:
    """Whether a node gives complex numbers of another size, whose type the check refuses."""
    return _is_complex(node) and cast(Tensor, node.meta["val"]).dtype is not torch.complex64


class _Splitting:
    """The rewrite of one program."""

    def __init__(self, program: ExportedProgram, table: Any) -> None:
        self._program, self._table = program, table
        self._graph: Graph = program.graph
        self._halves: dict[Node, Halves] = {}

    def run(self, touched: list[Node]) -> None:
        """Put what is real in the places of ``touched``, which stand in the graph's order."""
        for node in touched:
            if node.op == "placeholder":
                self._split_stored(node)
            else:
                self._replace(node)
        self._show()
        for node in reversed(touched):
            if node.op == "call_function":
                self._graph.erase_node(node)

    def _show(self) -> None:
        """Results of the model have both parts of a number beside each other."""
        output = self._graph.output_node()
        shown = dict[Node, Node]()
        for node in output.all_input_nodes:
            if node in self._halves:
                with self._graph.inserting_before(output):
                    (shown[node],) = self._inlined(
                        node, lambda a, b: (torch.stack((a, b), -1),), self._halves[node]
                    )
        for node, real in shown.items():
            output.replace_input_with(node, real)

    def _split_stored(self, node: Node) -> None:
        """A stored or given complex tensor is one of floats whose last dimension has the parts."""
        program = self._program
        spec = next(one for one in program.graph_signature.input_specs if one.arg.name == node.name)
        if spec.kind is not InputKind.USER_INPUT:
            assert spec.target is not None
            kept = program.state_dict if spec.target in program.state_dict else program.constants
            value = cast(Tensor, kept[spec.target])
            cast("dict[str, object]", kept)[spec.target] = as_floats(value)
        fake = cast(Tensor, node.meta["val"])
        node.meta["val"] = fake.new_empty((*fake.shape, 2), dtype=torch.float32)
        node.meta.pop("tensor_meta", None)
        first = next(one for one in self._graph.nodes if one.op != "placeholder")
        with self._graph.inserting_before(first):
            split = self._inlined(node, lambda x: (x.select(-1, 0), x.select(-1, 1)), (node,))
        self._halves[node] = (split[0], split[1])

    def _replace(self, node: Node) -> None:
        """What a rule makes of the parts of a node's operands."""
        leaves, form = tree_flatten((node.args, node.kwargs))
        given: list[Node] = []
        slots: list[Callable[[list[Tensor]], object]] = []
        for leaf in leaves:
            nodes = self._halves.get(leaf, (leaf,)) if isinstance(leaf, Node) else ()
            at = len(given)
            given += nodes
            slots.append(_slot(leaf, at, len(nodes)))

        def computed(*values: Tensor) -> Any:
            filled = [slot(list(values)) for slot in slots]
            args, kwargs = tree_unflatten(filled, form)
            found = _rule(node)(*args, **kwargs)
            return (found.real, found.imag) if isinstance(found, Pair) else (found,)

        with self._graph.inserting_before(node):
            made = self._inlined(node, computed, tuple(given))
        if len(made) == 2:
            self._halves[node] = (made[0], made[1])
        else:
            node.replace_all_uses_with(made[0])

    def _inlined(self, at: Node, function: Any, given: tuple[Node, ...]) -> list[Node]:
        """The nodes of what ``function`` computes of ``given``, where the graph inserts now."""
        values = [cast(Any, one.meta["val"]) for one in given]
        mode = cast(Any, at.meta["val"]).fake_mode
        traced: Any = make_fx(function, decomposition_table=self._table)
        with torch.no_grad(), mode:
            module = traced(*values)
        places: dict[Node, Node] = dict(
            zip(module.graph.find_nodes(op="placeholder"), given, strict=True)
        )
        for inner in module.graph.nodes:
            if inner.op == "call_function":
                copied = self._graph.node_copy(inner, lambda one: places[one])
                copied.meta = at.meta | {key: inner.meta.get(key) for key in TYPES}
                places[inner] = copied
        results = cast("tuple[Node, ...]", module.graph.output_node().args[0])
        return [places[one] for one in results]


def _slot(leaf: object, at: int, count: int) -> Callable[[list[Tensor]], object]:
    """How an operand is taken from the values of all: a pair, a tensor, or what it was."""

    def taken(values: list[Tensor]) -> object:
        if count == 2:
            return Pair(values[at], values[at + 1])
        return values[at] if count else leaf

    return taken


def _rule(node: Node) -> Rule:
    if node.target in RULES:
        return RULES[node.target]
    return _apart(cast(Any, node.target))


def _apart(target: Any) -> Rule:
    """The rule of an operator that does the same with both parts; of reals, the second is 0."""

    def rule(*args: Any, **kwargs: Any) -> Pair:
        if kwargs.get("dtype") is not None:
            kwargs = {**kwargs, "dtype": None}
        return Pair(*(target(*_part(args, part), **_part(kwargs, part)) for part in (0, 1)))

    return rule


def _part(values: Any, part: int) -> Any:
    def taken(one: Any) -> Any:
        return (one.real, one.imag)[part] if isinstance(one, Pair) else one

    return tree_map(taken, values, is_leaf=lambda one: isinstance(one, Pair))
