"""Where the indices of a gather or a scatter come from: which elements of which argument."""

from __future__ import annotations

from typing import Any, cast

from xdsl.ir import SSAValue

from npu.dialects import npu
from npu.passes.place.scratchpad_uses import buffer_of
from npu.passes.tog.access import ByIndex, rectangle_of
from npu.passes.tog.errors import refuse
from npu.passes.tog.index import IndexValues
from npu.passes.tog.minimum import Minimum, NoFormError, number
from npu.passes.tog.views import Views


def indices_of(op: npu.DmaOp, by: npu.Indexed, index: IndexValues, views: Views) -> ByIndex:
    """The indices of a transfer. Raises UserError (R9) where no one load brings them.

    The ends that an `npu.ends` finds are two of those that it reads: the first two stand for it.
    """
    view = views.of(by.indices, op)
    ended = ends_of(op, view.root.owner)
    if ended is not None:
        load = _load_of(op, views.of(ended, op).root.owner)
        extent = op.tensor_type.get_shape()[by.dim]
        return ByIndex(load.tensor, number(0), extent, rectangle_of(view, op))
    load = _load_of(op, view.root.owner)
    loaded = views.of(load.view, load)
    ranges = index.ranges
    try:
        ahead = view.offsets[-1].minus(loaded.offsets[-1], ranges)
        first = index.of(load.box.offsets[0], load).plus(ahead, ranges)
    except NoFormError as error:
        refuse(op, "R1", f"the place of the first index is {error}")
    _check_single(op, first)
    extent = op.tensor_type.get_shape()[by.dim]
    return ByIndex(load.tensor, first, extent, rectangle_of(view, op))


def ends_of(op: npu.DmaOp, alloc: object) -> SSAValue | None:
    """The indices whose ends an `npu.ends` leaves in a buffer; None where none does."""
    for compute in _kernel_of(op).walk():
        if not isinstance(compute, npu.ComputeOp):
            continue
        for inner in compute.body.block.ops:
            if not isinstance(inner, npu.EndsOp):
                continue
            args = list(compute.body.block.args)
            operands = list(compute.operands)
            if buffer_of(operands[args.index(cast(Any, inner.ends))]) is alloc:
                return operands[args.index(cast(Any, inner.indices))]
    return None


def _kernel_of(op: npu.DmaOp) -> npu.KernelOp:
    kernel = op.parent_op()
    while kernel is not None and not isinstance(kernel, npu.KernelOp):
        kernel = kernel.parent_op()
    assert kernel is not None
    return kernel


def _load_of(op: npu.DmaOp, alloc: object) -> npu.DmaLoadOp:
    """The load that fills the buffer of the indices."""
    kernel = _kernel_of(op)
    loads = [
        one
        for one in kernel.walk()
        if isinstance(one, npu.DmaLoadOp) and buffer_of(one.view) is alloc
    ]
    if len(loads) != 1 or loads[0].tensor_type.get_num_dims() != 1 or loads[0].box.steps != (1,):
        refuse(
            op,
            "R9",
            "indices are what one load brings from an argument of one dimension, one after the "
            "other: they are recorded there",
        )
    return loads[0]


def _check_single(op: npu.DmaOp, first: Minimum) -> None:
    if len(first.forms) != 1:
        refuse(op, "R1", "the place of the first index is a minimum")
