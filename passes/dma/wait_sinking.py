"""`npu.wait` belongs right in front of the first operation that needs the data."""

from __future__ import annotations

from xdsl.ir import Operation

from npu.dialects import npu
from npu.passes.place.scratchpad_uses import buffer_of, buffers_touched


def sink_waits(kernel: npu.KernelOp) -> None:
    """Moves each wait for a load down to the first use of the loaded buffer in its block.

    A use inside a loop counts at the loop. Without any use in the block the wait ends it; what no
    operation of the kernel uses is not waited for.
    """
    waits = [op for op in kernel.walk() if isinstance(op, npu.WaitOp)]
    for wait in waits:
        load = wait.token.owner
        if isinstance(load, npu.DmaLoadOp) and load.parent_block() is wait.parent_block():
            buffer = buffer_of(load.view)
            if any(_uses(op, buffer) for op in kernel.body.block.ops):
                _sink(wait, buffer)
            else:
                wait.detach()
                wait.erase()


def _sink(wait: npu.WaitOp, buffer: npu.AllocOp | None) -> None:
    block = wait.parent_block()
    assert block is not None
    target = wait.next_op
    while target is not None and target is not block.last_op and not _uses(target, buffer):
        target = target.next_op
    assert target is not None
    wait.detach()
    block.insert_op_before(wait, target)


def _uses(op: Operation, buffer: npu.AllocOp | None) -> bool:
    """True where `op`, or an operation in it, executes on, stores or indexes by the buffer."""
    return any(buffer in _needed(inner) for inner in op.walk())


def _needed(op: Operation) -> list[npu.AllocOp | None]:
    """The buffers whose contents an operation needs: a load overwrites all but its indices."""
    if isinstance(op, npu.DmaLoadOp):
        return [] if op.by is None else [buffer_of(op.by.indices)]
    return list(buffers_touched(op))
