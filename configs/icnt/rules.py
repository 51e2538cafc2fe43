"""The rules between a machine's keys and its network: what is required, and what contradicts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from npu.configs.errors import Problem
from npu.configs.icnt.keys import MAX_K
from npu.configs.machine_keys import MachineKeys
from npu.configs.partial import is_known

if TYPE_CHECKING:
    from npu.configs.icnt.model import IcntModel
    from npu.configs.machine import MachineKeys


def icnt_model_problems(machine: MachineKeys) -> Iterator[Problem]:
    """A problem for each key that `icnt_type` lacks or contradicts."""
    if machine.icnt_type == "simple":
        yield from _simple(machine)
        return
    if is_known(machine, "icnt_latency_cycles") and machine.icnt_latency_cycles is not None:
        yield Problem(
            "icnt_latency_cycles",
            f"is {machine.icnt_latency_cycles} while icnt_type is booksim2, where routers decide",
            "no such figure",
            "remove the key",
        )
    if machine.icnt_model is None:
        yield Problem(
            "icnt_type",
            "is booksim2 without booksim_config_path",
            "the path of a BookSim 2 configuration (.icnt)",
            "add 'booksim_config_path: ...', or write 'icnt_type: simple' and icnt_latency_cycles",
        )
        return
    yield from _agreement(machine, machine.icnt_model)


def _simple(machine: MachineKeys) -> Iterator[Problem]:
    key = "icnt_latency_cycles"
    if is_known(machine, key) and machine.icnt_latency_cycles is None:
        yield Problem(key, "is missing", "a value: it has no default", f"add '{key}: ...'")
    if machine.booksim_config_path is not None or machine.icnt_model is not None:
        mend = "remove the key, or write 'icnt_type: booksim2' without icnt_latency_cycles"
        what = "is given while icnt_type is simple"
        yield Problem("booksim_config_path", what, "no such figure", mend)


def _agreement(machine: MachineKeys, model: IcntModel) -> Iterator[Problem]:
    if model.flit_size is None:
        size = machine.dram_req_size_byte if is_known(machine, "dram_req_size_byte") else 32
        yield Problem(
            "booksim_config_path",
            "names a network without flit_size",
            "the bytes of a flit, from which packets get their length",
            f"add 'flit_size = {size};' to that file",
        )
    ports, channels = machine.icnt_injection_ports_per_core, machine.dram_channels
    nodes = machine.num_cores * ports + channels
    if model.num_nodes != nodes:
        yield Problem(
            "booksim_config_path",
            f"names a network of {model.num_nodes} nodes",
            f"{nodes}: {machine.num_cores} x {ports} ports of cores (num_cores, "
            f"icnt_injection_ports_per_core) and {channels} channels (dram_channels)",
            f"for a crossbar of them write 'k = {nodes}; n = 1;'"
            if model.topology == "fly" and nodes <= MAX_K
            else "",
        )
