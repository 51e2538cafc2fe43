"""Gathers whose indices are known at import become slices where these go up or down evenly.

Before:
    %i = constant [6, 4, 2] ; %y = npu.gather(%x, %i, 1, False)
After:
    %s = aten.slice(%x, 1, 2, 7, 2) ; %y = aten.flip(%s, [1])

Indices that are not even, or outside of the table, stay: the device takes what they say.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast

import torch
from torch import Tensor
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import Graph, Node

from npu.frontend.torch.changes import changed_buffers
from npu.frontend.torch.fold import FULL, Folded
from npu.frontend.torch.indexed_ops import GATHER
from npu.frontend.torch.known import stored

aten = torch.ops.aten


def slice_even_gathers(program: ExportedProgram, folded: Mapping[str, Folded]) -> None:
    """Apply the rewrite in place; ``folded`` are the constants that were made, by their names."""
    graph = program.graph
    constants = {name: one.value for name, one in folded.items()}
    changed = changed_buffers(program)
    for spec in program.graph_signature.input_specs:
        is_kept = spec.kind in (InputKind.CONSTANT_TENSOR, InputKind.BUFFER)
        if is_kept and spec.target and spec.target not in changed:
            constants[spec.arg.name] = stored(program, spec.target)
    for node in list(graph.nodes):
        if str(node.target) != GATHER:
            continue
        table, indices, dim, from_end = cast("tuple[Node, Node, int, bool]", node.args)
        extent = cast(Tensor, table.meta["val"]).shape[dim]
        found = _known(indices, constants)
        even = None if found is None else _even(found, extent, from_end=from_end)
        if even is not None:
            _replace(graph, node, table, dim, *even)
    graph.eliminate_dead_code()


def _known(node: Node, constants: Mapping[str, Tensor]) -> list[int] | None:
    """The indices of a constant."""
    if node.name in constants:
        value = constants[node.name]
        return None if value.is_meta else [int(n) for n in value.reshape(-1)]
    if node.target is FULL:
        (count,), number = cast("tuple[list[int], int]", node.args)
        return [int(number)] * count
    return None


def _even(indices: list[int], extent: int, *, from_end: bool) -> tuple[int, int, int] | None:
    """First index, step and count of even indices inside of a table; None for others."""
    taken = [n + extent if n < 0 and from_end else n for n in indices]
    if not taken or min(taken) < 0 or max(taken) >= extent:
        return None
    step = taken[1] - taken[0] if len(taken) > 1 else 1
    is_even = all(b - a == step for a, b in pairwise(taken))
    return (taken[0], step, len(taken)) if is_even and step else None


def _replace(
    graph: Graph, node: Node, table: Node, dim: int, first: int, step: int, count: int
) -> None:
    """The slice, turned around where the step goes down."""
    last = first + step * (count - 1)
    low, high = min(first, last), max(first, last) + 1
    calls: list[tuple[Any, tuple[Any, ...]]] = [
        (aten.slice.Tensor, (dim, low, high, max(1, abs(step))))
    ]
    if step < 0:
        calls.append((aten.flip.default, ([dim],)))
    given = table
    with graph.inserting_before(node):
        for target, arguments in calls:
            made = graph.call_function(target, (given, *arguments))
            with torch.no_grad():
                made.meta = {**node.meta, "val": target(given.meta["val"], *arguments)}
            given = made
    node.replace_all_uses_with(given)
