"""Operators of our own along a loop in order become marked ``linalg.generic``.

Before:
    %1 = func.call @"npu.scan(1, add)#0"(%0) : (tensor<4x5xf32>) -> tensor<4x5xf32>
After:
    %e = tensor.empty() ; %z = linalg.fill ins(%zero) outs(%e)
    %1 = linalg.generic (d0, d1) ["parallel", "reduction"] ins(%0) outs(%z) {npu.scan} { addf }

What the marks mean stands in `npu.dialects.order`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, IntegerType, TensorType, f32, i32
from xdsl.dialects.linalg.attrs import IteratorType, IteratorTypeAttr
from xdsl.dialects.linalg.ops import FillOp, GenericOp, YieldOp
from xdsl.dialects.tensor import EmptyOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineMap

from npu.dialects.element_types import number_attribute
from npu.dialects.factor import Factor, set_factor
from npu.dialects.order import set_scan, set_sort
from npu.frontend.neutral import neutral

_COMBINE: dict[str, tuple[type[Operation], type[Operation]]] = {
    "add": (arith.AddfOp, arith.AddiOp),
    "mul": (arith.MulfOp, arith.MuliOp),
    "max": (arith.MaximumfOp, arith.MaxSIOp),
    "min": (arith.MinimumfOp, arith.MinSIOp),
}
"""What combines floats, and integers."""


def scan_of(tensors: Sequence[SSAValue], given: Sequence[str]) -> list[Operation]:
    """The scan of a kind along a dimension."""
    (x,), (dim, kind) = tensors, given
    type_ = cast("TensorType[Attribute]", x.type)
    element, rank = type_.element_type, len(type_.get_shape())
    bits = element.width.data if isinstance(element, IntegerType) else None
    start = arith.ConstantOp(number_attribute(neutral(kind, bits), element))
    empty = EmptyOp([], type_)
    fill = FillOp([start.result], [empty.tensor], [type_])
    block = Block(arg_types=[element, element])
    combine = cast(Any, _COMBINE[kind][bits is not None])(block.args[1], block.args[0])
    block.add_ops([combine, YieldOp(combine.results[0])])
    kinds = [
        IteratorType.REDUCTION if d == int(dim) else IteratorType.PARALLEL for d in range(rank)
    ]
    scan = _generic(x, fill.results[0], Region(block), kinds)
    set_scan(scan)
    return [start, empty, fill, scan]


def sort_of(tensors: Sequence[SSAValue], given: Sequence[str]) -> list[Operation]:
    """The sort of rows of pairs."""
    del given
    type_ = cast("TensorType[Attribute]", tensors[0].type)
    block = Block(arg_types=[type_.element_type] * 2)
    lesser = arith.MinSIOp(*block.args)
    block.add_ops([lesser, YieldOp(lesser.result)])
    rows = len(type_.get_shape()) - 2
    kinds = [IteratorType.PARALLEL] * rows + [IteratorType.REDUCTION] * 2
    empty = EmptyOp([], type_)
    sort = _generic(tensors[0], empty.tensor, Region(block), kinds)
    set_sort(sort)
    return [empty, sort]


def factor_of(tensors: Sequence[SSAValue], given: Sequence[str]) -> list[Operation]:
    """The factorisation of matrices of pairs."""
    kind, *numbers = given
    type_ = cast("TensorType[Attribute]", tensors[0].type)
    block = Block(arg_types=[type_.element_type] * 2)
    less = arith.SubfOp(block.args[1], block.args[0])
    block.add_ops([less, YieldOp(less.result)])
    matrices = len(type_.get_shape()) - 2
    kinds = [IteratorType.PARALLEL] * matrices + [IteratorType.REDUCTION] * 2
    empty = EmptyOp([], type_)
    made = _generic(tensors[0], empty.tensor, Region(block), kinds)
    set_factor(made, Factor(kind, *map(int, numbers)))
    return [empty, made]


def bits_of(tensors: Sequence[SSAValue], given: Sequence[str]) -> list[Operation]:
    """The bits of floats, as integers."""
    del given
    return _bitcast(tensors[0], i32)


def from_bits(tensors: Sequence[SSAValue], given: Sequence[str]) -> list[Operation]:
    """The floats of some bits."""
    del given
    return _bitcast(tensors[0], f32)


def _bitcast(x: SSAValue, element: Attribute) -> list[Operation]:
    """The same bits as elements of another type."""
    type_ = cast("TensorType[Attribute]", x.type)
    made = TensorType(element, type_.get_shape())
    block = Block(arg_types=[type_.element_type, element])
    same = arith.BitcastOp(block.args[0], element)
    block.add_ops([same, YieldOp(same.result)])
    empty = EmptyOp([], made)
    kinds = [IteratorType.PARALLEL] * len(type_.get_shape())
    return [empty, _generic(x, empty.tensor, Region(block), kinds)]


def _generic(
    source: SSAValue, target: SSAValue, body: Region, kinds: Sequence[IteratorType]
) -> GenericOp:
    """An operation of which each operand is walked by all loops in order."""
    identity = AffineMapAttr(AffineMap.identity(len(kinds)))
    listed = ArrayAttr([IteratorTypeAttr(one) for one in kinds])
    return GenericOp(
        [source], [target], body, ArrayAttr([identity, identity]), listed, [target.type]
    )
