"""Every part of a `tensor.concat` is computed for its place in the whole, and for nothing else.

So `npu-tile` can let kernels store straight into the whole. What is no result of an operation (an
argument, another whole), and a result whose dimensions do not fit the whole's, is copied; a result
that others read, too, is copied where it is computed: its tile is stored twice, loaded by nobody.
Before:
    %r = linalg.generic ... -> tensor<4x3xf32>
    %w = tensor.concat dim(1) %x, %r : (tensor<4x5xf32>, tensor<4x3xf32>) -> tensor<4x8xf32>
    return %w, %r
After:
    %c = linalg.generic (copy) ins(%x)
    %d = linalg.generic (copy) ins(%r)
    %w = tensor.concat dim(1) %c, %d
    return %w, %r
"""

from __future__ import annotations

from math import prod

from xdsl.dialects import tensor
from xdsl.dialects.builtin import ArrayAttr, IntegerAttr, TensorType, i64
from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from npu.dialects.element_types import element_type
from npu.passes.group.copies import copy_of, copy_origin
from npu.passes.group.iteration_space import shape_of
from npu.passes.group.parts import Reshape, place_of


def settle_parts(block: Block) -> None:
    """Applies the rewrite to every `tensor.concat` of a block, in place."""
    for op in list(block.ops):
        if isinstance(op, tensor.ConcatOp):
            for index in range(len(op.inputs)):
                op.operands[index] = _settled(op, index)


def _settled(whole: tensor.ConcatOp, index: int) -> SSAValue:
    """What is to be operand `index`: as it is, if its place is all that it is computed for."""
    operand = root = whole.inputs[index]
    reshapes: list[Reshape] = []
    while isinstance(root.owner, Reshape):
        reshapes.append(root.owner)
        root = root.owner.src
    is_result = isinstance(root.owner, GenericOp | FillOp)
    if not is_result or place_of(whole, index, shape_of(root)) is None:
        return _copied_as_rows(operand, whole)
    if root.has_one_use() and all(op.result.has_one_use() for op in reshapes):
        return operand
    value = _copied(root, whole)
    for op in reversed(reshapes):
        again = op.clone()
        again.operands[0] = value
        Rewriter.insert_op(again, InsertPoint.before(whole))
        value = again.results[0]
    return value


def _copied_as_rows(operand: SSAValue, whole: tensor.ConcatOp) -> SSAValue:
    """A copy of an operand in as few dimensions as its place has."""
    shape, dim = shape_of(operand), whole.dim.value.data
    every = range(len(shape))
    is_one_row = prod(shape[:dim]) == 1
    groups = [list(every)] if is_one_row else [list(every[:dim]), list(every[dim:])]
    if len(groups) == len(shape):
        return _copied(operand, whole)
    numbers = ArrayAttr([ArrayAttr([IntegerAttr(d, i64) for d in group]) for group in groups])
    rows = [prod(shape[d] for d in group) for group in groups]
    collapse = tensor.CollapseShapeOp.build(
        operands=[operand],
        result_types=[TensorType(element_type(operand.type), rows)],
        properties={"reassociation": numbers},
    )
    Rewriter.insert_op(collapse, InsertPoint.before(whole))
    copy = _copied(collapse.result, whole)
    expand = tensor.ExpandShapeOp(copy, [], numbers, shape, operand.type)
    Rewriter.insert_op(expand, InsertPoint.before(whole))
    return expand.result


def _copied(value: SSAValue, whole: tensor.ConcatOp) -> SSAValue:
    """A copy of a tensor, ahead of `whole`, which it belongs to."""
    added: list[Operation] = copy_of(value)
    copy_origin(whole, added[-1])
    added[-1].location = whole.location
    Rewriter.insert_op(added, InsertPoint.before(whole))
    return added[-1].results[0]
