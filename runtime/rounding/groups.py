"""`npu.group` operations in float64, with what float32 rounding may do to each element."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from enum import Enum
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import AnyFloat, ModuleOp
from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import Operation, SSAValue

from npu.dialects.npu import GroupOp
from npu.passes.group.tree import left_between, stages_in
from npu.runtime.reference import memory
from npu.runtime.reference import structured as reference
from npu.runtime.reference.frame import Frame, Handler
from npu.runtime.rounding import indexed, scalars, structured
from npu.runtime.rounding.contraction import Depth
from npu.runtime.rounding.depths import Depths
from npu.runtime.rounding.pairs import Pairs, exact, rounded

_BASE: dict[type[Operation], Handler] = {
    **scalars.HANDLERS,
    **indexed.HANDLERS,
    linalg.FillOp: structured.fill,
    linalg.TransposeOp: reference.HANDLERS[linalg.TransposeOp],
    tensor.EmptyOp: structured.empty,
    tensor.PadOp: structured.pad,
    tensor.ExpandShapeOp: memory.HANDLERS[tensor.ExpandShapeOp],
    tensor.CollapseShapeOp: memory.HANDLERS[tensor.CollapseShapeOp],
}


class Rounding(Enum):
    """What is taken to err."""

    NOTHING = "nothing"
    """The values alone are asked for; errors mean nothing."""

    OPERATIONS = "operations"
    """Every operation of the program."""

    CONSTANTS_TOO = "constants too"
    """As before, and every constant, as one that was rounded to float32."""


Between = Callable[[SSAValue, Pairs], NDArray[Any]]
"""Says what a stage left for later ones, of what it may leave, without any error."""


def run_group(
    group: GroupOp,
    inputs: Sequence[Pairs],
    array_size: int,
    rounding: Rounding = Rounding.OPERATIONS,
    between: Between | None = None,
) -> list[Pairs]:
    """The group's results on `inputs`.

    With `between`, each stage of a tree (`npu.passes.group.tree`) takes what the one before left,
    as a kernel takes what another one left; without, it takes what that one may leave.
    """
    handlers = dict(_BASE)
    if rounding is Rounding.NOTHING:
        handlers[linalg.GenericOp] = partial(structured.generic, depth=lambda _: Depth(0))
        handlers[arith.TruncFOp] = scalars.unrounded
    else:
        depths = Depths(group, array_size)
        handlers[linalg.GenericOp] = partial(structured.generic, depth=depths.of)
    if rounding is Rounding.CONSTANTS_TOO:
        handlers[arith.ConstantOp] = _rounded_constant
    if between is not None:
        left = left_between(stages_in(group))
        for kind in (linalg.GenericOp, linalg.FillOp):
            handlers[kind] = partial(_settled, left=left, handler=handlers[kind], between=between)
    frame = Frame(ModuleOp([]), handlers, cores=1)
    with np.errstate(all="ignore"):
        return frame.run_block(group.work, *inputs)


def _settled(
    op: Operation, frame: Frame, left: Collection[SSAValue], handler: Handler, between: Between
) -> None:
    """Executes an operation; later ones read what it left, if that is what a stage leaves."""
    handler(op, frame)
    value = op.results[0]
    if value in left:
        frame.set(op, exact(between(value, frame.array(value))))


def _rounded_constant(op: Operation, frame: Frame) -> None:
    scalars.HANDLERS[arith.ConstantOp](op, frame)
    if isinstance(op.results[0].type, AnyFloat):
        frame.set(op, rounded(frame.array(op.results[0])["value"]))
