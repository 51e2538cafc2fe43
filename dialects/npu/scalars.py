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


@irdl_op_definition
class ErfcxOp(_OneOp):
    """e^(x^2) erfc(x)."""

    name = "npu.erfcx"


@irdl_op_definition
class ErfinvOp(_OneOp):
    """The number of which erf is x."""

    name = "npu.erfinv"


@irdl_op_definition
class NdtriOp(_OneOp):
    """The number below which a normal one lies with probability x."""

    name = "npu.ndtri"


@irdl_op_definition
class LgammaOp(_OneOp):
    """ln |Gamma(x)|."""

    name = "npu.lgamma"


@irdl_op_definition
class DigammaOp(_OneOp):
    """The derivative of ln Gamma(x)."""

    name = "npu.digamma"


@irdl_op_definition
class BesselJ0Op(_OneOp):
    """The Bessel function J0(x)."""

    name = "npu.bessel_j0"


@irdl_op_definition
class BesselJ1Op(_OneOp):
    """The Bessel function J1(x)."""

    name = "npu.bessel_j1"


@irdl_op_definition
class BesselY0Op(_OneOp):
    """The Bessel function Y0(x); NaN below 0."""

    name = "npu.bessel_y0"


@irdl_op_definition
class BesselY1Op(_OneOp):
    """The Bessel function Y1(x); NaN below 0."""

    name = "npu.bessel_y1"


@irdl_op_definition
class I0Op(_OneOp):
    """The modified Bessel function I0(x)."""

    name = "npu.i0"


@irdl_op_definition
class I0eOp(_OneOp):
    """e^-|x| I0(x)."""

    name = "npu.i0e"


@irdl_op_definition
class I1Op(_OneOp):
    """The modified Bessel function I1(x)."""

    name = "npu.i1"


@irdl_op_definition
class I1eOp(_OneOp):
    """e^-|x| I1(x)."""

    name = "npu.i1e"


@irdl_op_definition
class K0Op(_OneOp):
    """The modified Bessel function K0(x); NaN below 0."""

    name = "npu.k0"


@irdl_op_definition
class K0eOp(_OneOp):
    """e^x K0(x)."""

    name = "npu.k0e"


@irdl_op_definition
class K1Op(_OneOp):
    """The modified Bessel function K1(x); NaN below 0."""

    name = "npu.k1"


@irdl_op_definition
class K1eOp(_OneOp):
    """e^x K1(x)."""

    name = "npu.k1e"


@irdl_op_definition
class ZetaOp(_TwoOp):
    """The sum of (y + k)^-x over k from 0: Hurwitz's zeta function; NaN for y below 0."""

    name = "npu.zeta"


FORMULA_OPS = (
    ErfcxOp,
    ErfinvOp,
    NdtriOp,
    LgammaOp,
    DigammaOp,
    BesselJ0Op,
    BesselJ1Op,
    BesselY0Op,
    BesselY1Op,
    I0Op,
    I0eOp,
    I1Op,
    I1eOp,
    K0Op,
    K0eOp,
    K1Op,
    K1eOp,
    ZetaOp,
)
"""Those that are one formula in f64, rounded once."""

SCALAR_OPS = (ErfcOp, FmodOp, *FORMULA_OPS)
"""Operations of a `linalg.generic` body."""
