"""Machines of a number of cores for measurements: each core brings its share of channels along."""

from __future__ import annotations

from dataclasses import replace

from npu.configs.machine import Machine

MOST_CHANNELS = 256
"""The most that the channel hash interleaves."""


def with_cores(machine: Machine, cores: int) -> Machine:
    """`machine`, which has one core, with `cores` of them and as many times its channels.

    A detailed network becomes a crossbar of all ports and channels.
    """
    channels = min(machine.dram_channels * cores, MOST_CHANNELS)
    changes: dict[str, object] = {"num_cores": cores, "dram_channels": channels}
    if machine.dram_bandwidth_gbps_total is not None:
        share = channels / machine.dram_channels
        changes["dram_bandwidth_gbps_total"] = machine.dram_bandwidth_gbps_total * share
    if machine.icnt_model is not None:
        nodes = cores * machine.icnt_injection_ports_per_core + channels
        changes["icnt_model"] = replace(machine.icnt_model, topology="fly", k=nodes, n=1)
    return replace(machine, **changes)
