"""Launches out of order: instructions are recorded as the front decodes them, then take effect.

A core's instructions go to three queues, as docs/design.md section 2 has it: loads, stores, and
what is executed. `recorder` walks a kernel and makes the instructions, `interlocks` orders those
that touch the same scratchpad, `schedule` lets an adversary pick what takes effect next. The orders
are those that togsim may take with any memory, and more: queues here have no end, and arrays,
vector unit and memory take any time. Nothing orders accesses to DRAM but tokens.
"""

from npu.runtime.reference.queues.launch import run_launch

__all__ = ["run_launch"]
