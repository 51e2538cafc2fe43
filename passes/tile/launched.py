"""One launch of several that a group becomes."""

from __future__ import annotations

from dataclasses import dataclass

from npu.dialects.npu import KernelOp


@dataclass(frozen=True)
class Launched:
    """A kernel, and what it is launched on."""

    kernel: KernelOp
    arguments: tuple[int, ...]
    """Which of the group's inputs and outputs, counted in a row, it takes."""
