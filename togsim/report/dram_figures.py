"""What a detailed DRAM channel counts: rows, waits, latencies, commands (docs/dram.md)."""

from __future__ import annotations

from dataclasses import dataclass

from npu.configs.dram import DramModel
from npu.togsim import _togsim


@dataclass(frozen=True)
class Latency:
    """Ticks that reads took, from acceptance by the controller to their data."""

    mean: float
    """Their sum over their count."""
    p50: int
    """The smallest number of ticks that half of the reads did not exceed."""
    p99: int
    """The smallest number of ticks that 99 % of the reads did not exceed."""
    min: int
    """The shortest."""
    max: int
    """The longest."""


@dataclass(frozen=True)
class Rows:
    """Requests of one direction by what they found when their first command went out."""

    hits: int
    """Their row was open."""
    misses: int
    """The bank was closed: it took an activate."""
    conflicts: int
    """Another row was open: it took a precharge and an activate."""


@dataclass(frozen=True)
class Waits:
    """Ticks of all requests of one direction, from arrival to completion, by what they awaited."""

    accept: int
    """Ahead of the controller's queue: it was full, or the tick took another request."""
    bank: int
    """In the queue until the row was open."""
    column: int
    """Row open: activate to column, other commands, the data bus, clock synchronisation."""
    refresh: int
    """In the queue, ticks in which a refresh of the banks was due or under way."""
    data: int
    """From the column command to the last data."""
    total: int
    """The sum of the others."""


@dataclass(frozen=True)
class ControllerFigures:
    """The controller of one channel of the detailed model. Ticks are of its clock."""

    read_rows: Rows
    """What reads found."""
    write_rows: Rows
    """What writes found."""
    read_latency: Latency | None
    """Ticks from a read's acceptance to its data; none without reads."""
    read_waits: Waits
    """What reads waited for."""
    write_waits: Waits
    """What writes waited for."""
    forwarded_reads: int
    """Reads answered from the write queue, in no row statistics."""
    absorbed_writes: int
    """Writes to an address that waited in the write queue already, in no row statistics."""
    commands: dict[str, int]
    """Commands by name, those that were issued."""
    activations: tuple[int, ...]
    """Activates of each bank."""
    read_queue_peak: int
    """The most reads that its queue held."""
    write_queue_peak: int
    """The most writes that its queue held."""
    data_bus_ticks: int
    """Ticks of bursts on the data bus, summed over its ranks or pseudo channels."""


def controller_figures(raw: _togsim.DramStats, model: DramModel) -> ControllerFigures:
    """The figures of a channel of `model`."""
    return ControllerFigures(
        read_rows=rows_of(raw.read_rows),
        write_rows=rows_of(raw.write_rows),
        read_latency=latency_of(raw.read_latency),
        read_waits=waits_of(raw.read_wait),
        write_waits=waits_of(raw.write_wait),
        forwarded_reads=raw.forwarded_reads,
        absorbed_writes=raw.absorbed_writes,
        commands=commands_of(raw, model),
        activations=tuple(raw.activations),
        read_queue_peak=raw.read_queue_peak,
        write_queue_peak=raw.write_queue_peak,
        data_bus_ticks=raw.data_bus_ticks,
    )


def commands_of(raw: _togsim.DramStats, model: DramModel) -> dict[str, int]:
    """How often each command was issued, by its name in the standard."""
    issued = zip(model.commands, raw.commands, strict=True)
    return {name: count for name, count in issued if count}


def latency_of(raw: _togsim.DramLatencies) -> Latency | None:
    """None when nothing was counted."""
    if raw.count == 0:
        return None
    return Latency(raw.sum / raw.count, raw.percentile(50), raw.percentile(99), raw.min, raw.max)


def rows_of(raw: _togsim.DramRowCounts) -> Rows:
    """Requests of one direction by what they found."""
    return Rows(raw.hits, raw.misses, raw.conflicts)


def waits_of(raw: _togsim.DramWaitTicks) -> Waits:
    """Ticks of the requests of one direction by what they waited for."""
    return Waits(raw.accept, raw.bank, raw.column, raw.refresh, raw.data, raw.total)
