"""Which operands of an `npu.compute` its body reads."""

from xdsl.dialects.arith import ConstantOp
from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.ir import BlockArgument, Operation, SSAValue

from npu.dialects import npu
from npu.passes.tog.errors import refuse


def read_operands(op: npu.ComputeOp) -> list[SSAValue]:
    """The operands whose values from before the body uses: all ins, and outs read before written.

    Raises UserError (R7) for a body of other operations than `linalg.generic`, `linalg.fill` and
    the constants they take.
    """
    block = op.body.block
    for inner in block.ops:
        if not isinstance(
            inner, ConstantOp | GenericOp | FillOp | npu.LookupOp | npu.EndsOp | npu.YieldOp
        ):
            refuse(
                inner,
                "R7",
                "expected linalg.generic, linalg.fill, npu.lookup and npu.ends in an npu.compute",
            )
    outs = zip(op.outputs, block.args[len(op.inputs) :], strict=True)
    return [*op.inputs, *(operand for operand, arg in outs if _read_first(arg))]


def _read_first(argument: BlockArgument) -> bool:
    """Whether the first operation that touches a memref reads it."""
    for inner in argument.block.ops:
        if argument in inner.operands:
            return _reads(inner, argument)
    return False


def _reads(op: Operation, value: SSAValue) -> bool:
    """Whether a linalg operation reads a memref: an input, or an output whose element it uses."""
    if isinstance(op, npu.LookupOp | npu.EndsOp):
        return value in list(op.operands)[:-1]
    if not isinstance(op, GenericOp):
        return value in list(op.operands)[:-1]
    if value in op.inputs:
        return True
    elements = op.body.block.args[len(op.inputs) :]
    return any(
        out is value and element.first_use is not None
        for out, element in zip(op.outputs, elements, strict=True)
    )
