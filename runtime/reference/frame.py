"""The state of an execution, and the step that every operation goes through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from xdsl.dialects import func, scf
from xdsl.dialects.builtin import ModuleOp, UnregisteredOp
from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import Block, Operation, SSAValue

from npu.configs.errors import UserError
from npu.dialects import npu
from npu.runtime.reference.order import Order

Array = np.ndarray[Any, np.dtype[Any]]
"""What a tensor or a memref is here; a memref is a view of its buffer."""

Handler = Callable[[Operation, "Frame"], None]
"""Executes one operation: reads operands from the frame and sets its results there."""

TERMINATORS = (func.ReturnOp, linalg.YieldOp, scf.YieldOp, npu.YieldOp, npu.ReturnOp)
"""What ends a block and hands its operands on."""


@dataclass
class Frame:
    """Values of one function or of one core in one kernel."""

    module: ModuleOp
    """The module that symbols are looked up in."""

    handlers: Mapping[type[Operation], Handler]
    """What executes each operation type."""

    cores: int
    """Number of cores the work items of a kernel are dealt to."""

    core: int = 0
    """The core that runs this frame's kernel."""

    spad: Array | None = None
    """The core's scratchpad as bytes, where the kernel's buffers are placed; None before that."""

    order: Order | None = None
    """In which order the instructions of kernels take effect; None: one after another."""

    views: dict[Operation, Any] = field(default_factory=dict[Operation, Any])
    """What `memory` found out about each view once, shared by all frames of an execution."""

    values: dict[SSAValue, Any] = field(default_factory=dict[SSAValue, Any])
    """What each SSA value is: an array, a number, or None for a token."""

    def get(self, value: SSAValue) -> Any:
        """The value computed earlier."""
        return self.values[value]

    def array(self, value: SSAValue) -> Array:
        """The array that a tensor or memref value stands for."""
        return self.values[value]

    def set(self, op: Operation, *results: Any) -> None:
        """Gives the operation's results their values."""
        self.values.update(zip(op.results, results, strict=True))

    def run_block(self, block: Block, *arguments: Any) -> list[Any]:
        """Executes the block; returns the values its terminator hands on."""
        self.values.update(zip(block.args, arguments, strict=True))
        for op in block.ops:
            if isinstance(op, TERMINATORS):
                return [self.values[operand] for operand in op.operands]
            self.step(op)
        return []

    def step(self, op: Operation) -> None:
        """Executes one operation; an unknown one is a `UserError`."""
        handler = self.handlers.get(type(op))
        if handler is None:
            raise UserError(
                f"the reference executor has no meaning for operation '{op_name(op)}'; "
                "expected the operations that docs/design.md lists for each stage"
            )
        handler(op, self)


def op_name(op: Operation) -> str:
    """The operation's name, also of one that no dialect defines."""
    return op.op_name.data if isinstance(op, UnregisteredOp) else op.name


def refuse(op: Operation, problem: str, expected: str) -> UserError:
    """The error for an operation that cannot be executed as it stands."""
    return UserError(f"{op_name(op)}: {problem}; expected {expected}\n  in: {_one_line(op)}")


def _one_line(op: Operation) -> str:
    """The operation's first line of text, shortened."""
    line = str(op).splitlines()[0]
    return line if len(line) <= 200 else line[:197] + "..."
