"""Operators on bf16 and f16 compute in float32 and round their results once, as PyTorch's do.

Before:
    %y = aten.softmax.int(%x, -1) (bf16)
After:
    %s = aten._to_copy(%x, float32) ; %t = aten.softmax.int(%s, -1) (f32)
    %y = aten._to_copy(%t, bfloat16)

That is done ahead of the decompositions: what an operator is made of is not rounded between. What
only moves values takes them as they are, two bytes each.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.export import ExportedProgram
from torch.fx import Graph, Node
from torch.utils._pytree import tree_leaves, tree_map, tree_map_only

from npu.frontend.torch.trace_once import AGAIN, ENTER, LEAVE

aten = torch.ops.aten

HALVES = frozenset({torch.bfloat16, torch.float16})

MOVED = frozenset(
    {
        *("view", "_unsafe_view", "view_as", "reshape", "reshape_as", "flatten", "unflatten"),
        *("transpose", "t", "permute", "movedim", "moveaxis", "swapaxes", "swapdims", "numpy_T"),
        *("expand", "expand_as", "broadcast_to", "unsqueeze", "squeeze", "alias", "detach"),
        *("slice", "select", "narrow", "chunk", "split", "split_with_sizes", "tensor_split"),
        *("unsafe_chunk", "unsafe_split", "unbind", "diagonal", "unfold", "clone", "contiguous"),
        *("cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "flip", "roll"),
        *("repeat", "tile", "embedding", "index_select", "gather", "take_along_dim", "copy_"),
        *("constant_pad_nd", "lift_fresh_copy", "pixel_shuffle", "channel_shuffle", "meshgrid"),
        *("zeros", "zeros_like", "ones", "ones_like", "full", "full_like", "empty", "empty_like"),
        *("new_zeros", "new_ones", "new_full", "new_empty", "zero_", "fill_", "as_strided"),
        *("_assert_tensor_metadata", "scaled_dot_product_attention", "nextafter"),
    }
)
"""Operators that only move or make values; attention, whose rule knows of halves; and one whose
result says what type it is of, which has a rule for f32 alone."""

COMPARED = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})
"""Operators that PyTorch gives a number in the tensor's type."""


def compute_in_single(program: ExportedProgram) -> None:
    """Apply the rewrite to an exported program ahead of its decompositions, in place."""
    graph = program.graph
    for node in list(graph.nodes):
        if node.op == "call_function" and _is_of_halves(node):
            _rewrite(program, node)
    graph.lint()


def is_half(value: object) -> bool:
    """Whether a value is a tensor of bf16 or f16."""
    return isinstance(value, Tensor) and value.dtype in HALVES


def _is_of_halves(node: Node) -> bool:
    """Whether a call computes with halves."""
    target = node.target
    if not isinstance(target, OpOverload) or target in (ENTER, LEAVE, AGAIN):
        return False
    if _name(target) in MOVED:
        return False
    return any(is_half(one) for part in (node, *node.all_input_nodes) for one in _leaves(part))


def _leaves(node: Node) -> list[object]:
    return tree_leaves(node.meta.get("val"))


def _name(target: OpOverload) -> str:
    return target.name().removeprefix("aten::").split(".")[0]


def _rewrite(program: ExportedProgram, node: Node) -> None:
    """Conversions around one call; one that changes its first operand copies the result there."""
    graph, target = program.graph, cast(OpOverload, node.target)
    pure = target
    if target._schema.is_mutable:  # pyright: ignore[reportPrivateUsage]
        found = _pure(target)
        if found is None:
            return
        pure = found
    with graph.inserting_before(node):
        args, kwargs = tree_map_only(
            Node, lambda one: _as_single(graph, one, node), (node.args, node.kwargs)
        )
        args, kwargs = tree_map(_single_type, (args, kwargs))
        if _name(pure) == "nan_to_num":
            args = _with_ends(args, node.all_input_nodes[0])
        if _name(pure) in COMPARED and not isinstance(args[1], Node):
            args = (args[0], _rounded(args[1], node.all_input_nodes[0]))
    node.target, given = pure, node.args
    node.args, node.kwargs = args, kwargs
    if pure is not target:
        _copy_back(program, node, cast(Node, given[0]))
        return
    value = node.meta["val"]
    if isinstance(value, Tensor):
        _round(program, node, value.dtype)
        return
    for user in list(node.users):
        if is_half(user.meta.get("val")):
            _round(program, user, user.meta["val"].dtype)


def _pure(target: OpOverload) -> OpOverload | None:
    """The operator of the same name that changes nothing."""
    packet = getattr(aten, _name(target).removesuffix("_"), None)
    return getattr(packet, target._overloadname, None)  # pyright: ignore[reportPrivateUsage]


def _as_single(graph: Graph, value: Node, of: Node) -> Node:
    """`value` in float32 where it is a half."""
    if not is_half(value.meta.get("val")):
        return value
    new = graph.call_function(aten._to_copy.default, (value,), {"dtype": torch.float32})
    new.meta = {**of.meta, "val": value.meta["val"].float()}
    return new


def _single_type(value: object) -> object:
    return torch.float32 if value in HALVES else value


def _with_ends(args: tuple[Any, ...], of: Node) -> tuple[Any, ...]:
    """The arguments of nan_to_num with what stands for infinities: the ends of the half's range."""
    if not is_half(of.meta.get("val")):
        return args
    ends = torch.finfo(of.meta["val"].dtype)
    x, nan, high, low = (*args, None, None, None)[:4]
    return x, nan, ends.max if high is None else high, ends.min if low is None else low


def _rounded(number: Any, of: Node) -> Any:
    """A number in the type of the tensor that it is compared with."""
    if isinstance(number, bool) or not is_half(of.meta.get("val")):
        return number
    return torch.tensor(number, dtype=of.meta["val"].dtype).item()


def _round(program: ExportedProgram, node: Node, dtype: torch.dtype) -> None:
    """The users of `node`, which is float32 from now on, read it rounded to `dtype`."""
    if dtype not in HALVES:
        return
    with program.graph.inserting_after(node):
        new = program.graph.call_function(aten._to_copy.default, (node,), {"dtype": dtype})
    new.meta = dict(node.meta)
    node.meta["val"] = node.meta["val"].float()
    _replace(program, node, new)


def _copy_back(program: ExportedProgram, node: Node, changed: Node) -> None:
    """The result of `node` is what `changed` holds from then on, rounded to its type."""
    with program.graph.inserting_after(node):
        new = program.graph.call_function(aten.copy_.default, (changed, node))
    new.meta = dict(node.meta)
    node.meta["val"] = node.meta["val"].float()
    _replace(program, node, new)


def _replace(program: ExportedProgram, old: Node, new: Node) -> None:
    """Let everything but `new` itself read `new`, the program's results too."""
    old.replace_all_uses_with(new, delete_user_cb=lambda user: user is not new)
    program.graph_signature.replace_all_uses(old.name, new.name)
