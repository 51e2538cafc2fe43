"""The rules between a machine's keys and its DRAM model: what is required, and what contradicts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from npu.configs.errors import Problem
from npu.configs.machine_keys import MachineKeys
from npu.configs.partial import is_known

if TYPE_CHECKING:
    from npu.configs.dram.model import DramModel
    from npu.configs.machine import MachineKeys

REQUIRED_BY_SIMPLE = ("dram_freq_mhz", "dram_latency")
"""Figures of the simple model that have no default."""

ONLY_SIMPLE: dict[str, object] = {
    "dram_latency": None,
    "dram_refresh_interval_ns": 0,
    "dram_refresh_ns": 0,
    "dram_read_to_write_cycles": 0,
    "dram_write_to_read_cycles": 0,
    "dram_bandwidth_gbps_per_channel": None,
    "dram_bandwidth_gbps_total": None,
}
"""Keys of the simple model -> the value that leaves them out."""


def dram_model_problems(machine: MachineKeys) -> Iterator[Problem]:
    """A problem for each key that `dram_type` lacks or contradicts."""
    if machine.dram_type == "simple":
        yield from _simple(machine)
        return
    for key, without in ONLY_SIMPLE.items():
        value = getattr(machine, key) if is_known(machine, key) else without
        if value != without:
            what = f"is {value} while dram_type is ramulator2, where the timings decide"
            yield Problem(key, what, "no such figure", "remove the key")
    if machine.dram_model is None:
        yield Problem(
            "dram_type",
            "is ramulator2 without ramulator_config_path",
            "the path of a Ramulator 2 configuration",
            "add 'ramulator_config_path: ...', or write 'dram_type: simple' and its figures",
        )
        return
    yield from _agreement(machine, machine.dram_model)


def _simple(machine: MachineKeys) -> Iterator[Problem]:
    for key in REQUIRED_BY_SIMPLE:
        if is_known(machine, key) and getattr(machine, key) is None:
            yield Problem(key, "is missing", "a value: it has no default", f"add '{key}: ...'")
    if machine.ramulator_config_path is not None or machine.dram_model is not None:
        mend = "remove the key, or write 'dram_type: ramulator2' without the simple one's figures"
        what = "is given while dram_type is simple"
        yield Problem("ramulator_config_path", what, "no such figure", mend)


def _agreement(machine: MachineKeys, model: DramModel) -> Iterator[Problem]:
    clock = round(model.clock_mhz)
    if is_known(machine, "dram_freq_mhz") and machine.dram_freq_mhz not in (None, clock):
        yield Problem(
            "dram_freq_mhz",
            f"is {machine.dram_freq_mhz} while the DRAM's {model.rate} MT/s mean {clock} MHz",
            f"{clock}, or no such figure",
            f"write {clock} or remove the key",
            write=clock,
        )
    is_counted = is_known(machine, "dram_channels") and model.stated_channels != 1
    if is_counted and model.stated_channels != machine.dram_channels:
        yield Problem(
            "dram_channels",
            f"is {machine.dram_channels} while the DRAM's file counts {model.stated_channels} "
            "(org.channel)",
            f"{model.stated_channels}, or 'channel: 1' in that file",
            f"write {model.stated_channels}",
            write=model.stated_channels,
        )
    if machine.dram_req_size_byte != model.tx_bytes:
        yield Problem(
            "dram_req_size_byte",
            f"is {machine.dram_req_size_byte} while a transaction of the DRAM moves "
            f"{model.tx_bytes} bytes ({model.prefetch} x {model.channel_width} bits)",
            f"{model.tx_bytes}",
            f"write {model.tx_bytes}",
            write=model.tx_bytes,
        )
