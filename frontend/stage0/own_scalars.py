"""A call that stands for a scalar operation becomes elementwise work on its tensors.

Before:
    %0 = func.call @"npu.scalar2(npu.fmod)#0"(%x, %y) : ...
After:
    %0 = linalg.generic ... { ^bb0(%a: f32, %b: f32, %c: f32): %r = npu.fmod %a, %b : f32 ... }
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, TensorType
from xdsl.dialects.linalg.attrs import IteratorType, IteratorTypeAttr
from xdsl.dialects.linalg.ops import GenericOp, YieldOp
from xdsl.dialects.tensor import EmptyOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineMap

from npu.dialects.npu import SCALAR_OPS

OPERATIONS = {op.name: op for op in (*math.Math.operations, *arith.Arith.operations, *SCALAR_OPS)}
"""What each name becomes."""


def scalar_of(tensors: Sequence[SSAValue], given: Sequence[str]) -> list[Operation]:
    """The operation called ``given[0]`` on every element of the tensors, all of one type."""
    type_ = cast("TensorType[Attribute]", tensors[0].type)
    rank, count = len(type_.get_shape()), len(tensors)
    empty = EmptyOp([], type_)
    block = Block(arg_types=[type_.element_type] * (count + 1))
    scalar: Operation = cast(Any, OPERATIONS[given[0]])(*block.args[:count])
    block.add_ops([scalar, YieldOp(scalar.results[0])])
    identity = AffineMapAttr(AffineMap.identity(rank))
    generic = GenericOp(
        tensors,
        [empty.tensor],
        Region(block),
        ArrayAttr([identity] * (count + 1)),
        ArrayAttr([IteratorTypeAttr(IteratorType.PARALLEL)] * rank),
        [type_],
    )
    return [empty, generic]
