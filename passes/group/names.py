"""Names of groups, from the PyTorch operators they stand for: `matmul_0`, `softmax_1`, `add_2`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from xdsl.dialects.builtin import StringAttr
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Operation

from npu.passes.group.contraction import Contraction
from npu.passes.group.iteration_space import reduction_loops
from npu.passes.group.prepare import ORIGIN, is_copy

WHOLE = ("softmax", "layer_norm", "batch_norm", "group_norm", "gelu", "silu", "var_mean")
"""Operators made of many operations, whose name says more than that of the last one."""


def torch_ops_of(ops: Sequence[Operation]) -> list[str]:
    """The distinct `npu.torch_op` of some operations, in order."""
    found: dict[str, None] = {}
    for op in ops:
        origin = op.attributes.get(ORIGIN)
        if isinstance(origin, StringAttr):
            found[origin.data] = None
    return list(found)


def group_name(ops: Sequence[Operation], contraction: Contraction | None, number: int) -> str:
    """The name of group `number` of a module."""
    return f"{_stem(ops, contraction)}_{number}"


def _stem(ops: Sequence[Operation], contraction: Contraction | None) -> str:
    if contraction is not None and contraction.is_windowed:
        return "conv"
    if contraction is not None:
        return "batch_matmul" if contraction.batch else "matmul"
    plain = [_plain(op) for op in torch_ops_of(ops)]
    for whole in WHOLE:
        if whole in plain:
            return whole
    if plain:
        return plain[-1]
    return _shape_of_work(ops)


def _shape_of_work(ops: Sequence[Operation]) -> str:
    """A name from what the operations do, where PyTorch gives none."""
    if any(reduction_loops(op) for op in ops):
        return "reduction"
    generics = [op for op in ops if isinstance(op, GenericOp)]
    if generics and all(is_copy(op) for op in generics):
        return "copy"
    return "elementwise" if generics else "fill"


def _plain(torch_op: str) -> str:
    """`aten._softmax.default` -> `softmax`."""
    parts = torch_op.split(".")
    name = parts[1] if len(parts) > 1 else parts[0]
    return re.sub(r"\W", "_", name).strip("_") or "op"
