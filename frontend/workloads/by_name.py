"""Programs by name, written directly at stage 0: no PyTorch, no upstream, so they start at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from npu.configs.errors import UserError
from npu.configs.near import near_names
from npu.configs.short import short
from npu.frontend.imported import Imported
from npu.frontend.workloads.gemm import gemm, gemm_workspace
from npu.frontend.workloads.rows import layernorm, softmax
from npu.frontend.workspace import of_numpy
from npu.runtime.expected import Expected

FORMS = ("gemm_MxKxN", "layernorm_RxC", "softmax_RxC")
"""What the names of the workloads look like; each letter is a positive number."""

LATER = ("conv_", "attention_", "resnet18", "bert_base")
"""Names known from published measurements whose operators are not supported yet."""

MAX_ELEMENTS = 1 << 30
"""Largest tensor of a workload: 4 GiB of f32."""

MAX_DIGITS = 20
"""A size of as many digits is beyond every tensor."""


@dataclass(frozen=True)
class Workload:
    """A program by name, with its values and a reference in numpy."""

    program: Imported
    reference: Callable[[], Expected]
    workspace: int
    """Bytes that the reference takes beside arguments."""


def workload(name: str) -> Workload:
    """The workload called ``name``.

    Raises:
        UserError: there is no such workload, or its numbers make no sense.
    """
    if name.startswith(LATER):
        raise UserError(f"workload {short(name)}: not supported yet; known are {', '.join(FORMS)}")
    found = re.fullmatch(r"([a-z]+)_(\d+(?:x\d+)*)", name)
    kind, sizes = (found[1], [_size(n) for n in found[2].split("x")]) if found else (name, [])
    makers = {"gemm": (gemm, 3), "layernorm": (layernorm, 2), "softmax": (softmax, 2)}
    if kind not in makers or len(sizes) != makers[kind][1]:
        raise UserError(_unknown(name))
    _check_sizes(name, sizes)
    program, reference = makers[kind][0](*sizes)
    extra = gemm_workspace(*sizes) if kind == "gemm" else 0
    return Workload(program, reference, of_numpy(program.text) + extra)


def _unknown(name: str) -> str:
    kinds = [form.split("_")[0] for form in FORMS]
    near = [FORMS[kinds.index(kind)] for kind in near_names(name.split("_")[0], kinds)]
    meant = f"; did you mean {near[0]}?" if near else "."
    return (
        f"{short(name)}: no such workload or file{meant} Known workloads are {', '.join(FORMS)} "
        "(for example gemm_128x63x56); files end in .py or .mlir"
    )


def _size(digits: str) -> int:
    """A size, as far as its digits matter: one of more digits than `MAX_ELEMENTS` is too large."""
    return int(digits) if len(digits) < MAX_DIGITS else 10**MAX_DIGITS


def _check_sizes(name: str, sizes: list[int]) -> None:
    if any(size < 1 for size in sizes):
        raise UserError(f"workload {short(name)}: expected sizes of at least 1")
    largest = max(a * b for i, a in enumerate(sizes) for b in sizes[i + 1 :])
    if largest > MAX_ELEMENTS:
        raise UserError(
            f"workload {short(name)}: a tensor of {largest:.4g} elements; expected at most "
            f"{MAX_ELEMENTS}"
        )
