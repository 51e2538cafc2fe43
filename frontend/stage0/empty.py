"""Work on tensors without elements disappears.

A tensor with an extent of 0 holds nothing, so whoever makes one makes an empty tensor, and who
reduces over one gives what the reduction starts from; a part of a whole without elements is left
out. Before:
    %1 = linalg.generic (d0, d1, d2) ins(%x, %y : tensor<3x0xf32>, tensor<0x4xf32>) outs(%zeros)
    %2 = linalg.generic (d0, d1) ins(%x : tensor<3x0xf32>) -> tensor<3x0xf32>
After:
    %1 is %zeros
    %2 = tensor.empty() : tensor<3x0xf32>
"""

from __future__ import annotations

from xdsl.dialects import func
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.dialects.tensor import ConcatOp, EmptyOp
from xdsl.ir import Attribute, Operation
from xdsl.rewriter import Rewriter

from npu.dialects.element_types import is_tensor
from npu.passes.group.iteration_space import shape_of


def drop_empty_work(function: func.FuncOp) -> None:
    """Apply the rewrite to ``function``, in place."""
    for op in list(function.body.block.ops):
        if len(op.results) != 1 or isinstance(op, EmptyOp):
            continue
        if is_empty(op.results[0].type):
            Rewriter.replace_op(op, EmptyOp([], op.results[0].type))
        elif isinstance(op, GenericOp) and _reduces_nothing(op):
            Rewriter.replace_op(op, [], [op.outputs[0]])
        elif isinstance(op, ConcatOp):
            _leave_out_empty_parts(op)


def is_empty(type_: Attribute) -> bool:
    """Whether it is a tensor without elements."""
    return is_tensor(type_) and 0 in type_.get_shape()


def _leave_out_empty_parts(op: ConcatOp) -> None:
    """A single part that is left is the whole."""
    parts = [part for part in op.inputs if not is_empty(part.type)]
    if len(parts) == 1:
        Rewriter.replace_op(op, [], parts)
    else:
        op.operands = parts


def _reduces_nothing(op: Operation) -> bool:
    return any(0 in shape_of(operand) for operand in op.operands)
