"""Launches: each core runs the kernel, one after another or in the order of an adversary."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
from xdsl.ir import Operation
from xdsl.traits import SymbolTable

from npu.dialects import npu
from npu.runtime.reference.frame import Array, Frame, Handler, refuse
from npu.runtime.reference.queues import run_launch
from npu.runtime.reference.types import memory_type, shape_of


def _launch(op: Operation, frame: Frame) -> None:
    """Each core runs the kernel with a scratchpad of its own.

    A kernel without `npu.parallel` has no work items to deal out, so one core runs it.
    """
    launch = cast(npu.LaunchOp, op)
    kernel = SymbolTable.lookup_symbol(frame.module, launch.kernel)
    if not isinstance(kernel, npu.KernelOp):
        raise refuse(op, f"no kernel is called {launch.kernel}", "the name of an npu.kernel")
    arguments = [frame.array(v) for v in launch.arguments]
    dealt = any(isinstance(o, npu.ParallelOp) for o in kernel.body.block.ops)
    own = (
        replace(frame, core=core, spad=_scratchpad(kernel), values={})
        for core in range(frame.cores if dealt else 1)
    )
    if frame.order is not None:
        run_launch(kernel, list(own), arguments, frame.order)
        return
    for one in own:
        one.run_block(kernel.body.block, *arguments)


def _scratchpad(kernel: npu.KernelOp) -> Array | None:
    """Bytes up to the end of the last placed buffer, all of them a part of some NaN."""
    ends = [
        o.offset.value.data
        + memory_type(o.buffer.type).itemsize * int(np.prod(shape_of(o.buffer.type)))
        for o in kernel.walk()
        if isinstance(o, npu.AllocOp) and o.offset is not None
    ]
    return np.full(max(ends), 0xFF, np.uint8) if ends else None


HANDLERS: dict[type[Operation], Handler] = {npu.LaunchOp: _launch}
"""How a launch is executed."""
