"""Programs by name, most written at stage 0: no PyTorch, no upstream, so they start at once.

Whole networks are models of PyTorch (`networks`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import prod

from npu.configs.errors import UserError
from npu.configs.near import near_names
from npu.configs.short import short
from npu.frontend.imported import Imported
from npu.frontend.workloads.conv import conv, conv_workspace
from npu.frontend.workloads.gemm import gemm, gemm_workspace
from npu.frontend.workloads.kept_import import kept_import
from npu.frontend.workloads.rows import layernorm, softmax
from npu.frontend.workspace import of_eager, of_numpy
from npu.runtime.expected import Expected

NETWORKS = ("mobilenet_v2", "resnet18", "resnet50")
"""Whole models; a shape BxCxHxW of their input may follow."""

NETWORK_SHAPE = (1, 3, 224, 224)
"""The input of a network that names none."""

FORMS = (
    "gemm_MxKxN",
    "conv_BxHxWxICxOCxKxSxP",
    "layernorm_RxC",
    "softmax_RxC",
    *NETWORKS,
    "resnet18_BxCxHxW",
)
"""What the names of the workloads look like; each letter is a positive number, P may be 0."""

BEGINNINGS = ("gemm_", "conv_", "layernorm_", "softmax_", *NETWORKS)
"""What completion offers."""

LATER = ("attention_", "bert_base")
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

    is_kept: bool = False
    """Whether what is made of it is kept, for runs that ask for cycles only."""


def workload(name: str) -> Workload:
    """The workload called ``name``.

    Raises:
        UserError: there is no such workload, or its numbers make no sense.
    """
    if name.startswith(LATER):
        raise UserError(f"workload {short(name)}: not supported yet; known are {', '.join(FORMS)}")
    kind, sizes = _parts(name)
    if kind in NETWORKS and len(sizes) in (0, 4):
        return _network(name, kind, sizes or list(NETWORK_SHAPE))
    makers = {
        "gemm": (gemm, 3),
        "conv": (conv, 8),
        "layernorm": (layernorm, 2),
        "softmax": (softmax, 2),
    }
    if kind not in makers or len(sizes) != makers[kind][1]:
        raise UserError(_unknown(name))
    _check_sizes(name, sizes if kind != "conv" else sizes[:-1])
    _check_tensors(name, _tensors(kind, sizes))
    program, reference = makers[kind][0](*sizes)
    extra = {"gemm": gemm_workspace, "conv": conv_workspace}.get(kind, lambda *_: 0)(*sizes)
    return Workload(program, reference, of_numpy(program.text) + extra)


def _network(name: str, kind: str, sizes: list[int]) -> Workload:
    """A whole model; PyTorch, which takes seconds, is imported only where it was not before."""
    _check_sizes(name, sizes)
    _check_tensors(name, [prod(sizes)])
    if sizes[1] != NETWORK_SHAPE[1]:
        raise UserError(f"workload {short(name)}: images of {sizes[1]} channels; expected 3")
    shape = tuple(sizes)

    @cache
    def made() -> tuple[Imported, Callable[[], Expected]]:
        from npu.frontend.workloads.networks import network  # noqa: PLC0415 - start-up time

        return network(kind, shape)

    def reference() -> Expected:
        return made()[1]()

    program = kept_import(kind, shape, lambda: made()[0])
    return Workload(program, reference, of_eager(program.text), is_kept=True)


def _parts(name: str) -> tuple[str, list[int]]:
    """The kind of a workload and its numbers; `resnet18` has none."""
    found = re.fullmatch(r"([a-z]\w*?)(?:_(\d+(?:x\d+)+))?", name)
    if not found:
        return name, []
    return found[1], [_size(n) for n in found[2].split("x")] if found[2] else []


def _unknown(name: str) -> str:
    kinds = [form if form in NETWORKS else form.split("_")[0] for form in FORMS]
    asked = _parts(name)[0]
    near = [FORMS[kinds.index(kind)] for kind in near_names(asked.split("_")[0], kinds)]
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


def _tensors(kind: str, sizes: list[int]) -> list[int]:
    """Elements of the tensors of a program."""
    if kind != "conv":
        return [a * b for i, a in enumerate(sizes) for b in sizes[i + 1 :]]
    images, height, width, inputs, outputs, kernel, stride, padding = sizes
    rows, columns = (max(0, n + 2 * padding - kernel) // stride + 1 for n in (height, width))
    padded = images * inputs * (height + 2 * padding) * (width + 2 * padding)
    return [padded, outputs * inputs * kernel**2, images * outputs * rows * columns]


def _check_tensors(name: str, tensors: list[int]) -> None:
    if max(tensors) > MAX_ELEMENTS:
        raise UserError(
            f"workload {short(name)}: a tensor of {max(tensors):.4g} elements; expected at most "
            f"{MAX_ELEMENTS}"
        )
