"""Names of groups, by kind and shape: `matmul_512x768x768`, `softmax_512x512`, `add_7x5`.

The kind is that of the work or the PyTorch operator it stands for. The shape is the extents of the
loops, those of 1 left out: of a contraction batches, m, k, n; else in the order of the group.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xdsl.dialects.builtin import StringAttr
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Operation

from npu.dialects.origin import Origin
from npu.passes.group.contraction import Contraction
from npu.passes.group.iteration_space import reduction_loops
from npu.passes.group.prepare import LINE, ORIGIN, is_copy

WHOLE = ("softmax", "layer_norm", "batch_norm", "group_norm", "gelu", "silu", "var_mean")
"""Operators made of many operations, whose name says more than that of the last one."""


def origin_of(ops: Sequence[Operation]) -> Origin:
    """The PyTorch operators that some operations come from, and their lines."""
    return Origin(_distinct(ops, ORIGIN), _distinct(ops, LINE))


def _distinct(ops: Sequence[Operation], key: str) -> tuple[str, ...]:
    """The distinct strings that operations have as attribute `key`, in order."""
    found = (op.attributes.get(key) for op in ops)
    return tuple(dict.fromkeys(one.data for one in found if isinstance(one, StringAttr)))


def group_name(
    ops: Sequence[Operation], contraction: Contraction | None, extents: Sequence[int]
) -> str:
    """The name of the group of `ops`, whose loops have these extents."""
    return f"{_kind(ops, contraction)}_{_shape(contraction, extents)}"


def _shape(contraction: Contraction | None, extents: Sequence[int]) -> str:
    c = contraction
    order = range(len(extents)) if c is None else (*c.batch, *c.m, *c.k, *c.n)
    return "x".join(str(extents[d]) for d in order if extents[d] != 1) or "1"


def _kind(ops: Sequence[Operation], contraction: Contraction | None) -> str:
    if contraction is not None and contraction.is_windowed:
        return "conv"
    if contraction is not None:
        return "batch_matmul" if contraction.batch else "matmul"
    plain = [_plain(op) for op in _distinct(ops, ORIGIN)]
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
