"""`@main` of a module in final form: what to run, its arguments and its outputs."""

from collections.abc import Sequence
from typing import Any, cast

from numpy.typing import NDArray
from xdsl.dialects.builtin import MemRefType, ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import SSAValue

from npu.configs.errors import UserError
from npu.runtime.reference.types import element_type


def main_function(module: ModuleOp) -> FuncOp:
    """The function `@main`. Raises UserError when there is none."""
    for op in module.ops:
        if isinstance(op, FuncOp) and op.sym_name.data == "main":
            return op
    raise UserError("the module has no function @main, which says what to run")


def outputs_of(main: FuncOp) -> Sequence[SSAValue]:
    """What `@main` returns. Raises UserError when it does not end in a return."""
    last = main.body.block.last_op
    if not isinstance(last, ReturnOp):
        raise UserError("@main does not end in func.return")
    return list(last.arguments)


def check_arguments(main: FuncOp, values: Sequence[NDArray[Any]]) -> None:
    """Raises UserError when `values` do not match the arguments of `@main`."""
    types = [cast(MemRefType[Any], arg.type) for arg in main.args]
    if len(types) != len(values):
        raise UserError(f"@main takes {len(types)} arguments, got {len(values)}")
    for number, (type_, value) in enumerate(zip(types, values, strict=True)):
        if tuple(type_.get_shape()) != value.shape or value.dtype != element_type(type_):
            raise UserError(
                f"argument {number} of @main is {type_}, got {value.dtype} of shape {value.shape}"
            )
