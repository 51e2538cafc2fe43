"""Positions of the maxima of windows: the least place of each maximum, as a reduction.

Upstream looks for them in a body of its own, which takes values out of the tensor and loses NaN.
Before:
    %p = generic ins(%maxima, %window) outs(%minus_one) {
      %v = tensor.extract %x[...] ; %hit = cmpf oeq, %v, %maximum ; ... }
After, with the maps of the pool that gave the maxima, and the place of each value in the tensor:
    %k = generic ins(%x, %places, %maxima, %window) outs(%highest) {
      %key = x == maximum ? place : isnan(x) ? -1 - place : highest ; minsi %key, %out }
    %p = generic ins(%k) { key < 0 ? -1 - key : key }

Of equal maxima PyTorch takes the first one, of several NaN the last one: hence the keys below 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, IntegerAttr, TensorType, i32
from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.dialects.linalg.ops import FillOp, GenericOp, YieldOp
from xdsl.dialects.tensor import EmptyOp, ExtractOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineMap
from xdsl.rewriter import InsertPoint, Rewriter

from npu.dialects.element_types import element_type
from npu.frontend.imported import Array
from npu.frontend.stage0.generics import map_results
from npu.frontend.stage0.origins import copy_origin
from npu.frontend.stage0.sums import is_windowed
from npu.frontend.stage0.tensors import constant_argument
from npu.passes.group.iteration_space import shape_of

HIGHEST = 2**31 - 1
"""The key of a value that is no maximum."""

SIGNED_LESS = 2
EQUAL, UNEQUAL = 1, 13
"""Numbers of predicates: cmpi's slt; cmpf's oeq and une."""


def find_pool_positions(function: func.FuncOp) -> list[Array]:
    """Apply the rewrite to ``function``, in place; the values of the new arguments, in order."""
    values: list[Array] = []
    for op in list(function.body.block.ops):
        pool = _pool_of(op)
        if pool is not None:
            values.append(_rewrite(op, pool, function))
    return values


def _pool_of(op: Operation) -> GenericOp | None:
    """The pool whose maxima ``op`` finds the positions of; None for any other operation."""
    if not isinstance(op, GenericOp) or not any(isinstance(o, ExtractOp) for o in op.body.walk()):
        return None
    pool = op.inputs[0].owner
    if not isinstance(pool, GenericOp) or not is_windowed(pool) or len(pool.inputs) != 2:
        return None
    if element_type(op.results[0].type) != i32 or shape_of(op.results[0]) != shape_of(op.inputs[0]):
        return None
    return pool


def _rewrite(op: Operation, pool: GenericOp, function: func.FuncOp) -> Array:
    """Put the two operations in the place of ``op``; the places of the tensor's values."""
    values, window = pool.inputs
    read, walked, written = map_results(pool)
    slid = len(walked)
    shape = shape_of(values)[-slid:]
    places = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    argument = constant_argument(function, TensorType(i32, shape))
    maps = [read, read[-slid:], written, walked, written]
    loops = len(pool.iterator_types)
    start = _filled(pool.results[0], HIGHEST)
    keys = GenericOp(
        [values, argument, pool.results[0], window],
        [start[-1].results[0]],
        Region(_keys(element_type(values.type), element_type(window.type))),
        ArrayAttr([AffineMapAttr(AffineMap(loops, 0, results)) for results in maps]),
        pool.iterator_types,
        [start[-1].results[0].type],
    )
    added = [*start, keys, *_positions(keys.results[0])]
    for new in added:
        copy_origin(op, new)
    Rewriter.insert_op(added, InsertPoint.before(op))
    Rewriter.replace_op(op, [], [added[-1].results[0]])
    return places


def _filled(like: SSAValue, number: int) -> list[Operation]:
    """Operations, the last of which makes integers in the shape of a tensor."""
    type_ = TensorType(i32, shape_of(like))
    constant = arith.ConstantOp(IntegerAttr(number, i32))
    empty = EmptyOp([], type_)
    return [constant, empty, FillOp([constant.result], [empty.tensor], [type_])]


def _keys(element: Attribute, unread: Attribute) -> Block:
    """The body that keeps the least key."""
    block = Block(arg_types=[element, i32, element, unread, i32])
    value, place, maximum, _, least = block.args
    none = arith.ConstantOp(IntegerAttr(HIGHEST, i32))
    block.add_op(none)
    otherwise: SSAValue = none.result
    if isinstance(element, type(i32)):
        hit: Operation = arith.CmpiOp(value, maximum, "eq")
    else:
        hit = arith.CmpfOp(value, maximum, EQUAL)
        is_nan = arith.CmpfOp(value, value, UNEQUAL)
        below = _mirrored(place)
        nan_key = arith.SelectOp(is_nan.result, below[-1].results[0], none.result)
        block.add_ops([is_nan, *below, nan_key])
        otherwise = nan_key.result
    key = arith.SelectOp(hit.results[0], place, otherwise)
    best = arith.MinSIOp(key.result, least)
    block.add_ops([hit, key, best, YieldOp(best.result)])
    return block


def _mirrored(number: SSAValue) -> Sequence[Operation]:
    """Operations, the last of which gives -1 - number."""
    ones = arith.ConstantOp(IntegerAttr(-1, i32))
    return [ones, arith.XOrIOp(number, ones.result)]


def _positions(keys: SSAValue) -> list[Operation]:
    """Operations, the last of which turns keys into positions."""
    rank = len(shape_of(keys))
    empty = EmptyOp([], keys.type)
    block = Block(arg_types=[i32, i32])
    zero = arith.ConstantOp(IntegerAttr(0, i32))
    below = arith.CmpiOp(block.args[0], zero.result, SIGNED_LESS)
    mirrored = _mirrored(block.args[0])
    position = arith.SelectOp(below.result, mirrored[-1].results[0], block.args[0])
    block.add_ops([zero, below, *mirrored, position, YieldOp(position.result)])
    identity = AffineMapAttr(AffineMap(rank, 0, tuple(map(AffineDimExpr, range(rank)))))
    generic = GenericOp(
        [keys],
        [empty.tensor],
        Region(block),
        ArrayAttr([identity, identity]),
        ArrayAttr([IteratorTypeAttr.parallel()] * rank),
        [keys.type],
    )
    return [empty, generic]
