"""Slices become copies that read at an offset.

Before:
    %0 = tensor.extract_slice %x[1, 0] [2, 9] [3, 1] : tensor<6x9xf32> to tensor<2x9xf32>
After:
    generic (d0, d1) ins(%x (d0 * 3 + 1, d1) : tensor<6x9xf32>) outs(d0, d1 : tensor<2x9xf32>)

A dimension that the slice leaves out of its result is collapsed behind it. A plain loop walks all
of a dimension, so that one of which the slice takes the first part is read at the sum of two loops,
the second one of extent 1, which is a dimension of the result until it is collapsed.
"""

from __future__ import annotations

from xdsl.dialects import func
from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    TensorType,
)
from xdsl.dialects.linalg.attrs import IteratorType, IteratorTypeAttr
from xdsl.dialects.linalg.ops import GenericOp, YieldOp
from xdsl.dialects.tensor import EmptyOp, ExtractSliceOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint, Rewriter

from npu.dialects.element_types import element_type
from npu.frontend.stage0.origins import copy_origin
from npu.frontend.stage0.reassociation import collapse, regroup
from npu.frontend.stage0.sums import Sum
from npu.passes.group.iteration_space import shape_of


def read_slices_at_offsets(function: func.FuncOp) -> None:
    """Apply the rewrite to every slice of ``function`` with static places, in place."""
    for op in list(function.body.block.ops):
        if isinstance(op, ExtractSliceOp) and not op.offsets and not op.sizes and not op.strides:
            _read(op)


def copy_of(value: SSAValue, exprs: tuple[AffineExpr, ...], shape: list[int]) -> list[Operation]:
    """Operations, the last of which copies ``value`` as read at ``exprs`` into a new tensor."""
    element = element_type(value.type)
    type_ = TensorType(element, shape)
    empty = EmptyOp([], type_)
    block = Block(arg_types=[element, element])
    block.add_op(YieldOp(block.args[0]))
    rank = len(shape)
    maps = [AffineMap(rank, 0, exprs), AffineMap.identity(rank)]
    copy = GenericOp(
        [value],
        [empty.tensor],
        Region(block),
        ArrayAttr([AffineMapAttr(map_) for map_ in maps]),
        ArrayAttr([IteratorTypeAttr(IteratorType.PARALLEL)] * rank),
        [type_],
    )
    return [empty, copy]


def _read(op: ExtractSliceOp) -> None:
    offsets, sizes, strides = (
        [int(n) for n in each.get_values()]
        for each in (op.static_offsets, op.static_sizes, op.static_strides)
    )
    found: list[Sum] = []
    shape = list(sizes)
    for loop, (offset, size, stride) in enumerate(zip(offsets, sizes, strides, strict=True)):
        steps = {loop: stride if size > 1 else 1}
        if steps[loop] == 1 and not offset and size < shape_of(op.source)[loop]:
            steps[len(shape)] = 1
            shape.append(1)
        found.append(Sum(steps, offset))
    added = copy_of(op.source, tuple(each.expression for each in found), shape)
    for new in added:
        copy_origin(op, new)
    Rewriter.insert_op(added, InsertPoint.before(op))
    Rewriter.replace_op(op, [], [_without_units(added[-1].results[0], shape_of(op.result), op)])


def _without_units(value: SSAValue, shape: tuple[int, ...], before: Operation) -> SSAValue:
    """``value`` in ``shape``, which lacks some of its dimensions of extent 1."""
    if not shape:
        return collapse(value, [], before)
    groups = regroup(shape, shape_of(value))
    return value if groups is None else collapse(value, groups, before)
