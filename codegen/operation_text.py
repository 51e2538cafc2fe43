"""One line of text for an operation of the final form: what a message about it says."""

from collections.abc import Callable, Sequence
from io import StringIO

from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import Operation, SSAValue
from xdsl.printer import Printer

from npu.dialects.npu import (
    ComputeOp,
    DmaLoadOp,
    DmaOp,
    DmaStoreOp,
    EndsOp,
    KernelOp,
    LookupOp,
    MatmulOp,
    PreloadOp,
    WaitOp,
)

_MAX_CHARACTERS = 120

Names = Callable[[Sequence[SSAValue]], str]
"""The names of values as the printed module has them, with commas between."""


def value_names(kernel: KernelOp) -> Names:
    """Names every value of `kernel` as its text does, alone or in a module."""
    printer = Printer(StringIO())
    printer.print_op(kernel)
    return lambda values: ", ".join(f"%{printer.print_ssa_value(value)}" for value in values)


def operation_text(op: Operation, names: Names) -> str | None:
    """`op` without its types, at most 120 characters; None for one that messages do not name."""
    describe = _TEXTS.get(type(op))
    if describe is None:
        return None
    text = describe(op, names)
    return text if len(text) <= _MAX_CHARACTERS else text[: _MAX_CHARACTERS - 3] + "..."


def _dma(op: Operation, names: Names) -> str:
    assert isinstance(op, DmaOp)
    offsets = ", ".join(str(o) if isinstance(o, int) else names([o]) for o in op.box.offsets)
    tensor, view = f"{names([op.tensor])}[{offsets}]", names([op.view])
    sides = (tensor, view) if op.is_load else (view, tensor)
    return f"{op.name} {' to '.join(sides)}"


def _operands(op: Operation, names: Names) -> str:
    return f"{op.name} {names(op.operands)}"


def _matmul(op: Operation, names: Names) -> str:
    assert isinstance(op, MatmulOp)
    return f"{op.name} {names([op.rows, op.weights])} into {names([op.accumulator])}"


def _compute(op: Operation, names: Names) -> str:
    assert isinstance(op, ComputeOp)
    groups = f"ins({names(op.inputs)}) outs({names(op.outputs)})"
    return f"{op.name} @{op.sym_name.data} {groups}"


def _structured(op: Operation, names: Names) -> str:
    assert isinstance(op, linalg.GenericOp | linalg.FillOp)
    text = f"{op.name} ins({names(op.inputs)}) outs({names(op.outputs)})"
    body = [inner.name for inner in op.body.block.ops][:-1]
    return f"{text}: {', '.join(body)}" if isinstance(op, linalg.GenericOp) and body else text


_TEXTS: dict[type[Operation], Callable[[Operation, Names], str]] = {
    DmaLoadOp: _dma,
    DmaStoreOp: _dma,
    WaitOp: _operands,
    PreloadOp: _operands,
    MatmulOp: _matmul,
    ComputeOp: _compute,
    linalg.GenericOp: _structured,
    linalg.FillOp: _structured,
    LookupOp: _operands,
    EndsOp: _operands,
}
"""The operations that code does something for at run time, each with how it reads."""
