"""Reinterpreting contiguous tensors: making and folding ``expand_shape`` and ``collapse_shape``.

``groups`` always lists, for each dimension of the smaller rank, the dimensions of the larger rank
it stands for, in order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import lru_cache

from xdsl.dialects.builtin import ArrayAttr, DenseArrayBase, IntegerAttr, TensorType, i64
from xdsl.dialects.linalg.ops import FillOp
from xdsl.dialects.tensor import CollapseShapeOp, EmptyOp, ExpandShapeOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from npu.dialects.element_types import element_type
from npu.passes.group.iteration_space import shape_of

Groups = Sequence[Sequence[int]]


def groups_of(op: ExpandShapeOp | CollapseShapeOp) -> list[list[int]]:
    """The reassociation of ``op`` as plain numbers."""
    return [[index.value.data for index in group] for group in op.reassociation]


def collapsed_shape(shape: Sequence[int], groups: Groups) -> tuple[int, ...]:
    """``shape`` with each group of dimensions multiplied into one."""
    return tuple(math.prod(shape[d] for d in group) for group in groups)


def groups_keeping(kept: Sequence[int], rank: int) -> list[list[int]]:
    """Groups that leave the dimensions ``kept`` of ``rank``; the others (extent 1) join them."""
    bounds = [0, *kept[1:], rank]
    return [list(range(start, end)) for start, end in itertools.pairwise(bounds)]


def collapse(value: SSAValue, groups: Groups, before: Operation) -> SSAValue:
    """``value`` collapsed, defined ahead of ``before``; empty and filled tensors are made anew."""
    shape = collapsed_shape(shape_of(value), groups)
    if shape == shape_of(value):
        return value
    owner = value.owner
    if isinstance(owner, ExpandShapeOp) and shape_of(owner.src) == shape:
        return owner.src
    type_ = TensorType(element_type(value.type), shape)
    if isinstance(owner, EmptyOp):
        return _insert(EmptyOp([], type_), before)
    if isinstance(owner, FillOp):
        empty = _insert(EmptyOp([], type_), before)
        return _insert(FillOp([owner.inputs[0]], [empty], [type_]), before)
    new = CollapseShapeOp.create(
        operands=[value],
        result_types=[type_],
        properties={"reassociation": reassociation(groups)},
    )
    return _insert(new, before)


def expand(value: SSAValue, groups: Groups, shape: Sequence[int]) -> ExpandShapeOp:
    """An operation that gives ``value`` the larger ``shape``; the caller inserts it."""
    type_ = TensorType(element_type(value.type), shape)
    return ExpandShapeOp.create(
        operands=[value],
        result_types=[type_],
        properties={
            "reassociation": reassociation(groups),
            "static_output_shape": DenseArrayBase.from_list(i64, shape),
        },
    )


def fold(op: ExpandShapeOp | CollapseShapeOp) -> None:
    """Fold ``op`` with the reshape or the empty tensor that feeds it, if together they are one."""
    feeding = op.src.owner
    if isinstance(feeding, EmptyOp):
        Rewriter.replace_op(op, EmptyOp([], op.result.type))
        return
    if not isinstance(feeding, ExpandShapeOp | CollapseShapeOp):
        return
    source, target = shape_of(feeding.src), shape_of(op.result)
    if source == target:
        Rewriter.replace_op(op, [], [feeding.src])
        return
    wider = len(target) > len(source)
    groups = regroup(source, target) if wider else regroup(target, source)
    if groups is None:
        return
    if wider:
        Rewriter.replace_op(op, expand(feeding.src, groups, target))
    else:
        Rewriter.replace_op(op, [], [collapse(feeding.src, groups, op)])


def regroup(small: Sequence[int], large: Sequence[int]) -> list[list[int]] | None:
    """Groups that make ``large`` out of ``small``, or None when a dimension would straddle two."""
    if not small or len(small) >= len(large):
        return None
    groups: list[list[int]] = []
    at = 0
    for extent in small:
        end = at + 1
        while end < len(large) and math.prod(large[at:end]) < extent:
            end += 1
        if at >= len(large) or math.prod(large[at:end]) != extent:
            return None
        groups.append(list(range(at, end)))
        at = end
    if any(large[d] != 1 for d in range(at, len(large))):
        return None
    groups[-1] += range(at, len(large))  # trailing dimensions of extent 1
    return groups


def reassociation(groups: Groups) -> ArrayAttr[ArrayAttr[IntegerAttr]]:
    """``groups`` as an attribute; there are few different ones."""
    return _reassociation(tuple(map(tuple, groups)))


@lru_cache(maxsize=1024)
def _reassociation(groups: tuple[tuple[int, ...], ...]) -> ArrayAttr[ArrayAttr[IntegerAttr]]:
    return ArrayAttr([ArrayAttr([IntegerAttr(d, i64) for d in group]) for group in groups])


def _insert(op: Operation, before: Operation) -> SSAValue:
    Rewriter.insert_op(op, InsertPoint.before(before))
    return op.results[0]


def merge_equal(block: Block) -> None:
    """Merge equal reshapes and equal ``tensor.empty`` of ``block``, not inside operations."""
    seen: dict[tuple[object, ...], SSAValue] = {}
    for op in list(block.ops):
        if not isinstance(op, ExpandShapeOp | CollapseShapeOp | EmptyOp):
            continue
        result = op.results[0]
        key = (op.name, tuple(op.operands), result.type, op.properties.get("reassociation"))
        if key in seen:
            Rewriter.replace_op(op, [], [seen[key]])
        else:
            seen[key] = result
