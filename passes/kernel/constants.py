"""Index constants of a kernel: each value once, at the top."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Operation, SSAValue

from npu.dialects import npu
from npu.passes.kernel.loops import kernel_around


def index_constant(value: int) -> arith.ConstantOp:
    """A constant with the name of its value: `%c128`; `%cm1` for -1."""
    op = arith.ConstantOp(IntegerAttr.from_index_int_value(value))
    op.result.name_hint = f"c{value}" if value >= 0 else f"cm{-value}"
    return op


def constant_for(user: Operation, value: int) -> SSAValue:
    """The constant `value` at the top of the kernel around `user`, made if it is not there."""
    kernel = kernel_around(user)
    assert kernel is not None, "constants are shared within a kernel"
    wanted, last = IntegerAttr.from_index_int_value(value), None
    for op in _at_top(kernel):
        if op.value == wanted:
            return op.result
        last = op
    made = index_constant(value)
    block = kernel.body.block
    if last is not None:
        block.insert_op_after(made, last)
    elif block.first_op is not None:
        block.insert_op_before(made, block.first_op)
    return made.result


def drop_unused_constants(kernel: npu.KernelOp) -> None:
    """Erases constants at the top that nothing uses any more."""
    for op in list(_at_top(kernel)):
        if op.result.first_use is None:
            op.detach()
            op.erase()


def _at_top(kernel: npu.KernelOp) -> Iterator[arith.ConstantOp]:
    """The constants that stand in front of everything else, so that they are seen everywhere."""
    for op in kernel.body.block.ops:
        if not isinstance(op, arith.ConstantOp):
            return
        yield op
