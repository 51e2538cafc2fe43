"""The one call: simulates a program on a machine."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from npu.configs.machine import Machine
from npu.togsim.graph import Program
from npu.togsim.l2.plan import check_plan
from npu.togsim.report.log import write_log
from npu.togsim.report.result import Result
from npu.togsim.session import Session
from npu.togsim.trace import TraceFile


def simulate(
    program: Program,
    machine: Machine,
    *,
    log: Path | None = None,
    trace: bool | TraceFile = False,
    plain: bool = False,
    plan: Collection[str] | None = None,
) -> Result:
    """Simulates `program` on `machine` to its end: a session (`npu.togsim.session`) of one.

    `log` names a file for the familiar log; with `trace=True` the result
    keeps every instruction's cycles; a `TraceFile` writes them to a file for ui.perfetto.dev.
    `plain` simulates memory request by request and cycle by cycle, without a shortcut: much slower,
    with an equal result. `plan` names the only tensors that the L2 caches
    (`npu.togsim.l2.load_plan`); without it the L2 caches everything.
    Raises UserError when the program breaks a rule of the graph, does not fit the machine, lacks
    a tile function's cycles, or cannot go on (a deadlock, with who waits for what).
    """
    if plan is not None:
        check_plan(plan, [tensor.name for tensor in program.tensors])
    session = Session(machine, trace=trace, plain=plain, plan=plan)
    session.submit(program)
    result = session.result()
    if log is not None:
        write_log(log, result, machine)
    return result
