"""`torch.compile(model, backend="npu")`: inference, values from Spike, cycles from togsim.

    model = torch.compile(model, backend="npu", options={"machine": "tpuv3"})
    with torch.no_grad():
        output = model(x)
    print(npu.frontend.last_report().total_cycles)

`npu` is an entry point of the group `torch_dynamo_backends`, so that nothing has to be imported.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

from torch import Tensor
from torch.fx import GraphModule

from npu.configs.errors import Notice, UserError
from npu.frontend.torch_compile.graph import NpuGraph
from npu.frontend.torch_compile.options import Options, read_options
from npu.runtime.report import RunReport

_reports: list[RunReport] = []
"""The report of the run before, at most one."""


def npu(
    graph: GraphModule,
    _examples: Sequence[Tensor],
    *,
    options: Mapping[str, Any] | None = None,
    mode: str | None = None,
) -> Callable[..., tuple[Tensor, ...]]:
    """The backend: what Dynamo calls for each graph, and what it calls in the graph's place.

    A graph that ends where Dynamo cannot go on is told by a `Notice` with the line: what stands
    there is computed by Python.
    """
    _tell_of_break(graph)

    @cache
    def chosen() -> Options:
        return read_options(options, mode)

    return NpuGraph(graph, chosen, _remember)


def last_report() -> RunReport:
    """The report of the graph that ran last under `torch.compile(..., backend="npu")`.

    Raises UserError when none has.
    """
    if not _reports:
        raise UserError(
            'no model has run under torch.compile(..., backend="npu") in this process; call one, '
            "then ask for its report"
        )
    return _reports[0]


def _remember(report: RunReport) -> None:
    _reports[:] = [report]


def _tell_of_break(graph: GraphModule) -> None:
    """Names the line where a graph ends early, and why."""
    reason = cast(Any, getattr(graph, "compile_subgraph_reason", None))
    if reason is None or not reason.graph_break:
        return
    frame = reason.user_stack[-1] if reason.user_stack else None
    where = f"{frame.filename}:{frame.lineno}: {(frame.line or '').strip()}: " if frame else ""
    why = (str(reason.reason).strip().splitlines() or [""])[0]
    warnings.warn(
        f"{where}the graph ends here ({why}): what Dynamo cannot capture is computed by Python, "
        "not on the NPU",
        Notice,
        stacklevel=2,
    )
