"""What is no result: None, and the tokens that PyTorch returns to keep what may fail in order.

A model that returns None beside tensors (`return logits, None`) has the tensors as its results. One
that returns nothing else keeps it: the check says what was expected.
"""

from __future__ import annotations

from typing import cast

from torch.export import ExportedProgram
from torch.export.graph_signature import OutputKind, OutputSpec
from torch.fx import Node

Pair = tuple[OutputSpec, object]


def drop_no_results(program: ExportedProgram) -> None:
    """Drop tokens and None from the results of ``program``, in place."""
    output, signature = program.graph.output_node(), program.graph_signature
    values = cast("tuple[object, ...]", output.args[0])
    pairs = list(zip(signature.output_specs, values, strict=True))
    pairs = [pair for pair in pairs if pair[0].kind is not OutputKind.TOKEN]
    if any(map(_is_result, pairs)):
        pairs = [pair for pair in pairs if pair[1] is not None]
    output.args = (tuple(value for _, value in pairs),)  # pyright: ignore[reportAttributeAccessIssue]
    signature.output_specs = [spec for spec, _ in pairs]


def _is_result(pair: Pair) -> bool:
    spec, value = pair
    return spec.kind is OutputKind.USER_OUTPUT and isinstance(value, Node)
