"""Say at once, before any lowering, everything in a graph that the next stages do not take."""

from __future__ import annotations

import operator
from collections.abc import Iterable

import torch
from torch.fx import Graph, Node

from npu.codegen.power import is_supported_exponent
from npu.configs.errors import UserError
from npu.frontend.torch_origin import Origin, origin_of, short_name

SUPPORTED = frozenset(
    {
        *("aten.mm.default", "aten.bmm.default"),
        *("aten.add.Tensor", "aten.add.Scalar", "aten.sub.Tensor", "aten.sub.Scalar"),
        *("aten.rsub.Scalar", "aten.mul.Tensor", "aten.mul.Scalar"),
        *("aten.div.Tensor", "aten.div.Scalar", "aten.neg.default"),
        *("aten.maximum.default", "aten.minimum.default", "aten.clamp.default", "aten.abs.default"),
        *("aten.relu.default", "aten.sigmoid.default", "aten.tanh.default", "aten.erf.default"),
        *("aten.exp.default", "aten.sqrt.default", "aten.rsqrt.default"),
        "aten.pow.Tensor_Scalar",
        *("aten.sum.dim_IntList", "aten.amax.default", "aten.amin.default"),
        *("aten.view.default", "aten._unsafe_view.default", "aten.reshape.default"),
        *("aten.permute.default", "aten.transpose.int", "aten.t.default", "aten.expand.default"),
        *("aten.unsqueeze.default", "aten.squeeze.default", "aten.squeeze.dim"),
        *("aten.squeeze.dims", "aten.clone.default", "aten.alias.default", "aten.detach.default"),
        *("aten.full.default", "aten.full_like.default"),
    }
)
"""Operators of a decomposed graph that lower to stage 0 (`npu.frontend.stage0`)."""

HINTS = {
    "aten.dropout": "dropout in training is random; call model.eval() first",
    "aten.native_dropout": "dropout in training is random; call model.eval() first",
    "aten.batch_norm": "call model.eval() first",
}
"""What to do about operators that have a common remedy."""


def check_graph(graph: Graph) -> None:
    """Raise one `UserError` naming all that cannot be lowered.

    Raises:
        UserError: with every unsupported operator (its source lines and counts), or every argument
            that is sparse, or every tensor that is not f32.
    """
    calls = [node for node in graph.nodes if node.op == "call_function"]
    unsupported = [node for node in calls if not _is_supported(node)]
    if unsupported:
        raise UserError(_report_operators(unsupported))
    sparse = [node for node in graph.nodes if node.op == "placeholder" and _is_sparse(node)]
    if sparse:
        raise UserError(_report_layouts(sparse))
    wrong = [node for node in graph.nodes if node.op != "output" and _wrong_type(node)]
    if wrong:
        raise UserError(_report_types(wrong))


def _is_supported(node: Node) -> bool:
    if str(node.target) == "aten.pow.Tensor_Scalar":
        return is_supported_exponent(float(node.args[1]))  # pyright: ignore[reportArgumentType]
    return node.target is not operator.getitem and str(node.target) in SUPPORTED


def _report_operators(nodes: Iterable[Node]) -> str:
    """One paragraph per operator in order of first use, one line per source line."""
    by_operator: dict[str, dict[Origin, int]] = {}
    for node in nodes:
        if node.target is operator.getitem:
            continue
        lines = by_operator.setdefault(short_name(str(node.target)), {})
        origin = origin_of(node)
        lines[origin] = lines.get(origin, 0) + 1
    count = len(by_operator)
    noun = "operator is" if count == 1 else "operators are"
    text = [f"{count} PyTorch {noun} not supported:"]
    for name, lines in by_operator.items():
        text.append(f"  {name}{_times(sum(lines.values()))}{_hint(name, lines)}")
        text += [
            f"    {origin.place}{_called(name, origin)}{_times(n)}" for origin, n in lines.items()
        ]
    text.append("Supported: " + ", ".join(supported_names()) + ", and what decomposes into these.")
    return "\n".join(text)


def supported_names() -> list[str]:
    """Operator names for messages and documentation, sorted, without overloads."""
    return sorted({short_name(name).removeprefix("aten.") for name in SUPPORTED})


def _times(count: int) -> str:
    return "" if count == 1 else f" ({count} times)"


def _called(name: str, origin: Origin) -> str:
    """The operator the user called, when it is another than the one that is missing."""
    return "" if origin.torch_op == name else f" [from {origin.torch_op}]"


def _hint(name: str, lines: Iterable[Origin]) -> str:
    names = [name, *(origin.torch_op for origin in lines)]
    found = [HINTS[each] for each in names if each in HINTS]
    return f": {found[0]}" if found else ""


def _is_sparse(node: Node) -> bool:
    value = node.meta.get("val")
    return isinstance(value, torch.Tensor) and value.layout is not torch.strided


def _report_layouts(nodes: Iterable[Node]) -> str:
    layouts = (f"{n.name}: {str(n.meta['val'].layout).removeprefix('torch.')}" for n in nodes)
    return f"these arguments are not dense ({', '.join(layouts)}); convert them with .to_dense()"


def _wrong_type(node: Node) -> bool:
    value = node.meta.get("val")
    return isinstance(value, torch.Tensor) and value.dtype is not torch.float32


def _report_types(nodes: Iterable[Node]) -> str:
    text = ["these tensors are not float32 (the only type supported so far):"]
    for node in nodes:
        kind = "argument" if node.op == "placeholder" else "result"
        dtype = str(node.meta["val"].dtype).removeprefix("torch.")
        where = "" if node.op == "placeholder" else f" at {origin_of(node).place}"
        text.append(f"  {kind} {node.name}: {dtype}{where}")
    text.append("Convert the model with model.float(), and its inputs with .float().")
    return "\n".join(text)
