"""What batch norms in training keep for later is no output: one forward computes its outputs.

Export returns the new running statistics of each batch norm, and its count of batches, beside the
results of the model, as changes of its buffers. In training a batch norm measures its input and
reads none of them, so that outputs are the same without.
"""

from __future__ import annotations

from typing import cast

from torch.export import ExportedProgram
from torch.export.graph_signature import OutputKind, OutputSpec
from torch.fx import Node

from npu.frontend.torch.origin import origin_of

COUNT = "num_batches_tracked"
"""The buffer of a norm that counts batches."""


def drop_running_statistics(program: ExportedProgram) -> None:
    """Drop these changes from the results of ``program``, in place."""
    graph, signature = program.graph, program.graph_signature
    output = graph.output_node()
    values = cast("tuple[object, ...]", output.args[0])
    pairs = zip(signature.output_specs, values, strict=True)
    kept = [(spec, value) for spec, value in pairs if not _is_statistic(spec, value)]
    output.args = (tuple(value for _, value in kept),)  # pyright: ignore[reportAttributeAccessIssue]
    signature.output_specs = [spec for spec, _ in kept]


def _is_statistic(spec: OutputSpec, value: object) -> bool:
    """Whether a result is what a batch norm keeps."""
    if spec.kind is not OutputKind.BUFFER_MUTATION or not isinstance(value, Node):
        return False
    is_count = (spec.target or "").split(".")[-1] == COUNT
    return is_count or origin_of(value).torch_op == "aten.batch_norm"
