"""The network of a trace: how much left it, period by period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from npu.configs.machine import Machine
from npu.togsim.report.network_figures import NetworkPeriod
from npu.togsim.trace.perfetto.slices import Timeline
from npu.togsim.trace.perfetto.writer import PerfettoWriter

_COUNTS: dict[str, Callable[[NetworkPeriod], int | None]] = {
    "requests": lambda period: period.read_requests + period.write_requests,
    "responses": lambda period: period.read_responses + period.write_responses,
    "flits": lambda period: period.flits,
}
"""Name of a track -> what it counts; none where the model has no such thing."""


def write_network(
    writer: PerfettoWriter,
    pid: int,
    periods: Sequence[NetworkPeriod],
    machine: Machine,
    timeline: Timeline,
) -> None:
    """Counters of requests, responses and flits a network cycle, when the machine has periods."""
    if not periods:
        return
    length = machine.icnt_stats_print_period_cycles
    period_ns = Fraction(length * 1000, machine.icnt_freq_mhz)
    group = writer.process(pid, "network")
    for order, (name, count_of) in enumerate(_COUNTS.items()):
        counts = [count_of(period) for period in periods]
        if None in counts:
            continue
        track = writer.counter(group, name, order, "per cycle")
        for number, count in enumerate(count for count in counts if count is not None):
            begin = int(number * period_ns)
            if timeline.shows(begin, int((number + 1) * period_ns)):
                writer.value(track, begin, count / length)
