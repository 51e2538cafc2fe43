"""Copies of what a module computes, in the place of marks of calls of equal modules (`trace_once`).

A copy has the weights of the module that was called, and its place: the lines of the call, and
those inside the module.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import Graph, Node
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._pytree import tree_leaves

from npu.frontend.torch.trace_once import AGAIN, ENTER, LEAVE

MARKS = (ENTER, LEAVE, AGAIN)


class NotAlike(Exception):
    """A call of an equal module does more than to compute results from tensors and its weights."""


def check_changes(exported: ExportedProgram, parts: Iterable[str]) -> None:
    """Look at a traced program with marks, ahead of decompositions.

    Raises:
        NotAlike: what goes into or out of marked calls is changed in place, or a buffer of a
            part is: a mark is a copy to PyTorch, so that what else sees the change would not.
    """
    inside = tuple(f"{path}." for path in parts)
    targets = {spec.arg.name: spec.target or "" for spec in exported.graph_signature.input_specs}
    guarded: set[object] = set()
    changed: set[object] = set()
    for node in exported.graph.nodes:
        is_part_of_one = node.op == "placeholder" and targets[node.name].startswith(inside)
        if is_part_of_one or node.target in MARKS:
            guarded.update(_storages(node))
        elif node.op == "call_function":
            changed.update(one for value in _changed(node) for one in _storages(value))
    if guarded & changed:
        raise NotAlike


def _storages(node: Node) -> list[object]:
    leaves = tree_leaves(node.meta.get("val"))
    return [StorageWeakRef(one.untyped_storage()) for one in leaves if isinstance(one, Tensor)]


def _changed(node: Node) -> list[Node]:
    """The operands that a call changes in place."""
    schema: Any = getattr(node.target, "_schema", None)
    if schema is None:  # no operator: what it does is not known
        return [] if node.target is operator.getitem else list(node.all_input_nodes)
    pairs = zip(schema.arguments, node.args, strict=False)
    named = [(one, node.kwargs[one.name]) for one in schema.arguments if one.name in node.kwargs]
    changed = [
        value
        for argument, value in (*pairs, *named)
        if argument.alias_info is not None and argument.alias_info.is_write
    ]
    return [one for one in tree_leaves(changed) if isinstance(one, Node)]


def copy_calls(program: ExportedProgram, paths: Mapping[int, str]) -> None:
    """Replace all marks in a decomposed program, in place; ``paths`` are those of first calls.

    Raises:
        NotAlike: a first call reads something else than its operands, its weights and constants.
    """
    graph = program.graph
    weights = _Weights(program)
    nodes = list(graph.nodes)
    at = {node: number for number, node in enumerate(nodes)}
    entered = {node.args[1]: node for node in nodes if node.target is ENTER}
    left = {node.args[1]: node for node in nodes if node.target is LEAVE}
    for node in nodes:
        if node.target is AGAIN:
            _, _, call, path = cast("tuple[object, object, int, str]", node.args)
            first, last = entered[call], left[call]
            body = nodes[at[first] + 1 : at[last]]
            _Copy(graph, first, node, weights.moved(paths[call], path)).put(body, last)
    for node in nodes:
        if node.target in {ENTER, LEAVE}:
            _put_in_place(node, _operands(node))
    for node in reversed(nodes):
        if node.target in MARKS:
            graph.erase_node(node)


def _operands(mark: Node) -> Sequence[Node]:
    return cast("Sequence[Node]", mark.args[0])


def _put_in_place(mark: Node, values: Sequence[Node]) -> None:
    """Let the users of the results of a mark read ``values``."""
    for user in list(mark.users):
        if user.target is operator.getitem:
            user.replace_all_uses_with(values[cast(int, user.args[1])])
            user.graph.erase_node(user)


class _Weights:
    """The placeholders of a program."""

    def __init__(self, program: ExportedProgram) -> None:
        specs = program.graph_signature.input_specs
        kept = {
            spec.arg.name: spec.target
            for spec in specs
            if spec.kind is not InputKind.USER_INPUT and spec.target is not None
        }
        found = [node for node in program.graph.nodes if node.op == "placeholder"]
        self.targets = {node: kept[node.name] for node in found if node.name in kept}
        self.nodes = {target: node for node, target in self.targets.items()}

    def moved(self, path: str, other: str) -> _Moved:
        """From the module at ``path`` to the one at ``other``."""
        return _Moved(self, path, other)


@dataclass(frozen=True)
class _Moved:
    """What stands for a module's weights and paths in those of an equal one."""

    weights: _Weights
    path: str
    other: str

    def weight(self, node: Node) -> Node:
        """The weight that the other module has for the one that ``node`` is."""
        target = self.weights.targets.get(node)
        if target is None:
            raise NotAlike
        return self.weights.nodes[self.name(target)]

    def name(self, path: str) -> str:
        """The path of what the other module has at the place of ``path``."""
        inside = path == self.path or path.startswith(f"{self.path}.")
        return self.other + path.removeprefix(self.path) if inside else path


class _Copy:
    """A copy of the nodes of a first call ahead of a mark of a later one."""

    def __init__(self, graph: Graph, first: Node, mark: Node, moved: _Moved) -> None:
        self._graph = graph
        self._first = first
        self._mark = mark
        self._moved = moved
        self._made: dict[Node, Node] = {}

    def put(self, body: Sequence[Node], last: Node) -> None:
        """Copy ``body``; users of the mark read the copies of what ``last`` marks as results."""
        for node in body:
            if node.target is operator.getitem and node.args[0] is self._first:
                self._made[node] = _operands(self._mark)[cast(int, node.args[1])]
            elif node.target in MARKS:
                raise NotAlike
            else:
                self._make(node)
        _put_in_place(self._mark, [self._read(one) for one in _operands(last)])

    def _make(self, node: Node) -> None:
        with self._graph.inserting_before(self._mark):
            new = self._graph.node_copy(node, self._read)
        new.meta["stack_trace"] = self._trace(node)
        stack: dict[str, tuple[str, object]] = node.meta.get("nn_module_stack") or {}
        new.meta["nn_module_stack"] = {
            key: (self._moved.name(path), kind) for key, (path, kind) in stack.items()
        }
        self._made[node] = new

    def _read(self, node: Node) -> Node:
        return self._made[node] if node in self._made else self._moved.weight(node)

    def _trace(self, node: Node) -> str:
        """The lines that led to the later call, and those inside the module."""
        before, trace = (one.meta.get("stack_trace") or "" for one in (self._first, node))
        if not trace.startswith(before):
            return trace
        return (self._mark.meta.get("stack_trace") or "") + trace.removeprefix(before)
