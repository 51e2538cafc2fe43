"""From the raw figures of the C++ module to a `Result`."""

from __future__ import annotations

from npu.configs.machine import Machine
from npu.togsim import _togsim, convert
from npu.togsim.attribution import grouped, without
from npu.togsim.graph import Program
from npu.togsim.l2_stats import slice_stats
from npu.togsim.requests import requests_of, summaries
from npu.togsim.result import Result


def outcome(
    raw: _togsim.SimulationResult, program: Program, machine: Machine, wall_seconds: float
) -> Result:
    """The figures of `program`, which is all that ran on `machine`; without a trace."""
    whole = convert.whole_activity(raw)
    launches = convert.launch_stats(raw, program, whole)
    requests = requests_of(launches)
    return Result(
        total_cycles=raw.total_cycles,
        core_freq_mhz=machine.core_freq_mhz,
        launches=launches,
        kernels=grouped([launch.kernel for launch in launches], launches, whole),
        operations=grouped([launch.operation for launch in launches], launches, whole),
        requests=requests,
        request_latencies=summaries(launches, requests, whole),
        unattributed=without(whole, (launch.activity for launch in launches)),
        cores=tuple(convert.core_stats(core) for core in raw.cores),
        channels=tuple(
            convert.channel_stats(channel, machine, raw.total_cycles) for channel in raw.channels
        ),
        slices=tuple(slice_stats(slice_) for slice_ in raw.slices),
        wall_seconds=wall_seconds,
    )
