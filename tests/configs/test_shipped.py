"""The shipped machines: all load, say where their figures come from, and survive a round trip."""

from dataclasses import replace

import pytest
import yaml

from npu.configs.effective import effective
from npu.configs.loader import SHIPPED_FOLDER, load, parse, shipped_names

NAMES = shipped_names()
SIMPLE = [name for name in NAMES if load(name).dram_type == "simple"]
DETAILED = [name for name in NAMES if name.endswith("_ramulator2")]


def test_the_promised_machines_are_shipped():
    promised = {
        "tpuv2",
        "tpuv3",
        "tpuv3_c2",
        "tpuv3_half",
        "tpuv4",
        "tpuv4_l2",
        "tpuv6e",
        "8x8",
        "32x32",
    }
    assert promised <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_effective_machine_loads_back_equal(name: str):
    machine = load(name)
    again = parse(yaml.safe_dump(effective(machine), sort_keys=False), "effective.yaml")
    assert again == machine
    assert again.fingerprint() == machine.fingerprint()


@pytest.mark.parametrize("name", SIMPLE)
def test_memory_figures_name_their_source(name: str):
    lines = (SHIPPED_FOLDER / f"{name}.yaml").read_text().splitlines()
    for key in ("dram_latency", "dram_bandwidth_gbps_total"):
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{key}:"))
        assert lines[at - 1].startswith("#"), f"{name}: {key} has no source above it"


@pytest.mark.parametrize("name", SIMPLE)
def test_bandwidth_cap_is_within_what_the_channels_can_move(name: str):
    machine = load(name)
    assert machine.dram_bandwidth_gbps_total is not None
    # A cap may round up a peak (1640 for 1638.4), never exceed it by more.
    assert machine.dram_bandwidth_gbps_total * 1e9 <= machine.dram_peak_bytes_per_second * 1.01


@pytest.mark.parametrize("name", DETAILED)
def test_detailed_memory_is_that_of_the_simple_machine(name: str):
    """The same device: bandwidth within 2.5 % of the published one, the rest equal."""
    detailed, simple = load(name), load(name.removesuffix("_ramulator2"))
    assert simple.dram_bandwidth_gbps_total is not None
    published = simple.dram_bandwidth_gbps_total * 1e9
    assert detailed.dram_peak_bytes_per_second == pytest.approx(published, rel=0.025)
    for key in ("dram_channels", "dram_req_size_byte", "core_freq_mhz", "vpu_num_lanes"):
        assert getattr(detailed, key) == getattr(simple, key)


def test_machines_differ():
    assert len({load(name).fingerprint() for name in NAMES}) == len(NAMES)


def test_figures_of_tpuv3():
    machine = load("tpuv3")
    assert machine.spad_bytes == 16 * 1024 * 1024
    assert machine.array_size == 128
    assert machine.datapath_bits == 128 * 256
    assert machine.riscv_vlen_bits == 32768
    # HBM2 refreshes for 350 of every 3900 ns
    assert machine.dram_bytes_per_second == pytest.approx(450e9 * (1 - 350 / 3900))
    assert machine.peak_macs_per_second == 2 * 128 * 128 * 940e6


def test_the_partitioned_chip_is_the_chip_with_a_queue_for_each_core():
    machine, chip = load("tpuv3_c2_partition"), load("tpuv3_c2")
    assert (machine.queue_cores(0), machine.queue_cores(1), machine.queue_cores(2)) == (
        (0,),
        (1,),
        (),
    )
    assert chip.core_queues == (0, 0)
    assert replace(machine, num_partition=1, partition=(), scheduler="simple") == chip


def test_loading_by_path_and_by_name_agree():
    assert load(SHIPPED_FOLDER / "tpuv3.yaml") == load("tpuv3")
