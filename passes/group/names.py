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

from npu.dialects.npu import GroupOp
from npu.dialects.origin import Origin
from npu.passes.group.contraction import Contraction
from npu.passes.group.copies import LINE, ORIGIN
from npu.passes.group.indexed import is_indexed
from npu.passes.group.iteration_space import reduction_loops
from npu.passes.group.prepare import is_copy

_SHAPE = re.compile(r"(.*?)_(\d+(?:x\d+)+|\d+)(?:_\d+)?$")
"""The kind and the shape of a group's name, behind which a number may stand."""

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
    return f"{kind_of(ops, contraction)}_{_shape(contraction, extents)}"


def _shape(contraction: Contraction | None, extents: Sequence[int]) -> str:
    c = contraction
    order = range(len(extents)) if c is None else (*c.batch, *c.m, *c.k, *c.n)
    return "x".join(str(extents[d]) for d in order if extents[d] != 1) or "1"


def kind_of(ops: Sequence[Operation], contraction: Contraction | None = None) -> str:
    """What a group of operations does, in a word."""
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
    if is_indexed(ops[0]):
        return ops[0].name.removeprefix("npu.")
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


def joined_name(producer: GroupOp, consumer: GroupOp) -> str:
    """The name of a group made of two: after their one PyTorch operator, or their kinds.

    Behind it stand the shapes of all but what one has in common with the one before: batches, rows,
    and the columns that it takes in.
    """
    names = [group.sym_name.data for group in (producer, consumer)]
    operators = list(dict.fromkeys((*producer.origin.torch_ops, *consumer.origin.torch_ops)))
    split = [_SHAPE.match(name) for name in names]
    kinds = [found.group(1) if found else name for found, name in zip(split, names, strict=True)]
    sizes = [found.group(2).split("x") if found else [] for found in split]
    kind = _plain(operators[0]) if len(operators) == 1 else "_".join(kinds)
    shape = list(sizes[0])
    for one in sizes[1:]:
        same = 0
        while same < min(len(one), len(sizes[0])) and one[same] == sizes[0][same]:
            same += 1
        new = one[same:]
        shape += new[1:] if new[:1] == shape[-1:] else new
    return f"{kind}_{'x'.join(shape)}"
