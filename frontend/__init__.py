"""From PyTorch, MLIR files and workload names to programs the passes take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from npu.runtime.report import RunReport


def last_report() -> RunReport:
    """The report of what ran last under `torch.compile(model, backend="npu")`.

    Raises UserError when nothing has.
    """
    from npu.frontend.torch_compile import last_report as found  # noqa: PLC0415 - torch takes seconds

    return found()
