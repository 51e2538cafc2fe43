"""The log's lines about the memory system: DRAM channels, their rows, waits and periods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from npu.configs.machine import Machine
from npu.togsim.convert import channel_peak
from npu.togsim.report.dram_figures import ControllerFigures, Rows
from npu.togsim.report.l2_stats import CacheAccesses
from npu.togsim.report.network_figures import NetworkFigures
from npu.togsim.report.result import Result
from npu.togsim.report.stats import ChannelStats


def dram_period_lines(result: Result, machine: Machine) -> Iterator[str]:
    """What each channel moved in each `dram_stats_print_period_cycles`."""
    length = machine.dram_stats_print_period_cycles
    for index, channel in enumerate(result.channels):
        pairs = zip(channel.reads_by_period, channel.writes_by_period, strict=True)
        for period, (reads, writes) in enumerate(pairs):
            moved = (reads + writes) * machine.dram_req_size_byte
            per_second = float(moved * 10**12 / (length * machine.dram_cycle_ps))
            yield (
                f"[DRAM] DRAM cycles {period * length}-{(period + 1) * length} channel {index} | "
                f"{per_second / 1e9:.2f} GB/s avg. | {reads} reads, {writes} writes"
            )


def network_period_lines(result: Result, machine: Machine) -> Iterator[str]:
    """What left the network in each `icnt_stats_print_period_cycles`."""
    length = machine.icnt_stats_print_period_cycles
    for number, period in enumerate(result.network_periods):
        flits = "" if period.flits is None else f" | {period.flits} flits"
        yield (
            f"[ICNT] network cycles {number * length}-{(number + 1) * length} | "
            f"requests: {period.read_requests} reads, {period.write_requests} writes | "
            f"responses: {period.read_responses} reads, {period.write_responses} writes{flits}"
        )


def dram_lines(result: Result, machine: Machine) -> Iterator[str]:
    """A line for each channel, one for all, and one for the rows of each in detail."""
    for index, channel in enumerate(result.channels):
        yield f"[DRAM] channel {index} | {_channel(channel)}"
        if channel.controller is not None:
            yield f"[DRAM] channel {index} | {_controller(channel.controller)}"
    reads = sum(channel.reads for channel in result.channels)
    writes = sum(channel.writes for channel in result.channels)
    total = sum(channel.gb_per_second for channel in result.channels)
    peak = channel_peak(machine) * len(result.channels) / 1e9
    controllers = [c.controller for c in result.channels if c.controller is not None]
    if controllers:
        rows = [rows for one in controllers for rows in (one.read_rows, one.write_rows)]
        yield f"[DRAM] all {len(controllers)} channels | rows: {_rows(rows)}"
    yield (
        f"[DRAM] all {len(result.channels)} channels | {total:.2f} GB/s avg., "
        f"{100 * total / peak:.2f}% of utilization | {reads} reads, {writes} writes"
    )


def slice_lines(result: Result) -> Iterator[str]:
    """A line for each L2 slice, and one for all; nothing without an L2."""
    for index, one in enumerate(result.slices):
        stalls = sum(vars(one.stall_cycles).values())
        yield (
            f"[L2] slice {index} | reads: {_accesses(one.reads)} | writes: {_accesses(one.writes)} "
            f"| {one.evictions} evictions, {one.fetches} blocks fetched, "
            f"{one.write_backs} written back, {one.writes_through} written through, "
            f"refused for {stalls} cycles"
        )
    if result.slices:
        kinds = [kind for one in result.slices for kind in (one.reads, one.writes)]
        total = sum(kind.total for kind in kinds)
        hits = sum(kind.hits for kind in kinds)
        share = 100 * hits / total if total else 0.0
        yield f"[L2] all {len(result.slices)} slices | {total} accesses, {hits} hits ({share:.2f}%)"


def network_lines(network: NetworkFigures | None) -> Iterator[str]:
    """The detailed network; nothing for the simple one."""
    if network is None:
        return
    yield (
        f"[ICNT] {network.packets} packets, {network.flits} flits | latency mean "
        f"{network.mean_latency:.2f} min {network.latency_min} max {network.latency_max} cycles | "
        f"hops mean {network.mean_hops:.2f} | busiest link {max(network.link_flits, default=0)} "
        "flits"
    )


def _accesses(found: CacheAccesses) -> str:
    return (
        f"{found.hits} hits, {found.hits_reserved} on their way, {found.misses} misses, "
        f"{found.sector_misses} sector misses, {found.bypassed} bypassed"
    )


def _channel(channel: ChannelStats) -> str:
    return (
        f"{channel.gb_per_second:.2f} GB/s avg., {100 * channel.utilization:.2f}% of utilization | "
        f"{channel.reads} reads, {channel.writes} writes | {_held_back(channel)}"
    )


def _held_back(channel: ChannelStats) -> str:
    if channel.controller is None:
        return (
            f"refresh held requests back for {channel.refresh_wait_cycles} DRAM cycles, "
            f"bus turnarounds for {channel.turnaround_wait_cycles}"
        )
    reads, writes = channel.controller.read_waits, channel.controller.write_waits
    return (
        f"requests waited for the queue {reads.accept + writes.accept} ticks, "
        f"their rows {reads.bank + writes.bank}, columns {reads.column + writes.column}, "
        f"refresh {reads.refresh + writes.refresh}"
    )


def _controller(found: ControllerFigures) -> str:
    latency = found.read_latency
    ticks = (
        "no reads"
        if latency is None
        else f"read latency mean {latency.mean:.1f} p50 {latency.p50} p99 {latency.p99} "
        f"max {latency.max} ticks"
    )
    commands = ", ".join(f"{count} {name}" for name, count in found.commands.items())
    return f"rows: {_rows([found.read_rows, found.write_rows])} | {ticks} | {commands}"


def _rows(found: Sequence[Rows]) -> str:
    hits = sum(rows.hits for rows in found)
    misses = sum(rows.misses for rows in found)
    conflicts = sum(rows.conflicts for rows in found)
    return f"{hits} hits, {misses} misses, {conflicts} conflicts"
