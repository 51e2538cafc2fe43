"""What depends on no input is computed at import: masks, positions, tables, norms' scales.

PyTorch itself runs those nodes; what is left of them is a constant argument, or a fill. Of weights,
arithmetic is done (the scale and the offset of a batch norm, a low-rank update), and what no kernel
does or would only move (a lookup, a slice). What would be larger than what it is made of stays, and
so do views: weights that nothing is computed of remain arguments as they are. Values are those that
the weights have when the model is imported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.export import ExportedProgram
from torch.fx import Graph, Node

from npu.frontend.torch.known import Known

FULL = torch.ops.aten.full.default


@dataclass(frozen=True)
class Folded:
    """The value of a new placeholder."""

    value: Tensor
    is_rounded: bool
    """Whether it is the float32 next to what was computed, and not that itself."""


def fold_constants(program: ExportedProgram) -> dict[str, Folded]:
    """Compute what needs no input, in place.

    Returns the values of the new placeholders by their names; they stand behind the inputs.
    """
    graph = program.graph
    made: dict[str, Folded] = {}
    seen: dict[tuple[object, ...], Node] = {}
    for node, value, users in _computed(graph, Known(program)):
        constant = _constant(graph, node, value, made, seen)
        for user in users:
            user.replace_input_with(node, constant)
    graph.eliminate_dead_code()
    return made


def _computed(graph: Graph, known: Known) -> list[tuple[Node, Tensor, list[Node]]]:
    """The nodes that become constants, with their values and with the nodes that read those."""
    found: list[tuple[Node, Tensor, list[Node]]] = []
    stays: set[Node] = set()
    for node in reversed(graph.nodes):
        readers = [user for user in node.users if user in stays]
        if not readers and node.op == "call_function":
            continue
        worthwhile = known.is_worthwhile(node) and node.target is not FULL
        value = known.value(node) if worthwhile else None
        if isinstance(value, Tensor):
            found.append((node, value, readers))
        else:
            stays.add(node)
    return found[::-1]


def _constant(
    graph: Graph,
    node: Node,
    value: Tensor,
    made: dict[str, Folded],
    seen: dict[tuple[object, ...], Node],
) -> Node:
    """A fill, or a placeholder that holds ``value``; equal values share one."""
    exact = value.detach().contiguous()
    value = exact.to(node.meta["val"].dtype)
    is_rounded = _differ(exact, value)
    key = (value.dtype, tuple(value.shape), _digest(value), is_rounded)
    if key in seen:
        return seen[key]
    one = _only_value(value)
    if one is not None:
        with graph.inserting_before(node):
            kind = {"dtype": value.dtype}
            constant = graph.call_function(FULL, (list(value.shape), one), kind)
        constant.meta = dict(node.meta)
        return constant
    arguments = graph.find_nodes(op="placeholder")
    first = next(iter(graph.nodes))
    with graph.inserting_after(arguments[-1]) if arguments else graph.inserting_before(first):
        constant = graph.placeholder(f"constant{len(made)}")
    constant.meta = dict(node.meta)
    made[constant.name] = Folded(value, is_rounded)
    seen[key] = constant
    return constant


def _differ(exact: Tensor, rounded: Tensor) -> bool:
    """Whether some number of ``exact`` is another in ``rounded``."""
    if exact.dtype is rounded.dtype or exact.is_meta:
        return False
    return bool(((exact != rounded) & ~exact.isnan()).any())


def _only_value(value: Tensor) -> float | int | bool | None:
    """The number that all elements are, bit by bit; None for different ones."""
    if value.is_meta or not value.numel():
        return None
    numbers = value.reshape(-1)
    bits = numbers.view(torch.int32) if value.dtype is torch.float32 else numbers
    return numbers[0].item() if bool((bits == bits[0]).all()) else None


def _digest(value: Tensor) -> object:
    """What tells values apart; of tensors without values, each is its own."""
    if value.is_meta:
        return id(value)
    return hashlib.sha256(b"".join(_bytes(value))).digest()


def _bytes(value: Tensor) -> Iterator[bytes]:
    # one element may have any stride, which a view as bytes does not take
    row = value.cpu().reshape(-1).clone(memory_format=torch.contiguous_format)
    yield row.view(torch.uint8).numpy().tobytes() if value.numel() else b""
