"""The typed machine itself: valid by construction, stable fingerprint, default vector length."""

import dataclasses
import re
from pathlib import Path

import pytest

from npu.configs.errors import MachineError
from npu.configs.key_docs import field_docs, machines_page
from npu.configs.loader import load, parse
from npu.configs.machine import Machine
from npu.configs.machine_keys import MachineKeys
from npu.configs.pending import PENDING
from npu.configs.rules import default_vlen_bits

ROOT = Path(__file__).parents[2]


def test_replace_is_checked_too():
    with pytest.raises(MachineError, match="num_cores"):
        dataclasses.replace(load("8x8"), num_cores=0)


def test_machine_is_frozen_and_hashable():
    machine = load("8x8")
    assert hash(machine) == hash(load("8x8"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        machine.num_cores = 2  # type: ignore[misc]


def test_fingerprint_sees_every_key():
    machine = load("8x8")
    timing = dataclasses.replace(machine.core_timing, issue_width=3)
    changed = [
        dataclasses.replace(machine, num_cores=2),
        dataclasses.replace(machine, core_timing=timing),
        dataclasses.replace(machine, special_functions="instruction"),
    ]
    assert len({m.fingerprint() for m in [machine, *changed]}) == 4


@pytest.mark.parametrize(
    ("lanes", "lane_bits", "bits"),
    [
        (1, 32, 128), (5, 32, 128), (8, 32, 256), (12, 32, 256), (8, 256, 2048), (32, 256, 8192),
        (128, 256, 32768), (129, 256, 32768), (256, 512, 65536),
    ],
)  # fmt: skip
def test_default_vector_length(lanes: int, lane_bits: int, bits: int):
    assert default_vlen_bits(lanes, lane_bits) == bits


def test_given_vector_length_stands():
    text = re.sub("vpu_num_lanes", "riscv_vlen_bits: 512\nvpu_num_lanes", shipped("tpuv3"))
    assert parse(text, "m.yaml").riscv_vlen_bits == 512


def test_caps_bound_the_bandwidth():
    machine = dataclasses.replace(
        load("tpuv3"),
        dram_bandwidth_gbps_total=None,
        dram_bandwidth_gbps_per_channel=10.0,
        dram_refresh_interval_ns=0,
        dram_refresh_ns=0,
    )
    assert machine.dram_bytes_per_second == 160e9
    free = dataclasses.replace(machine, dram_bandwidth_gbps_per_channel=None)
    assert free.dram_bytes_per_second == 16 * 32 * 940e6
    refreshing = dataclasses.replace(free, dram_refresh_interval_ns=1000, dram_refresh_ns=250)
    assert refreshing.dram_available == 0.75
    assert refreshing.dram_bytes_per_second == 0.75 * 16 * 32 * 940e6


def test_every_key_is_documented_and_every_pending_one_exists():
    names = [field.name for field in dataclasses.fields(Machine)]
    assert list(field_docs(MachineKeys)) == names
    assert set(PENDING) <= set(names)


def test_page_of_the_keys_is_fresh():
    page = (ROOT / "docs" / "machines.md").read_text()
    assert page == machines_page(), "docs/machines.md is stale: run 'make docs'"


def test_shipped_file_can_be_copied_and_changed(tmp_path: Path):
    """The steps of docs/add-a-machine.md."""
    mine = tmp_path / "mine.yaml"
    mine.write_text(shipped("tpuv3").replace("num_cores: 1", "num_cores: 4"))
    assert load(mine) == dataclasses.replace(load("tpuv3"), num_cores=4)


def shipped(name: str) -> str:
    return (ROOT / "configs" / "machines" / f"{name}.yaml").read_text()


def test_the_scratchpad_may_be_said_twice():
    machine = load("tpuv3")
    said = dataclasses.replace(machine, core_spad_size_kb=128 * 128)
    assert said.spad_bytes == machine.spad_bytes == said.core_spad_size_kb * 1024
    with pytest.raises(MachineError, match="16385, but 128 lanes of 128 KB make 16384"):
        dataclasses.replace(machine, core_spad_size_kb=128 * 128 + 1)
