"""Constant tensors become fills, or arguments that hold their values.

Before:
    func.func @main(%x: tensor<3xf32>) {
      %ones = tensor.splat %one : tensor<2x3xf32>
      %list = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
After:
    func.func @main(%x: tensor<3xf32>, %constant: tensor<3xf32>) {
      %empty = tensor.empty() : tensor<2x3xf32>
      %ones = linalg.fill ins(%one) outs(%empty) -> tensor<2x3xf32>
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    FunctionType,
)
from xdsl.dialects.linalg.ops import FillOp
from xdsl.dialects.tensor import EmptyOp, SplatOp
from xdsl.ir import Attribute, SSAValue
from xdsl.rewriter import Rewriter

from npu.dialects.element_types import TAKEN, is_tensor
from npu.frontend.imported import Array
from npu.frontend.stage0.origins import copy_origin
from npu.runtime.reference.types import numpy_type

CONSTANT = "constant"
"""Name of the arguments that hold constants."""


def constant_argument(function: func.FuncOp, type_: Attribute) -> SSAValue:
    """A new last argument of ``function``, which will hold a constant."""
    block = function.body.block
    argument = block.insert_arg(type_, len(block.args))
    argument.name_hint = CONSTANT
    inputs = [each.type for each in block.args]
    outputs = list(function.function_type.outputs)
    function.properties["function_type"] = FunctionType.from_lists(inputs, outputs)
    return argument


def lift_tensor_constants(function: func.FuncOp) -> list[Array]:
    """Apply the rewrite to ``function``, in place; the values of the new arguments, in order."""
    values: list[Array] = []
    for op in list(function.body.block.ops):
        if isinstance(op, SplatOp):
            _fill(op)
        elif isinstance(op, arith.ConstantOp) and isinstance(op.value, DenseIntOrFPElementsAttr):
            value = _lift(op, op.value, function)
            values += [] if value is None else [value]
    return values


def _fill(op: SplatOp) -> None:
    empty = EmptyOp([], op.result.type)
    fill = FillOp([op.input], [empty.tensor], [op.result.type])
    copy_origin(op, empty)
    copy_origin(op, fill)
    Rewriter.replace_op(op, [empty, fill], fill.results)


def _lift(
    op: arith.ConstantOp, constant: DenseIntOrFPElementsAttr, function: func.FuncOp
) -> Array | None:
    """Replace a list of numbers by an argument, and one of nothing by an empty tensor."""
    type_ = constant.type
    if not is_tensor(type_):
        return None
    if 0 in type_.get_shape():
        empty = EmptyOp([], type_)
        copy_origin(op, empty)
        Rewriter.replace_op(op, empty)
        return None
    if type_.element_type not in TAKEN:
        return None
    Rewriter.replace_op(op, [], [constant_argument(function, type_)])
    values = np.array(constant.get_values(), numpy_type(type_.element_type))
    return values.reshape(type_.get_shape())
