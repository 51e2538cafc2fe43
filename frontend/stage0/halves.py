"""Halves (bf16, f16) are read as they are: conversions to f32 go into those who read them.

Before:
    %0 = linalg.generic (d0, d1) ins(%x : tensor<4x5xbf16>) { ... arith.extf ... }
    %1 = linalg.generic (d0, d1) ins(%0 : tensor<4x5xf32>) { ^bb0(%a: f32, ...): ... }
After:
    %1 = linalg.generic (d0, d1) ins(%x : tensor<4x5xbf16>)
        { ^bb0(%h: bf16, ...): %a = arith.extf %h : bf16 to f32 ... }

So no f32 copy of a half lies in memory. A contraction takes both of its operands as halves of one
type, or none: arrays multiply equal types. Reshapes and padding go ahead of conversions. Arithmetic
on halves, as files may have it, is done in f32, each operation rounded.
"""

from __future__ import annotations

from typing import Any

from xdsl.dialects import arith, func
from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, FloatAttr, TensorType, f32
from xdsl.dialects.linalg.ops import GenericOp, YieldOp
from xdsl.dialects.tensor import CollapseShapeOp, EmptyOp, ExpandShapeOp, PadOp
from xdsl.dialects.tensor import YieldOp as PadYieldOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint, Rewriter

from npu.dialects.element_types import HALVES, element_type
from npu.dialects.order import is_ordered
from npu.frontend.stage0.constants import scalar_of
from npu.frontend.stage0.generics import is_parallel
from npu.frontend.stage0.origins import copy_origin
from npu.passes.group.contraction import multiplies_and_adds
from npu.passes.group.iteration_space import shape_of

AS_THEY_ARE = (arith.ConstantOp, arith.ExtFOp, arith.TruncFOp, arith.SelectOp, YieldOp)
"""Operations of a body that may have halves."""


def read_halves(function: func.FuncOp) -> None:
    """Apply the rewrites to ``function``, in place."""
    block = function.body.block
    for op in list(block.ops):
        if isinstance(op, GenericOp):
            for inner in list(op.body.block.ops):
                _compute_in_single(inner)
    for op in list(block.ops):
        if isinstance(op, ExpandShapeOp | CollapseShapeOp):
            _reshape_half(op)
        elif isinstance(op, PadOp):
            _pad_half(op)
        elif isinstance(op, GenericOp):
            _read_halves(op)


def _compute_in_single(op: Operation) -> None:
    """Arithmetic on halves, or that gives some, takes and gives f32."""
    if isinstance(op, AS_THEY_ARE):
        return
    for index, operand in enumerate(op.operands):
        if operand.type in HALVES:
            wide = arith.ExtFOp(operand, f32)
            Rewriter.insert_op(wide, InsertPoint.before(op))
            op.operands[index] = wide.result
    for result in op.results:
        if result.type in HALVES:
            half = result.type
            wide = Rewriter.replace_value_with_new_type(result, f32)
            narrow = arith.TruncFOp(wide, half)
            Rewriter.insert_op(narrow, InsertPoint.after(op))
            wide.replace_uses_with_if(
                narrow.result, lambda use, own=narrow: use.operation is not own
            )


def _half_behind(value: SSAValue) -> GenericOp | None:
    """The operation that does nothing but convert a half to the f32 `value`."""
    op = value.owner
    if not isinstance(op, GenericOp) or len(op.inputs) != 1 or not all(is_parallel(op)):
        return None
    first, last = op.body.block.first_op, op.body.block.last_op
    if not isinstance(first, arith.ExtFOp) or first.next_op is not last or last is None:
        return None
    is_plain = first.operands[0] is op.body.block.args[0] and last.operands[0] is first.result
    written = op.indexing_maps.data[-1].data.results
    dims = {expr.position for expr in written if isinstance(expr, AffineDimExpr)}
    is_permutation = len(dims) == len(written) == len(op.iterator_types)
    return op if is_plain and is_permutation else None


def _is_in_order(op: GenericOp) -> bool:
    """Whether a conversion leaves every element where it is."""
    first, last = op.indexing_maps.data
    return first == last and shape_of(op.inputs[0]) == shape_of(op.results[0])


def _read_halves(op: GenericOp) -> None:
    """Reads halves instead of their conversions; what goes along a row in order takes f32."""
    if is_ordered(op):
        return
    found = {
        index: half
        for index, value in enumerate(op.inputs)
        if (half := _half_behind(value)) is not None
    }
    types = [_type_of(half) for half in found.values()]
    if multiplies_and_adds(op) and (len(types) != 2 or types[0] != types[1]):
        return
    for index, half in found.items():
        _read(op, index, half)


def _type_of(half: GenericOp) -> Any:
    """The element type that it converts."""
    return element_type(half.inputs[0].type)


def _read(op: GenericOp, index: int, half: GenericOp) -> None:
    """Operand `index` becomes the half itself, and its use in the body the conversion."""
    read, written = (map_.data.results for map_ in half.indexing_maps)
    here = op.indexing_maps.data[index].data
    at: dict[int, AffineExpr] = {
        expr.position: here.results[place]
        for place, expr in enumerate(written)
        if isinstance(expr, AffineDimExpr)
    }
    dims = [at[d] for d in range(len(half.iterator_types))]
    results = tuple(expr.replace_dims_and_symbols(dims, []) for expr in read)
    maps = list(op.indexing_maps)
    maps[index] = AffineMapAttr(AffineMap(here.num_dims, 0, results))
    op.properties["indexing_maps"] = ArrayAttr(maps)
    op.operands[index] = half.inputs[0]
    block = op.body.block
    wide = block.args[index]
    new = block.insert_arg(_type_of(half), index)
    convert = arith.ExtFOp(new, f32)
    if wide.uses:
        Rewriter.insert_op(convert, InsertPoint.at_start(block))
        wide.replace_all_uses_with(convert.result)
    block.erase_arg(wide)


def _reshape_half(op: ExpandShapeOp | CollapseShapeOp) -> None:
    """Reshapes a half ahead of its conversion."""
    half = _half_behind(op.src)
    if half is None or not _is_in_order(half):
        return
    kind = TensorType(_type_of(half), shape_of(op.result))
    new = op.clone()
    new.operands[0] = half.inputs[0]
    Rewriter.insert_op(new, InsertPoint.before(op))
    result = Rewriter.replace_value_with_new_type(new.results[0], kind)
    _convert(op, result, half)


def _pad_half(op: PadOp) -> None:
    """Pads a half ahead of its conversion, where the half can be what it is padded with."""
    half = _half_behind(op.source)
    last = op.region.block.last_op
    fill = scalar_of(last.operands[0]) if isinstance(last, PadYieldOp) else None
    if half is None or not _is_in_order(half) or not isinstance(fill, FloatAttr):
        return
    element = _type_of(half)
    narrow = FloatAttr(fill.value.data, element)
    if narrow.value.data != fill.value.data:
        return
    block = Block(arg_types=op.region.block.arg_types)
    constant = arith.ConstantOp(narrow)
    block.add_ops([constant, PadYieldOp(constant.result)])
    kind = TensorType(element, shape_of(op.result))
    low, high = op.static_low.get_values(), op.static_high.get_values()
    new = PadOp(half.inputs[0], [], [], Region(block), low, high, kind)
    copy_origin(op, new)
    Rewriter.insert_op(new, InsertPoint.before(op))
    _convert(op, new.result, half)


def _convert(op: Operation, value: SSAValue, like: GenericOp) -> None:
    """Puts a conversion of `value` to f32 in the place of `op`."""
    shape = shape_of(value)
    identity = AffineMapAttr(AffineMap.identity(len(shape)))
    empty = EmptyOp([], TensorType(f32, shape))
    block = Block(arg_types=[element_type(value.type), f32])
    wide = arith.ExtFOp(block.args[0], f32)
    block.add_ops([wide, YieldOp(wide.result)])
    kinds = [like.iterator_types.data[0]] * len(shape) if len(like.iterator_types) else []
    new = GenericOp(
        [value], [empty.tensor], Region(block), [identity] * 2, kinds, [empty.tensor.type]
    )
    copy_origin(like, new)
    Rewriter.replace_op(op, [empty, new], [new.results[0]])
