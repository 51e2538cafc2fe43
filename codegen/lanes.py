"""What the operations of one strip of vector code share.

A value is a vector of f32 or i32, a mask, or a scalar that all lanes share: a constant, a broadcast
operand, what is computed of such. Scalars stay scalars until they meet a vector, and then become
the .vf form of its instruction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import FloatAttr, IntegerAttr
from xdsl.ir import Operation, SSAValue

from npu.codegen.llvm_ir import I1, ScalableVectorType, Type, Value
from npu.codegen.rvv import Rvv
from npu.codegen.special import SpecialFunction


@dataclass(frozen=True)
class Opposite:
    """That `mask` does not hold; a selection exchanges its sides instead of negating."""

    mask: Value

    @property
    def type(self) -> Type:
        """The type of a mask."""
        return self.mask.type


@dataclass(frozen=True)
class Lanes:
    """Where the operations of one strip are emitted: vl lanes are active."""

    rvv: Rvv
    vl: Value
    special: Mapping[str, SpecialFunction]

    def vector(self, value: Value) -> Value:
        """`value` in every lane."""
        if value.type == I1 or isinstance(value, Opposite):
            return self.mask(value)
        return value if is_vector(value) else self.rvv.splat(value, self.vl)

    def mask(self, condition: Value) -> Value:
        """A condition as a mask."""
        if isinstance(condition, Opposite):
            return self.rvv.mask_logic("vmnand", condition.mask, condition.mask, self.vl)
        if is_vector(condition):
            return condition
        empty = self.rvv.clear_mask(self.vl)
        full = self.rvv.mask_logic("vmnand", empty, empty, self.vl)
        return self.rvv.builder.select(condition, full, empty)


Lowering = Callable[[Lanes, Operation, list[Value]], Value]
"""``(lanes, operation, operands) -> result``."""


def is_vector(value: Value) -> bool:
    """Whether `value` is a vector or a mask, not a scalar."""
    return isinstance(value.type, ScalableVectorType)


_ROUNDS = (arith.AddfOp, arith.SubfOp, arith.MulfOp, arith.DivfOp, math.FmaOp, math.SqrtOp)


def has_positive_nan(value: SSAValue) -> bool:
    """Whether a NaN in `value` is the positive one, which all arithmetic gives."""
    return isinstance(value.owner, _ROUNDS)


def constant_of(value: SSAValue) -> float | int | None:
    """The number that an `arith.constant` defines, or None for any other value."""
    owner = value.owner
    if not isinstance(owner, arith.ConstantOp):
        return None
    match owner.value:
        case FloatAttr() as attribute:
            return float(attribute.value.data)
        case IntegerAttr() as attribute:
            return int(attribute.value.data)
        case _:
            return None
