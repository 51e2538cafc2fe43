"""Say at once, before any lowering, everything in a model that the next stages do not take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import torch
from torch.export import ExportedProgram
from torch.fx import Node

from npu.configs.errors import UserError
from npu.frontend.torch.arrays import KERNEL_TYPES, type_name
from npu.frontend.torch.origin import Origin, origin_of, short_name
from npu.frontend.torch.supported import is_supported, supported_names

TRAINING = {
    "aten.dropout": "dropout in training is random",
    "aten.native_dropout": "dropout in training is random",
    "aten.instance_norm": "instance norm in training changes its statistics",
    "aten.rrelu": "its slopes in training are random",
    "aten.rrelu_with_noise_functional": "its slopes in training are random",
}
"""What is wrong with operators that only a model in training has."""


OF_VALUES = ("u", "zuf")
"""How PyTorch's symbols for numbers that depend on values begin."""

MISSING = {
    "aten.bincount": "the size of its result depends on values; torch.histc has a fixed one",
    "aten._unique2": "the size of its result depends on values",
    "aten.unique_dim": "the size of its result depends on values",
    "aten.unique_consecutive": "the size of its result depends on values",
    "aten.adaptive_max_pool2d": "its windows of different sizes are not",
    "aten.adaptive_max_pool3d": "its windows of different sizes are not",
    "aten.max_pool2d_with_indices": "the positions of the maxima of integers are not",
    "aten.max_pool3d_with_indices": "the positions of the maxima of integers are not",
    **{
        f"aten.{name}": "it has no vector code (incomplete gamma functions have none)"
        for name in ("igamma", "igammac")
    },
    "npu.singular_vectors": "their signs are free; linalg.svdvals has none",
    "npu.eigenvectors": "their signs are free; linalg.eigvalsh has none",
    "aten.gcd": "a loop whose length depends on values is not",
    "aten.lcm": "a loop whose length depends on values is not",
}
"""What of an operator is not supported, where other uses of it are."""


def check_program(program: ExportedProgram, names: Mapping[str, str], *, is_training: bool) -> None:
    """Raise one `UserError` naming all that cannot be lowered.

    ``names`` are those of the arguments by the names of their nodes. ``is_training`` says whether a
    part of the model is in training mode.

    Raises:
        UserError: with dynamic shapes, results that are no tensors, unsupported operators,
            arguments that are sparse and tensors of unsupported types, each with its
            source lines and counts.
    """
    calls = [node for node in program.graph.nodes if node.op == "call_function"]
    operators = [node for node in calls if not is_supported(node)]
    text = [*_signature_problems(program)]
    if operators:
        text += _report_operators(operators, is_training=is_training)
    sparse = [node for node in program.graph.nodes if _is_sparse(node)]
    if sparse:
        text += _report_layouts(sparse, names)
    wrong = [node for node in program.graph.nodes if _wrong_type(node)]
    if wrong:
        text += _report_types(wrong, names)
    if text:
        raise UserError("\n".join(text))


def _signature_problems(program: ExportedProgram) -> Iterator[str]:
    """Dynamic shapes, and results that are no tensors."""
    symbols = [str(symbol) for symbol in cast(Any, program).range_constraints]
    symbols = [symbol for symbol in symbols if not symbol.startswith(OF_VALUES)]
    if symbols:
        yield (
            f"the model has dynamic shapes ({', '.join(symbols)}): expected static shapes; give "
            "inputs of the one shape to compile for"
        )
    outputs = cast(tuple[object, ...], program.graph.output_node().args[0])
    for position, value in enumerate(outputs):
        if not isinstance(value, Node):
            yield (
                f"output {position} of the model is {value!r}: expected only tensors to be returned"
            )
        elif not isinstance(value.meta.get("val"), torch.Tensor):
            yield (
                f"output {position} of the model is a number, by {origin_of(value).torch_op} at "
                f"{origin_of(value).place}: expected only tensors to be returned"
            )


def _report_operators(nodes: Iterable[Node], *, is_training: bool) -> list[str]:
    """One paragraph per operator in order of first use, one line per source line."""
    by_operator: dict[str, dict[Origin, int]] = {}
    for node in nodes:
        lines = by_operator.setdefault(short_name(str(node.target)), {})
        origin = origin_of(node)
        lines[origin] = lines.get(origin, 0) + 1
    count = len(by_operator)
    noun = "operator is" if count == 1 else "operators are"
    text = [f"{count} PyTorch {noun} not supported:"]
    for name, lines in by_operator.items():
        text.append(f"  {name}{_times(sum(lines.values()))}{_hint(name, lines, is_training)}")
        text += [
            f"    {origin.place}{_called(name, origin)}{_times(n)}" for origin, n in lines.items()
        ]
    text.append("Supported: " + ", ".join(supported_names()) + ", and what decomposes into these.")
    return text


def refuse_complex(nodes: Sequence[Node]) -> None:
    """Raise one `UserError` naming the operators ``nodes``, which take or give complex numbers."""
    if not nodes:
        return
    lines: dict[str, None] = {}
    for node in nodes:
        origin, name = origin_of(node), short_name(str(node.target))
        lines[f"  {name} at {origin.place}{_called(name, origin)}"] = None
    raise UserError(
        "\n".join(
            (
                "of complex numbers, these operators are not supported:",
                *lines,
                "Write them with real numbers, as torch.view_as_real gives them.",
            )
        )
    )


def _times(count: int) -> str:
    return "" if count == 1 else f" ({count} times)"


def _called(name: str, origin: Origin) -> str:
    """The operator the user called, when it is another than the one that is missing."""
    return "" if origin.torch_op == name else f" [from {origin.torch_op}]"


def _hint(name: str, lines: Iterable[Origin], is_training: bool) -> str:
    names = [name, *(origin.torch_op for origin in lines)]
    if name in MISSING:
        return f": {MISSING[name]}"
    found = [
        f"{TRAINING[each]}; {_remedy(each, is_training)}" for each in names if each in TRAINING
    ]
    return f": {found[0]}" if found else ""


def _is_sparse(node: Node) -> bool:
    value = node.meta.get("val") if node.op == "placeholder" else None
    return isinstance(value, torch.Tensor) and value.layout is not torch.strided


def _report_layouts(nodes: Iterable[Node], names: Mapping[str, str]) -> list[str]:
    layouts = [
        f"{names.get(n.name, n.name)}: {str(n.meta['val'].layout).removeprefix('torch.')}"
        for n in nodes
    ]
    return [f"these arguments are not dense ({', '.join(layouts)}); convert them with .to_dense()"]


def _remedy(name: str, is_training: bool) -> str | None:
    """What to do about an operator that only training has."""
    if name not in TRAINING:
        return None
    return "call model.eval() first" if is_training else "call it with training=self.training"


def _wrong_type(node: Node) -> bool:
    value = node.meta.get("val") if node.op != "output" else None
    return isinstance(value, torch.Tensor) and value.dtype not in KERNEL_TYPES


def _report_types(nodes: Iterable[Node], names: Mapping[str, str]) -> list[str]:
    """One line per argument, and per operator and source line."""
    others = [type_name(dtype) for dtype in KERNEL_TYPES if dtype is not torch.float32]
    lines: dict[str, int] = {}
    for node in nodes:
        dtype = type_name(node.meta["val"].dtype)
        line = f"  {_described(node, names)}: {dtype}"
        lines[line] = lines.get(line, 0) + 1
    return [
        f"these tensors are not float32, nor {', '.join(others[:-1])} or {others[-1]}:",
        *(f"{line}{_times(n)}" for line, n in lines.items()),
        "Convert the model with model.float(), and its inputs with .float().",
    ]


def _described(node: Node, names: Mapping[str, str]) -> str:
    """A tensor by its name and first use, or by what computes it."""
    if node.op != "placeholder":
        origin = origin_of(node)
        return f"result of {origin.torch_op} at {origin.place}"
    users = [user for user in node.users if user.op != "output"]
    used = f" of {origin_of(users[0]).torch_op} at {origin_of(users[0]).place}" if users else ""
    return f"argument {names.get(node.name, node.name)}{used}"
