"""Tokens are no outputs: PyTorch returns them to keep what may fail (a factorisation) in order."""

from __future__ import annotations

from typing import cast

from torch.export import ExportedProgram
from torch.export.graph_signature import OutputKind


def drop_tokens(program: ExportedProgram) -> None:
    """Drop them from the results of ``program``, in place."""
    output, signature = program.graph.output_node(), program.graph_signature
    values = cast("tuple[object, ...]", output.args[0])
    pairs = zip(signature.output_specs, values, strict=True)
    kept = [(spec, value) for spec, value in pairs if spec.kind is not OutputKind.TOKEN]
    output.args = (tuple(value for _, value in kept),)  # pyright: ignore[reportAttributeAccessIssue]
    signature.output_specs = [spec for spec, _ in kept]
