"""``linalg.index`` becomes an operand: the coordinates 0, 1, 2, ... of a loop, an argument.

Before:
    generic (d0, d1) ins(%x (d0, d1)) { %i = linalg.index 1 : index
      %n = arith.index_cast %i : index to i32 ; ... }
After:
    generic (d0, d1) ins(%x (d0, d1), %coordinates (d1)) { ^bb0(%in, %n : i32, ..): ... }

A tile reads the coordinates of its own iterations so, wherever it starts. What a body computes of
an index is computed in i32.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    IndexType,
    IntegerAttr,
    TensorType,
    i32,
)
from xdsl.dialects.linalg.ops import GenericOp, IndexOp
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.rewriter import InsertPoint, Rewriter

from npu.frontend.imported import Array
from npu.frontend.stage0.generics import loop_extents
from npu.frontend.stage0.results import set_operands
from npu.frontend.stage0.tensors import constant_argument


def read_coordinates(function: func.FuncOp) -> list[Array]:
    """Apply the rewrite to ``function``, in place; the values of the new arguments, in order."""
    coordinates: dict[int, SSAValue] = {}
    for op in function.body.block.ops:
        if isinstance(op, GenericOp) and any(isinstance(o, IndexOp) for o in op.body.block.ops):
            extents = loop_extents(op)
            for loop in _loops(op):
                extent = extents[loop]
                if extent not in coordinates:
                    type_ = TensorType(i32, [extent])
                    coordinates[extent] = constant_argument(function, type_)
                _add_input(op, coordinates[extent], loop)
            _compute_in_i32(op)
    return [np.arange(extent, dtype=np.int32) for extent in coordinates]


def _loops(op: GenericOp) -> list[int]:
    """The loops whose index the body asks for."""
    found = [inner.dim.value.data for inner in op.body.block.ops if isinstance(inner, IndexOp)]
    return sorted(set(found))


def _add_input(op: GenericOp, coordinates: SSAValue, loop: int) -> None:
    """Give ``op`` the coordinates of a loop instead of its index."""
    count = len(op.inputs)
    argument = op.body.block.insert_arg(i32, count)
    for inner in list(op.body.block.ops):
        if isinstance(inner, IndexOp) and inner.dim.value.data == loop:
            Rewriter.replace_op(inner, [], [argument])
    maps = list(op.indexing_maps)
    by_loop = AffineMap.identity(len(op.iterator_types)).results[loop]
    maps.insert(count, AffineMapAttr(AffineMap(len(op.iterator_types), 0, (by_loop,))))
    set_operands(op, [*op.inputs, coordinates], list(op.outputs))
    op.properties["indexing_maps"] = ArrayAttr(maps)


def _compute_in_i32(op: GenericOp) -> None:
    """What is left of type index becomes i32, its constants inside the body; casts disappear."""
    block = op.body.block
    for inner in list(block.ops):
        for at, operand in enumerate(inner.operands):
            if operand.type == IndexType() and isinstance(operand.owner, arith.ConstantOp):
                constant = operand.owner.clone()
                Rewriter.insert_op(constant, InsertPoint.before(inner))
                inner.operands[at] = constant.result
    for inner in list(block.ops):
        if all(result.type != IndexType() for result in inner.results):
            continue
        if isinstance(inner, arith.ConstantOp) and isinstance(inner.value, IntegerAttr):
            inner.properties["value"] = IntegerAttr(inner.value.value.data, i32)
        for result in inner.results:
            Rewriter.replace_value_with_new_type(result, i32)
    for inner in list(block.ops):
        if isinstance(inner, arith.IndexCastOp) and inner.input.type == inner.result.type:
            Rewriter.replace_op(inner, [], [inner.input])
