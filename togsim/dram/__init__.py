"""One DRAM channel driven with a trace of requests, without a machine around it.

model = load_dram_model("hbm2.yaml")
result = run_trace(model, read_requests("trace.txt"))
result.total_ticks, result.read_latency.mean, result.read_rows.hits
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from npu.configs.dram import DramModel
from npu.configs.errors import UserError
from npu.configs.output import write_output
from npu.togsim import _togsim
from npu.togsim.dram.requests import RequestTrace
from npu.togsim.dram.spec import dram_spec
from npu.togsim.report.dram_figures import (
    Latency,
    Rows,
    Waits,
    commands_of,
    latency_of,
    rows_of,
    waits_of,
)
from npu.togsim.report.result_json import json_value

PICOSECONDS = 10**12
"""In a second."""


@dataclass(frozen=True)
class CommandLine:
    """One command as it went out."""

    tick: int
    """The controller's clock."""
    command: str
    """Name in the standard."""
    request: str
    """`R` or `W`, what it serves; `M` for a refresh."""
    address: tuple[int, ...]
    """One index a level, from the channel; -1: all of that level."""


@dataclass(frozen=True)
class DramTraceResult:
    """What a channel made of a trace. Equal traces give equal results."""

    standard: str
    """Of the DRAM, such as `HBM2`."""
    controller: str
    """Whose rules were followed, such as `Generic` (Ramulator 2.0)."""
    requests: int
    """Requests of the trace."""
    reads: int
    """Of them, reads."""
    writes: int
    """Of them, writes."""
    bytes: int
    """What the requests move, `requests` times the bytes of a transaction."""
    total_ticks: int
    """Ticks of the controller's clock to the last completion."""
    tick_ps: float
    """One tick in picoseconds."""
    seconds: float
    """`total_ticks` in seconds."""
    gb_per_second: float
    """`bytes` / `seconds` / 10^9."""
    utilization: float
    """`gb_per_second` over what the pins move when they are never idle."""
    read_latency: Latency | None
    """Of the reads; none without reads."""
    read_latency_from_arrival: float | None
    """Mean ticks from a read's cycle in the trace to its data; none without reads."""
    read_rows: Rows
    """What reads found."""
    write_rows: Rows
    """What writes found."""
    forwarded_reads: int
    """Reads answered from the write queue, in no row statistics."""
    absorbed_writes: int
    """Writes to an address that waited in the write queue already, in no row statistics."""
    read_waits: Waits
    """What reads waited for."""
    write_waits: Waits
    """What writes waited for."""
    commands: dict[str, int]
    """Commands by name, those that were issued."""
    activations: tuple[int, ...]
    """Activates of each bank."""
    command_log: tuple[CommandLine, ...] = field(default=(), repr=False)
    """Every command in order, when asked for."""
    accepted: tuple[int, ...] = field(default=(), repr=False)
    """For each request the tick in which the controller took it."""
    completed: tuple[int, ...] = field(default=(), repr=False)
    """For each request the tick of its completion: the data of a read, the command of a write."""

    JSON_LEAVES_OUT = ("command_log", "accepted", "completed")

    def to_json(self) -> str:
        """A JSON document with sorted keys that follows `dram_trace.schema.json`."""
        return json.dumps(json_value(self), indent=2, sort_keys=True) + "\n"

    def write_json(self, path: Path) -> None:
        """Writes `to_json()` to `path` (`npu.configs.output`). Raises UserError."""
        write_output(path, self.to_json())


def run_trace(
    model: DramModel, trace: RequestTrace, *, plain: bool = False, log_commands: bool = False
) -> DramTraceResult:
    """Runs `trace` through one channel until its last request is complete.

    `plain` follows the rules tick by tick without a shortcut: slower, with an equal result.
    `log_commands` keeps every command. Raises UserError when the model contradicts itself.
    """
    try:
        raw = _togsim.dram_trace(
            dram_spec(model), trace.cycles, trace.addresses, trace.writes, plain, log_commands
        )
    except _togsim.SimulationError as error:
        raise UserError(f"dram: {error}") from error
    return _result(model, trace, raw)


def _result(model: DramModel, trace: RequestTrace, raw: _togsim.DramTrace) -> DramTraceResult:
    stats = raw.stats
    moved = len(trace) * model.tx_bytes
    seconds = raw.total_ticks * model.tick_ps / PICOSECONDS
    reads = trace.writes.count(False)
    return DramTraceResult(
        standard=model.standard,
        controller=model.controller,
        requests=len(trace),
        reads=reads,
        writes=len(trace) - reads,
        bytes=moved,
        total_ticks=raw.total_ticks,
        tick_ps=float(model.tick_ps),
        seconds=float(seconds),
        gb_per_second=float(moved / seconds / 10**9),
        utilization=float(moved / seconds / model.peak_bytes_per_second),
        read_latency=latency_of(stats.read_latency),
        read_latency_from_arrival=stats.read_wait.total / reads if reads else None,
        read_rows=rows_of(stats.read_rows),
        write_rows=rows_of(stats.write_rows),
        forwarded_reads=stats.forwarded_reads,
        absorbed_writes=stats.absorbed_writes,
        read_waits=waits_of(stats.read_wait),
        write_waits=waits_of(stats.write_wait),
        commands=commands_of(stats, model),
        activations=tuple(stats.activations),
        command_log=tuple(_command(model, record) for record in raw.commands),
        accepted=tuple(raw.accepted),
        completed=tuple(raw.completed),
    )


def _command(model: DramModel, record: _togsim.DramCommand) -> CommandLine:
    levels = len(model.levels)
    name = model.commands[record.command]
    return CommandLine(record.tick, name, record.request, tuple(record.address[:levels]))
