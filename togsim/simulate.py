"""The one call: simulates a program on a machine."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.togsim import _togsim, convert
from npu.togsim.attribution import grouped, without
from npu.togsim.graph import Program
from npu.togsim.log import write_log
from npu.togsim.pack import pack
from npu.togsim.result import Result
from npu.togsim.trace import TraceData, TraceFile, TraceSummary, check_place, trace_data, trace_spec
from npu.togsim.validate import validate


def simulate(
    program: Program, machine: Machine, *, log: Path | None = None, trace: bool | TraceFile = False
) -> Result:
    """Simulates `program` on `machine` to its end.

    `log` names a file for the familiar log; with `trace=True` the result
    keeps every instruction's cycles; a `TraceFile` writes them to a file for ui.perfetto.dev.
    Raises UserError when the program breaks a rule of the graph, does not fit the machine, lacks
    a tile function's cycles, or cannot go on (a deadlock, with who waits for what).
    """
    started = time.perf_counter()
    if isinstance(trace, TraceFile):
        check_place(trace.path)
    validate(program, machine)
    packed, names = pack(program)
    try:
        raw = _togsim.run(packed, names, convert.machine_spec(machine), trace_spec(trace))
    except _togsim.SimulationError as error:
        raise UserError(f"simulation: {error}") from error
    kept = trace_data(raw.trace)
    whole = convert.whole_activity(raw)
    launches = convert.launch_stats(raw, program, whole)
    result = Result(
        total_cycles=raw.total_cycles,
        core_freq_mhz=machine.core_freq_mhz,
        launches=launches,
        kernels=grouped([launch.kernel for launch in launches], launches, whole),
        operations=grouped([launch.operation for launch in launches], launches, whole),
        unattributed=without(whole, (launch.activity for launch in launches)),
        cores=tuple(convert.core_stats(core) for core in raw.cores),
        channels=tuple(
            convert.channel_stats(channel, machine, raw.total_cycles) for channel in raw.channels
        ),
        wall_seconds=time.perf_counter() - started,
        trace=tuple(kept.iter_records()) if trace is True else (),
    )
    if isinstance(trace, TraceFile):
        summary = _write_trace(trace, kept, result, program, machine)
        result = replace(result, trace_file=summary)
    if log is not None:
        write_log(log, result, machine)
    return result


def _write_trace(
    trace: TraceFile, kept: TraceData, result: Result, program: Program, machine: Machine
) -> TraceSummary:
    from npu.togsim.perfetto import write_perfetto  # noqa: PLC0415 (protobuf takes its time)

    return write_perfetto(trace, kept, result, program, machine)
