"""Weights that a traced program does not read are kept out of what PyTorch does with it.

To PyTorch each parameter and buffer is an operand of its own, which is wrapped several times while
a program is decomposed, and a name in code that it writes. Of equal modules (`trace_once`) only
the first one's weights are read by then; those of the others are read by copies that come later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind, InputSpec, TensorArgument

KINDS = (InputKind.PARAMETER, InputKind.BUFFER)


@dataclass(frozen=True)
class _Unread:
    """A weight, and where it was."""

    spec: InputSpec
    behind: str | None
    """The target of the weight ahead of it; None for the first one."""

    meta: dict[str, Any]
    value: Tensor | None
    """None if the program holds it elsewhere."""


def take_unread(program: ExportedProgram) -> list[_Unread]:
    """Takes the weights that nothing reads out of ``program``, in place, in their order."""
    signature = program.graph_signature
    kept_for = {spec.target for spec in signature.output_specs}
    nodes = {node.name: node for node in program.graph.find_nodes(op="placeholder")}
    taken: list[_Unread] = []
    behind: str | None = None
    for spec in list(signature.input_specs):
        node = nodes[spec.arg.name]
        if spec.kind in KINDS and not node.users and spec.target not in kept_for:
            value = program.state_dict.pop(spec.target, None)
            taken.append(_Unread(spec, behind, dict(node.meta), value))
            signature.input_specs.remove(spec)
            program.graph.erase_node(node)
        behind = spec.target
    return taken


def put_back(program: ExportedProgram, taken: list[_Unread]) -> None:
    """Puts weights back where they were, in place, into what became of their program."""
    specs = program.graph_signature.input_specs
    nodes = {node.name: node for node in program.graph.find_nodes(op="placeholder")}
    for one in taken:
        targets = [spec.target for spec in specs]
        at = 0 if one.behind is None else targets.index(one.behind) + 1
        node = nodes[specs[at].arg.name]
        with program.graph.inserting_before(node):
            made = program.graph.placeholder(one.spec.arg.name)
        made.meta = one.meta
        nodes[made.name] = made
        specs.insert(at, InputSpec(one.spec.kind, TensorArgument(made.name), *_rest(one.spec)))
        if one.value is not None:
            program.state_dict[one.spec.target or ""] = one.value


def _rest(spec: InputSpec) -> tuple[str | None, bool | None]:
    return spec.target, spec.persistent
