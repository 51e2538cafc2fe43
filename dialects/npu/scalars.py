"""Scalar operations on f32 that PyTorch has and `arith` and `math` have not."""

from xdsl.dialects.builtin import Float32Type
from xdsl.ir import SSAValue
from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, result_def, traits_def
from xdsl.traits import Pure


class _OneOp(IRDLOperation):
    """An operation of one number."""

    operand = operand_def(Float32Type)
    """The number."""
    result = result_def(Float32Type)
    """What becomes of it, rounded once."""

    traits = traits_def(Pure())

    assembly_format = "$operand attr-dict `:` type($result)"

    def __init__(self, operand: SSAValue) -> None:
        super().__init__(operands=[operand], result_types=[operand.type])


class _TwoOp(IRDLOperation):
    """An operation of two numbers."""

    lhs = operand_def(Float32Type)
    """The first number, x."""
    rhs = operand_def(Float32Type)
    """The second number, y."""
    result = result_def(Float32Type)
    """What becomes of them, rounded once."""

    traits = traits_def(Pure())

    assembly_format = "$lhs `,` $rhs attr-dict `:` type($result)"

    def __init__(self, lhs: SSAValue, rhs: SSAValue) -> None:
        super().__init__(operands=[lhs, rhs], result_types=[lhs.type])


@irdl_op_definition
class ErfcOp(_OneOp):
    """1 - erf(x), with all its digits where it is small."""

    name = "npu.erfc"


@irdl_op_definition
class FmodOp(_TwoOp):
    """x - n y, exactly, where n is x / y rounded towards zero; with the sign of x."""

    name = "npu.fmod"


SCALAR_OPS = (ErfcOp, FmodOp)
"""Operations of a `linalg.generic` body."""
