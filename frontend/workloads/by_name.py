"""Programs by name, some written at stage 0: no PyTorch, no upstream, so they start at once.

Others are models of PyTorch (`networks`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from npu.configs.errors import UserError
from npu.configs.short import short
from npu.frontend.imported import Imported
from npu.frontend.workloads.conv import conv, conv_workspace
from npu.frontend.workloads.forms import NETWORK_SHAPE, check_tensors, parse, tensors
from npu.frontend.workloads.gemm import gemm, gemm_workspace
from npu.frontend.workloads.kept_import import kept_import
from npu.frontend.workloads.rows import layernorm, softmax
from npu.frontend.workspace import of_eager, of_numpy
from npu.runtime.expected import Expected

MAKERS = {"gemm": gemm, "conv": conv, "layernorm": layernorm, "softmax": softmax}
"""Programs at stage 0."""

WORKSPACES = {"gemm": gemm_workspace, "conv": conv_workspace}
"""Bytes that their references take beside operands and results; of others none."""


@dataclass(frozen=True)
class Workload:
    """A program by name, with its values and a reference in numpy."""

    program: Imported
    reference: Callable[[], Expected]
    workspace: int
    """Bytes that the reference takes beside arguments."""

    is_kept: bool = False
    """Whether what is made of it is kept, for runs that ask for cycles only."""


def workload(name: str) -> Workload:
    """The workload called ``name``.

    Raises:
        UserError: there is no such workload, or its numbers make no sense.
    """
    form, sizes = parse(name)
    check_tensors(name, tensors(form.kind, sizes))
    if form.is_model:
        return _model(name, form.kind, sizes)
    program, reference = MAKERS[form.kind](*sizes)
    extra = WORKSPACES.get(form.kind, lambda *_: 0)(*sizes)
    return Workload(program, reference, of_numpy(program.text) + extra)


def _model(name: str, kind: str, sizes: tuple[int, ...]) -> Workload:
    """A model; PyTorch, which takes seconds, is imported only where it was not before."""
    if len(sizes) == len(NETWORK_SHAPE) and sizes[1] != NETWORK_SHAPE[1]:
        raise UserError(f"workload {short(name)}: images of {sizes[1]} channels; expected 3")

    @cache
    def made() -> tuple[Imported, Callable[[], Expected]]:
        from npu.frontend.workloads.networks import network  # noqa: PLC0415 - start-up time

        return network(kind, sizes)

    def reference() -> Expected:
        return made()[1]()

    program = kept_import(kind, sizes, lambda: made()[0])
    return Workload(program, reference, of_eager(program.text), is_kept=True)
