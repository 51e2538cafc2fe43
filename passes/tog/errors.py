"""What the graph analysis cannot express ends as one message: operation, rule, expected form."""

from typing import NoReturn

from xdsl.ir import Operation

from npu.configs.errors import UserError
from npu.dialects.places import place
from npu.passes.kernel.loops import kernel_name

_SHOWN = 160
"""Characters of an operation that a message shows."""


def refuse(op: Operation, rule: str, why: str) -> NoReturn:
    """Raises UserError: `op` breaks a rule of `npu-derive-tog` (see the pass' docstring)."""
    text = str(op).split("\n", 1)[0]
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
    kernel = kernel_name(op)
    where = "@main" if kernel == "?" else f"kernel '{kernel}'"
    raise UserError(f"{place(op)}npu-derive-tog: {where}: {rule}: {why}, at: {shown}")
