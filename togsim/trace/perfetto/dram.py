"""The DRAM channels of a trace: how fast each moved data, period by period."""

from __future__ import annotations

from collections.abc import Sequence

from npu.configs.machine import Machine
from npu.togsim.report.stats import ChannelStats
from npu.togsim.trace.perfetto.slices import Timeline
from npu.togsim.trace.perfetto.writer import PerfettoWriter


def write_channels(
    writer: PerfettoWriter,
    pid: int,
    channels: Sequence[ChannelStats],
    machine: Machine,
    timeline: Timeline,
) -> None:
    """A counter of GB/s for each channel, when the machine counts by periods."""
    period = machine.dram_stats_print_period_cycles
    if period == 0:
        return
    group = writer.process(pid, "DRAM")
    cycle = machine.dram_cycle_ps
    gb_per_request = float(machine.dram_req_size_byte * 1000 / (cycle * period))
    for index, channel in enumerate(channels):
        track = writer.counter(group, f"channel {index}", index, "GB/s")
        pairs = zip(channel.reads_by_period, channel.writes_by_period, strict=True)
        for number, (reads, writes) in enumerate(pairs):
            begin = number * period * cycle // 1000
            if timeline.shows(begin, (number + 1) * period * cycle // 1000):
                writer.value(track, begin, (reads + writes) * gb_per_request)
