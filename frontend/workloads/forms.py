"""What the names of workloads look like, and the numbers in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod

from npu.configs.errors import UserError
from npu.configs.near import near_names
from npu.configs.short import short

MAX_ELEMENTS = 1 << 30
"""Largest tensor of a workload: 4 GiB of f32."""

MAX_DIGITS = 20
"""A size of as many digits is beyond every tensor."""

NETWORK_SHAPE = (1, 3, 224, 224)
"""The input of a network that names none."""

BLOCK_TOKENS = (512,)
"""The tokens of an encoder block that names none."""


@dataclass(frozen=True)
class Form:
    """The names of one kind of workload: `gemm_MxKxN`, each letter a positive number."""

    kind: str
    sizes: tuple[str, ...]
    """The names of its numbers."""

    default: tuple[int, ...] | None = None
    """Its numbers where it names none."""

    is_labelled: bool = False
    """Whether each number has its label in front: `sdpa_prefill_b1_hq8_hkv8_s512_d128`."""

    is_model: bool = True
    """Whether it is a model of PyTorch, which is imported; others are written at stage 0."""

    @property
    def text(self) -> str:
        """What messages show."""
        if self.is_labelled:
            return "_".join((self.kind, *(f"{size}{size.upper()}" for size in self.sizes)))
        if self.default is not None:
            return self.kind
        return f"{self.kind}_{'x'.join(self.sizes)}"


FORMS = (
    Form("gemm", ("M", "K", "N"), is_model=False),
    Form("conv", ("B", "H", "W", "IC", "OC", "K", "S", "P"), is_model=False),
    Form("layernorm", ("R", "C"), is_model=False),
    Form("softmax", ("R", "C"), is_model=False),
    Form("add", ("N",)),
    Form("exp", ("N",)),
    Form("read_only", ("N",)),
    Form("attention", ("H", "S", "D")),
    Form("attn_enc", ("H", "S", "D")),
    Form("attn_dec", ("HQ", "HKV", "M", "S", "D")),
    Form("sdpa_prefill", ("b", "hq", "hkv", "s", "d"), is_labelled=True),
    Form("sdpa_decode", ("b", "hq", "hkv", "s", "d"), is_labelled=True),
    Form("ffn_gated", ("M", "K", "F")),
    Form("ffn_erf", ("M", "K", "F")),
    Form("bert_base", ("T",), BLOCK_TOKENS),
    Form("bert_large", ("T",), BLOCK_TOKENS),
    Form("mobilenet_v2", ("B", "C", "H", "W"), NETWORK_SHAPE),
    Form("resnet18", ("B", "C", "H", "W"), NETWORK_SHAPE),
    Form("resnet50", ("B", "C", "H", "W"), NETWORK_SHAPE),
)
"""All kinds."""

KNOWN = (*(form.text for form in FORMS), "resnet18_BxCxHxW")
"""What messages list."""

BEGINNINGS = tuple(form.kind if form.default else f"{form.kind}_" for form in FORMS)
"""What completion offers."""


TYPES = ("f32", "bf16", "f16")
"""Element types of workloads, the first of those whose names have no other at their end."""


def split_type(name: str) -> tuple[str, str]:
    """A workload's name without its type, and that: `gemm_8x8x8_bf16` is one of bf16."""
    for type_ in TYPES[1:]:
        if name.endswith(f"_{type_}"):
            return name.removesuffix(f"_{type_}"), type_
    return name, TYPES[0]


def of_type(name: str, type_: str) -> str:
    """The name of a workload of another type."""
    return name if type_ == TYPES[0] else f"{name}_{type_}"


def parse(name: str) -> tuple[Form, tuple[int, ...]]:
    """The form of a workload's name without its type, and its numbers.

    Raises:
        UserError: no workload is called that, or a size is 0.
    """
    for form in FORMS:
        sizes = _sizes(form, name)
        if sizes is None:
            continue
        if any(size < 1 for size in sizes[: -1 if form.kind == "conv" else None]):
            raise UserError(f"workload {short(name)}: expected sizes of at least 1")
        return form, sizes
    raise UserError(_unknown(name))


def check_tensors(name: str, tensors: list[int]) -> None:
    """Raises UserError when a tensor has too many elements."""
    if max(tensors) > MAX_ELEMENTS:
        raise UserError(
            f"workload {short(name)}: a tensor of {max(tensors):.4g} elements; expected at most "
            f"{MAX_ELEMENTS}"
        )


def tensors(kind: str, sizes: tuple[int, ...]) -> list[int]:
    """Elements of the larger tensors of a program."""
    if kind == "conv":
        return _tensors_of_conv(sizes)
    if kind in ("attention", "attn_enc"):
        heads, rows, width = sizes
        return [heads * rows * width, heads * rows * rows]
    if kind == "attn_dec":
        queries, stored, rows, length, width = sizes
        return [queries * rows * width, stored * length * width, queries * rows * length]
    if kind in ("sdpa_prefill", "sdpa_decode"):
        images, queries, stored, length, width = sizes
        rows = length if kind == "sdpa_prefill" else 1
        return [
            images * max(queries * rows, stored * length) * width,
            images * queries * rows * length,
        ]
    if len(sizes) in (2, 3):
        return [a * b for i, a in enumerate(sizes) for b in sizes[i + 1 :]]
    return [prod(sizes)]


def _tensors_of_conv(sizes: tuple[int, ...]) -> list[int]:
    images, height, width, inputs, outputs, kernel, stride, padding = sizes
    rows, columns = (max(0, n + 2 * padding - kernel) // stride + 1 for n in (height, width))
    padded = images * inputs * (height + 2 * padding) * (width + 2 * padding)
    return [padded, outputs * inputs * kernel**2, images * outputs * rows * columns]


def _sizes(form: Form, name: str) -> tuple[int, ...] | None:
    """The numbers of a name; None if it has not this form."""
    if name == form.kind:
        return form.default
    number = r"(\d+)"
    if form.is_labelled:
        pattern = "".join(f"_{size}{number}" for size in form.sizes)
    else:
        pattern = "_" + "x".join([number] * len(form.sizes))
    found = re.fullmatch(form.kind + pattern, name, re.ASCII)
    return None if found is None else tuple(_size(digits) for digits in found.groups())


def _size(digits: str) -> int:
    """A size, as far as its digits matter: one of more digits than `MAX_ELEMENTS` is too large."""
    return int(digits) if len(digits) < MAX_DIGITS else 10**MAX_DIGITS


def _unknown(name: str) -> str:
    kinds = [form.kind for form in FORMS]
    asked = re.split(r"_\w?\w?\w?\d", name, maxsplit=1)[0]
    near = [one.text for one in FORMS if one.kind in near_names(asked, kinds)[:1]]
    meant = f"; did you mean {near[0]}?" if near else "."
    return (
        f"{short(name)}: no such workload or file{meant} Known workloads are {', '.join(KNOWN)} "
        "(for example gemm_128x63x56, or gemm_128x63x56_bf16); files end in .py or .mlir"
    )
