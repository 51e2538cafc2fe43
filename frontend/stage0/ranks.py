"""Tensors of rank 0 get one dimension of extent 1 inside of ``@main``.

The passes work on tensors that have loops. Before:
    func.func @main(%s: tensor<f32>) -> tensor<f32> {
      %0 = linalg.generic () ins(%s : tensor<f32>) -> tensor<f32>
After:
    func.func @main(%s: tensor<f32>) -> tensor<f32> {
      %1 = tensor.expand_shape %s [] : tensor<f32> into tensor<1xf32>
      %2 = linalg.generic (d0) ins(%1 (d0) : tensor<1xf32>) -> tensor<1xf32>
      %3 = tensor.collapse_shape %2 [] : tensor<1xf32> into tensor<f32>

A result of rank 0 is walked by a new outermost loop; an operand of rank 0 of other operations is a
single element, a map result 0, as in `stage0_single`.
"""

from __future__ import annotations

from xdsl.dialects import func
from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, TensorType
from xdsl.dialects.linalg.attrs import IteratorType, IteratorTypeAttr
from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.dialects.tensor import CollapseShapeOp, EmptyOp, ExpandShapeOp
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint, Rewriter

from npu.dialects.element_types import element_type, is_tensor
from npu.frontend.stage0.reassociation import expand, reassociation
from npu.passes.group.iteration_space import shape_of


def lift_rank_zero(function: func.FuncOp) -> None:
    """Apply the rewrite to ``function``, in place."""
    block = function.body.block
    ops = list(block.ops)
    for argument in block.args:
        if is_rank_zero(argument.type):
            wide = expand(argument, [], [1])
            argument.replace_all_uses_with(wide.result)
            wide.operands[0] = argument
            Rewriter.insert_op(wide, InsertPoint.before(ops[0]))
    for op in ops:
        if isinstance(op, GenericOp):
            _lift(op)
        elif isinstance(op, FillOp | EmptyOp):
            _widen(op)
        elif isinstance(op, ExpandShapeOp | CollapseShapeOp):
            _reshape(op)
        elif isinstance(op, func.ReturnOp):
            _narrow(op, function)


def is_rank_zero(type_: Attribute) -> bool:
    """Whether it is a tensor without dimensions."""
    return is_tensor(type_) and type_.get_num_dims() == 0


def _widen(op: Operation) -> None:
    """Give each result of rank 0 one dimension."""
    for result in list(op.results):
        if is_rank_zero(result.type):
            one = TensorType(element_type(result.type), [1])
            Rewriter.replace_value_with_new_type(result, one)


def _lift(op: GenericOp) -> None:
    """The same work with one dimension for each operand of rank 0, which has it by now."""
    maps = [attribute.data for attribute in op.indexing_maps]
    if all(len(map_.results) for map_ in maps):
        return
    if maps[-1].results:
        element = AffineExpr.constant(0)
        maps = [m if m.results else AffineMap(m.num_dims, 0, (element,)) for m in maps]
    else:
        maps = [_with_outer_loop(map_) for map_ in maps]
        kinds = ArrayAttr([IteratorTypeAttr(IteratorType.PARALLEL), *op.iterator_types.data])
        op.properties["iterator_types"] = kinds
    op.properties["indexing_maps"] = ArrayAttr([AffineMapAttr(map_) for map_ in maps])
    _widen(op)


def _with_outer_loop(map_: AffineMap) -> AffineMap:
    """The map behind a new loop 0, which walks the operands of rank 0."""
    count = map_.num_dims + 1
    if not map_.results:
        return AffineMap(count, 0, (AffineExpr.dimension(0),))
    later = [AffineExpr.dimension(dim + 1) for dim in range(map_.num_dims)]
    return AffineMap(count, 0, map_.replace_dims_and_symbols(later, [], count, 0).results)


def _reshape(op: ExpandShapeOp | CollapseShapeOp) -> None:
    """A reshape from or to rank 0 is one from or to a single dimension, or none."""
    _widen(op)
    if list(op.reassociation):
        return
    large = shape_of(op.result if isinstance(op, ExpandShapeOp) else op.src)
    if large == (1,):
        Rewriter.replace_op(op, [], [op.src])
    else:
        op.properties["reassociation"] = reassociation([range(len(large))])


def _narrow(op: func.ReturnOp, function: func.FuncOp) -> None:
    """Results of rank 0 lose their dimension."""
    for i, type_ in enumerate(function.function_type.outputs):
        if is_rank_zero(type_):
            op.operands[i] = _collapsed(op.operands[i], type_, op)


def _collapsed(value: SSAValue, type_: Attribute, before: Operation) -> SSAValue:
    if value.type == type_:
        return value
    narrow = CollapseShapeOp.build(
        operands=[value], result_types=[type_], properties={"reassociation": reassociation([])}
    )
    Rewriter.insert_op(narrow, InsertPoint.before(before))
    return narrow.result
