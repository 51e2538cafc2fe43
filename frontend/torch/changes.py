"""Buffers and inputs that forward() changes: their new values are results behind the model's own.

Export lists them ahead of the model's outputs. A buffer that is changed is read as an input is: its
value is not computed with at import.
"""

from __future__ import annotations

from typing import cast

from torch.export import ExportedProgram
from torch.export.graph_signature import OutputKind, OutputSpec

BUFFERS = frozenset({OutputKind.BUFFER_MUTATION, OutputKind.PARAMETER_MUTATION})
CHANGES = BUFFERS | {OutputKind.USER_INPUT_MUTATION}
"""The kinds of results that are new values of what there was before."""


def put_changes_last(program: ExportedProgram) -> list[OutputSpec]:
    """Order the results of ``program`` in place: the model's, then the changes, which it returns.

    The target of a change is the name of the buffer, parameter or input.
    """
    signature, output = program.graph_signature, program.graph.output_node()
    values = cast("tuple[object, ...]", output.args[0])
    pairs = list(zip(signature.output_specs, values, strict=True))
    changes = [pair for pair in pairs if pair[0].kind in CHANGES]
    ordered = [*(pair for pair in pairs if pair[0].kind not in CHANGES), *changes]
    signature.output_specs = [spec for spec, _ in ordered]
    output.args = (tuple(value for _, value in ordered),)  # pyright: ignore[reportAttributeAccessIssue]
    return [spec for spec, _ in changes]


def changed_buffers(program: ExportedProgram) -> frozenset[str]:
    """The names of the buffers and parameters that change."""
    specs = program.graph_signature.output_specs
    return frozenset(spec.target for spec in specs if spec.kind in BUFFERS and spec.target)
