"""A trace's result as text: the table that `togsim dram` prints, and its file of commands."""

from __future__ import annotations

from collections.abc import Iterator

from npu.configs.dram import DramModel
from npu.togsim.dram import DramTraceResult, Rows, Waits


def report_lines(result: DramTraceResult, model: DramModel) -> Iterator[str]:
    """The table, line by line."""
    yield from (f"{name:<24} {value}" for name, value in _pairs(result, model))


def command_lines(result: DramTraceResult, model: DramModel) -> Iterator[str]:
    """Commands as comma-separated values: `tick,command,request`, then an index for each level."""
    yield ",".join(("tick", "command", "request", *model.levels))
    for one in result.command_log:
        yield ",".join((str(one.tick), one.command, one.request, *map(str, one.address)))


def _pairs(result: DramTraceResult, model: DramModel) -> Iterator[tuple[str, str]]:
    pins = float(model.peak_bytes_per_second) / 1e9
    rows = model.counts[-2] * model.banks
    device = f"{model.banks} banks, {rows} rows of {model.row_bytes} bytes"
    moves = f"{model.tx_bytes} bytes a transaction"
    share = f"{100 * result.utilization:.2f} % of the pins' {pins:.3f}"
    yield "DRAM", f"{model.standard}, {model.rate} MT/s, {device}, {moves}"
    yield "controller", f"{model.controller} (rules of Ramulator {model.generation})"
    yield "requests", f"{result.requests} ({result.reads} reads, {result.writes} writes)"
    yield "total ticks", f"{result.total_ticks} of {result.tick_ps:.2f} ps"
    yield "time", f"{result.seconds * 1e6:.3f} us"
    yield "bandwidth", f"{result.gb_per_second:.3f} GB/s, {share}"
    if result.read_latency is not None:
        latency = result.read_latency
        middle = f"mean {latency.mean:.2f}, p50 {latency.p50}, p99 {latency.p99}"
        yield "read latency (ticks)", f"{middle}, min {latency.min}, max {latency.max}"
        yield "  from arrival", f"mean {result.read_latency_from_arrival:.2f}"
    yield from _direction("read", result.reads, result.read_rows, result.read_waits)
    yield from _direction("write", result.writes, result.write_rows, result.write_waits)
    yield "forwarded reads", str(result.forwarded_reads)
    yield "absorbed writes", str(result.absorbed_writes)
    yield "commands", ", ".join(f"{name} {count}" for name, count in result.commands.items())


def _direction(name: str, requests: int, rows: Rows, waits: Waits) -> Iterator[tuple[str, str]]:
    if requests == 0:
        return
    yield f"{name} rows", f"{rows.hits} hits, {rows.misses} misses, {rows.conflicts} conflicts"
    parts = ("accept", "bank", "column", "refresh", "data")
    means = (f"{part} {getattr(waits, part) / requests:.2f}" for part in parts)
    yield f"{name} waits (mean ticks)", ", ".join(means)
