"""The log that users of such simulators know, with every figure computed from the result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from npu.configs.machine import Machine
from npu.configs.output import write_output
from npu.togsim.report.log.attribution import attribution_lines, launch_lines, request_lines
from npu.togsim.report.log.cores import core_lines, core_period_lines, instruction_lines
from npu.togsim.report.log.energy import energy_lines
from npu.togsim.report.log.memory import (
    dram_lines,
    dram_period_lines,
    network_lines,
    network_period_lines,
    slice_lines,
)
from npu.togsim.report.result import Result


def write_log(path: Path, result: Result, machine: Machine) -> None:
    """Writes the log to `path` (`npu.configs.output`). Raises UserError."""
    write_output(path, "\n".join(log_lines(result, machine)) + "\n", "log ")


def log_lines(result: Result, machine: Machine) -> Iterator[str]:
    """The lines of the log, in order."""
    yield from core_period_lines(result)
    yield from dram_period_lines(result, machine)
    yield from network_period_lines(result, machine)
    yield from launch_lines(result)
    yield from attribution_lines(result)
    yield from request_lines(result)
    yield from instruction_lines(result)
    yield from dram_lines(result, machine)
    yield from slice_lines(result)
    yield from network_lines(result.network)
    for index, core in enumerate(result.cores):
        yield from core_lines(index, core, result, machine)
    yield from energy_lines(result.energy)
    yield f"Total execution cycles: {result.total_cycles}"
    yield f"Wall-clock time for simulation: {result.wall_seconds:.6f} seconds"
