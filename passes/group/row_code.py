"""Elementwise operations on values of whole rows, written as expressions.

quotient = on_rows([a, b], lambda a, b: a / b)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects import arith, math, tensor
from xdsl.dialects.builtin import AffineMapAttr, FloatAttr, TensorType, f32
from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.dialects.linalg.ops import GenericOp, YieldOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineMap


@dataclass(frozen=True)
class Scalar:
    """A number in a body under construction; the operators append to it."""

    block: Block
    value: SSAValue

    def __add__(self, other: Scalar) -> Scalar:
        return self._made(arith.AddfOp(self.value, other.value))

    def __sub__(self, other: Scalar) -> Scalar:
        return self._made(arith.SubfOp(self.value, other.value))

    def __mul__(self, other: Scalar) -> Scalar:
        return self._made(arith.MulfOp(self.value, other.value))

    def __truediv__(self, other: Scalar) -> Scalar:
        return self._made(arith.DivfOp(self.value, other.value))

    def exp(self) -> Scalar:
        """e to the power of it."""
        return self._made(math.ExpOp(self.value))

    def at_least(self, other: Scalar) -> Scalar:
        """The larger one; NaN if either is."""
        return self._made(arith.MaximumfOp(self.value, other.value))

    def unless(self, test: Scalar, number: float, otherwise: Scalar) -> Scalar:
        """It, but `otherwise` where `test` equals `number`."""
        equal = arith.CmpfOp(test.value, self.constant(number).value, "oeq")
        self.block.add_op(equal)
        return self._made(arith.SelectOp(equal.result, otherwise.value, self.value))

    def constant(self, number: float) -> Scalar:
        """A constant in the same body."""
        return self._made(arith.ConstantOp(FloatAttr(number, f32)))

    def _made(self, op: Operation) -> Scalar:
        self.block.add_op(op)
        return Scalar(self.block, op.results[0])


def on_rows(
    inputs: Sequence[SSAValue], compute: Callable[..., Scalar], onto: SSAValue | None = None
) -> list[Operation]:
    """`compute` on each element of `inputs`, tensors of f32 of one shape; the last one is it.

    With `onto`, the element of that is one more operand, and the result is written over it.
    """
    type_ = cast(TensorType[Attribute], inputs[0].type if onto is None else onto.type)
    ahead: list[Operation] = [] if onto is not None else [tensor.EmptyOp([], type_)]
    target = ahead[0].results[0] if onto is None else onto
    rank = len(type_.get_shape())
    block = Block(arg_types=[f32] * (len(inputs) + 1))
    scalars = [Scalar(block, argument) for argument in block.args]
    result = compute(*(scalars[:-1] if onto is None else scalars))
    block.add_op(YieldOp(result.value))
    maps = [AffineMapAttr(AffineMap.identity(rank))] * (len(inputs) + 1)
    kinds: list[Attribute] = [IteratorTypeAttr.parallel()] * rank
    op = GenericOp(list(inputs), [target], Region(block), maps, cast(Any, kinds), [type_])
    return [*ahead, op]
