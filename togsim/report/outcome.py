"""From the raw figures of the C++ module to a `Result`."""

from __future__ import annotations

from npu.configs.machine import Machine
from npu.togsim import _togsim, convert
from npu.togsim.graph import Program
from npu.togsim.report.attribution import grouped, without
from npu.togsim.report.energy import core_counts, energy_of, memory_counts
from npu.togsim.report.l2_stats import slice_stats
from npu.togsim.report.network_figures import network_figures, network_periods
from npu.togsim.report.requests import requests_of, summaries
from npu.togsim.report.result import Result


def outcome(
    raw: _togsim.SimulationResult, program: Program, machine: Machine, wall_seconds: float
) -> Result:
    """The figures of `program`, which is all that ran on `machine`; without a trace."""
    whole = convert.whole_activity(raw)
    launches = convert.launch_stats(raw, program, whole)
    requests = requests_of(launches)
    kernels = grouped([launch.kernel for launch in launches], launches, whole)
    channels = tuple(
        convert.channel_stats(channel, index, machine, raw.total_cycles)
        for index, channel in enumerate(raw.channels)
    )
    slices = tuple(slice_stats(slice_) for slice_ in raw.slices)
    network = None if raw.network is None else network_figures(raw.network)
    memory = memory_counts(whole, channels, slices, network, machine)
    return Result(
        total_cycles=raw.total_cycles,
        core_freq_mhz=machine.core_freq_mhz,
        launches=launches,
        kernels=kernels,
        operations=grouped([launch.operation for launch in launches], launches, whole),
        requests=requests,
        request_latencies=summaries(launches, requests, whole),
        energy=energy_of(machine, core_counts(whole, machine), memory, kernels, whole.core_cycles),
        unattributed=without(whole, (launch.activity for launch in launches)),
        cores=tuple(convert.core_stats(core) for core in raw.cores),
        channels=channels,
        slices=slices,
        network=network,
        network_periods=network_periods(raw.network_traffic, machine),
        wall_seconds=wall_seconds,
    )
