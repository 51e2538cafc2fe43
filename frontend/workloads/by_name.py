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
from npu.frontend.workloads.forms import (
    NETWORK_SHAPE,
    TYPES,
    check_tensors,
    of_type,
    parse,
    split_type,
    tensors,
)
from npu.frontend.workloads.gemm import gemm, gemm_workspace
from npu.frontend.workloads.kept_import import kept_import
from npu.frontend.workloads.rows import layernorm, softmax
from npu.frontend.workspace import of_eager, of_numpy
from npu.runtime.expected import Expected

TYPED = {"gemm": gemm, "conv": conv}
"""Programs at stage 0 of any type."""

MAKERS = {"layernorm": layernorm, "softmax": softmax}
"""Programs at stage 0 of f32; of other types they are models."""

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
    plain, element = split_type(name)
    form, sizes = parse(plain)
    check_tensors(name, tensors(form.kind, sizes))
    if form.is_model or (element != TYPES[0] and form.kind not in TYPED):
        return _model(name, form.kind, sizes, element)
    if form.kind in TYPED:
        program, reference = TYPED[form.kind](*sizes, element=element)
    else:
        program, reference = MAKERS[form.kind](*sizes)
    extra = WORKSPACES.get(form.kind, lambda *_: 0)(*sizes)
    return Workload(program, reference, of_numpy(program.text) + extra)


def _model(name: str, kind: str, sizes: tuple[int, ...], element: str) -> Workload:
    """A model; PyTorch, which takes seconds, is imported only where it was not before."""
    if len(sizes) == len(NETWORK_SHAPE) and sizes[1] != NETWORK_SHAPE[1]:
        raise UserError(f"workload {short(name)}: images of {sizes[1]} channels; expected 3")

    @cache
    def made() -> tuple[Imported, Callable[[], Expected]]:
        from npu.frontend.workloads.networks import network  # noqa: PLC0415 - start-up time

        return network(kind, sizes, element)

    def reference() -> Expected:
        return made()[1]()

    program = kept_import(of_type(kind, element), sizes, lambda: made()[0])
    return Workload(program, reference, of_eager(program.text), is_kept=True)
