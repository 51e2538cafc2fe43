"""One launch out of order: all cores are recorded, then their instructions take effect together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from npu.dialects import npu
from npu.runtime.reference.frame import Array, Frame
from npu.runtime.reference.order import Order
from npu.runtime.reference.queues import schedule
from npu.runtime.reference.queues.recorder import Recorder


def run_launch(
    kernel: npu.KernelOp, frames: Sequence[Frame], arguments: Sequence[Array], order: Order
) -> None:
    """Runs the kernel on one frame a core; it is over when every instruction of every core is.

    Raises `UserError` for a kernel that is not in the form that `npu-insert-dma` makes.
    """
    recorders = record(kernel, frames, arguments)
    moments = [moment for recorder in recorders for moment in recorder.moments]
    schedule.run(moments, order.key(len(frames)))


def record(
    kernel: npu.KernelOp, frames: Sequence[Frame], arguments: Sequence[Array]
) -> list[Recorder]:
    """The instructions of each core, none of which has taken effect."""
    recorders = [Recorder(frame.core, partial(_apart, frame)) for frame in frames]
    for frame, recorder in zip(frames, recorders, strict=True):
        own = replace(frame, handlers=recorder.handlers)
        own.run_block(kernel.body.block, *arguments)
    return recorders


def _apart(frame: Frame) -> Frame:
    """A frame of its own for the body of a tile function, which runs when its turn comes."""
    return replace(frame, values={})
