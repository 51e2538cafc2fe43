"""A reduction of everything to one element goes one dimension at a time, the last one first.

A core would otherwise need the whole tensor in its scratchpad. Before:
    %1 = linalg.generic (d0, d1 reduced) ins(%x : tensor<9x7xf32>) outs(%zero : tensor<f32>)
After:
    %0 = linalg.generic (d0, d1 reduced) ins(%x : tensor<9x7xf32>) outs(%zeros : tensor<9xf32>)
    %1 = linalg.generic (d0 reduced) ins(%0 : tensor<9xf32>) outs(%zero : tensor<f32>)

Limitation: sums, products, maxima and minima that start from what changes nothing.
"""

from __future__ import annotations

import math

from xdsl.dialects import arith, func
from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, FloatAttr, IntegerAttr, TensorType
from xdsl.dialects.linalg.attrs import IteratorType, IteratorTypeAttr
from xdsl.dialects.linalg.ops import FillOp, GenericOp, YieldOp
from xdsl.dialects.tensor import EmptyOp
from xdsl.ir import Operation
from xdsl.ir.affine import AffineMap
from xdsl.rewriter import InsertPoint, Rewriter

from npu.dialects.element_types import element_type
from npu.frontend.stage0.constants import scalar_of
from npu.frontend.stage0.generics import is_parallel
from npu.frontend.stage0.origins import copy_origin
from npu.passes.group.iteration_space import shape_of

NEUTRAL: dict[type[Operation], float] = {
    arith.AddfOp: 0.0,
    arith.MulfOp: 1.0,
    arith.MaximumfOp: -math.inf,
    arith.MinimumfOp: math.inf,
    arith.MaxnumfOp: -math.inf,
    arith.MinnumfOp: math.inf,
    arith.AddiOp: 0,
    arith.MuliOp: 1,
    arith.MaxSIOp: -(2**31),
    arith.MinSIOp: 2**31 - 1,
}
"""Operations that reductions combine values with, and the value that changes nothing."""


def stage_reductions(function: func.FuncOp) -> None:
    """Apply the rewrite to every reduction of ``function``, in place."""
    for op in list(function.body.block.ops):
        if isinstance(op, GenericOp) and _reduces_everything(op):
            _stage(op)


def _reduces_everything(op: GenericOp) -> bool:
    """Whether it combines all elements of its one input, of several dimensions, in order."""
    rank = len(op.iterator_types)
    if len(op.inputs) != 1 or rank < 2 or any(is_parallel(op)) or shape_of(op.results[0]):
        return False
    if op.indexing_maps.data[0].data != AffineMap.identity(rank):
        return False
    combine, last, *more = [*op.body.block.ops, None]
    start = scalar_of(op.outputs[0])
    return (
        not any(more)
        and isinstance(last, YieldOp)
        and combine is not None
        and list(last.operands) == list(combine.results)
        and set(combine.operands) == set(op.body.block.args)
        and isinstance(start, FloatAttr | IntegerAttr)
        and NEUTRAL.get(type(combine)) == start.value.data
    )


def _stage(op: GenericOp) -> None:
    """Reduce the last loop ahead of the others, until one is left."""
    value = op.inputs[0]
    while len(shape_of(value)) > 1:
        row = _rows(op, shape_of(value))
        row.operands[0] = value
        value = row.results[0]
    op.operands[0] = value
    one_loop = AffineMap.identity(1)
    maps = [AffineMapAttr(one_loop), AffineMapAttr(AffineMap(1, 0, ()))]
    op.properties["indexing_maps"] = ArrayAttr(maps)
    op.properties["iterator_types"] = ArrayAttr([IteratorTypeAttr(IteratorType.REDUCTION)])


def _rows(op: GenericOp, shape: tuple[int, ...]) -> GenericOp:
    """Reduce the last dimension of a tensor of ``shape``, ahead of ``op`` and as it does."""
    start = op.outputs[0].owner
    assert isinstance(start, FillOp)
    type_ = TensorType(element_type(op.results[0].type), shape[:-1])
    empty = EmptyOp([], type_)
    fill = FillOp([start.inputs[0]], [empty.tensor], [type_])
    rank = len(shape)
    loops = AffineMap.identity(rank)
    kinds = [IteratorType.PARALLEL] * (rank - 1) + [IteratorType.REDUCTION]
    rows = GenericOp(
        [op.inputs[0]],
        [fill.results[0]],
        op.body.clone(),
        ArrayAttr([AffineMapAttr(loops), AffineMapAttr(AffineMap(rank, 0, loops.results[:-1]))]),
        ArrayAttr([IteratorTypeAttr(kind) for kind in kinds]),
        [type_],
    )
    copy_origin(op, fill)
    copy_origin(op, rows)
    Rewriter.insert_op([empty, fill, rows], InsertPoint.before(op))
    return rows
