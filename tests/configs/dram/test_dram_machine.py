"""A machine with DRAM in detail: what it takes from the file, and what contradicts it."""

import dataclasses
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from npu.configs.dram import load_dram_model
from npu.configs.effective import effective
from npu.configs.errors import MachineError, UserError
from npu.configs.loader import SHIPPED_FOLDER, load, parse

DATA = Path(__file__).parents[2] / "togsim" / "data" / "dram"
MACHINE = """\
num_cores: 1
core_freq_mhz: 940
vpu_num_lanes: 128
vpu_spad_size_kb_per_lane: 128
vpu_vector_length_bits: 256
dram_channels: 16
icnt_type: simple
icnt_latency_cycles: 10
icnt_freq_mhz: 940
dram_type: ramulator2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("r20_hbm2_18", "r20_hbm2_14"):
        (tmp_path / f"{name}.yaml").write_text((DATA / f"{name}.yaml").read_text())
    return tmp_path


def machine_file(folder: Path, lines: str) -> Path:
    path = folder / "m.yaml"
    path.write_text(MACHINE + lines)
    return path


HBM2 = "ramulator_config_path: r20_hbm2_18.yaml\n"


def test_the_path_is_relative_to_the_machine_and_the_content_is_the_machine(folder: Path):
    machine = load(machine_file(folder, HBM2))
    assert machine.dram_model == load_dram_model(folder / "r20_hbm2_18.yaml")
    (folder / "copy.yaml").write_text((folder / "r20_hbm2_18.yaml").read_text())
    again = load(machine_file(folder, "ramulator_config_path: copy.yaml\n"))
    assert again == machine
    assert hash(again) == hash(machine)
    assert again.fingerprint() == machine.fingerprint()
    other = load(machine_file(folder, "ramulator_config_path: r20_hbm2_14.yaml\n"))
    assert other != machine
    assert other.fingerprint() != machine.fingerprint()


def test_what_is_shown_loads_back_from_anywhere(folder: Path):
    machine = load(machine_file(folder, HBM2))
    assert "dram_model" not in effective(machine)
    text = yaml.safe_dump(effective(machine), sort_keys=False)
    assert parse(text, "/elsewhere/m.yaml") == machine


def test_derived_figures(folder: Path):
    machine = load(machine_file(folder, HBM2 + "dram_freq_mhz: 900\n"))
    assert machine.dram_cycle_ps == Fraction(10000, 9)
    assert machine.dram_peak_bytes_per_second == pytest.approx(16 * 28.8e9)
    assert machine.dram_bytes_per_second == machine.dram_peak_bytes_per_second
    # 17 ticks of 1.111 ns
    assert machine.dram_latency_seconds == pytest.approx(17 * 1.1111e-9, rel=1e-4)


def test_refresh_takes_its_share_of_the_bandwidth():
    machine = load("8x8_ramulator2")
    assert machine.dram_available == pytest.approx(1 - 440 / 6240)
    assert machine.dram_bytes_per_second == pytest.approx(12.8e9 * (1 - 440 / 6240))


CONTRADICTIONS = [
    (HBM2 + "dram_freq_mhz: 940", 12, "dram_freq_mhz", "1800 MT/s mean 900 MHz"),
    (HBM2 + "dram_req_size_byte: 64", 12, "dram_req_size_byte", "write 32"),
    (HBM2 + "dram_latency: 17", 12, "dram_latency", "the timings decide"),
    (HBM2 + "dram_bandwidth_gbps_total: 450", 12, "dram_bandwidth_gbps_total", "remove the key"),
    (HBM2 + "dram_read_to_write_cycles: 9", 12, "dram_read_to_write_cycles", "the timings decide"),
    (HBM2 + "dram_model: x", 12, "dram_model", "is not a key of a machine"),
    ("", 10, "dram_type", "without ramulator_config_path"),
    ("ramulator_config_path: r20.yaml", 11, "ramulator_config_path", "which is no file"),
    ("ramulator_config_path: .", 11, "ramulator_config_path", "which is no file"),
    ("ramulator_config_path: 7", 11, "ramulator_config_path", "a text"),
]


@pytest.mark.parametrize(("lines", "line", "key", "says"), CONTRADICTIONS)
def test_contradiction(folder: Path, lines: str, line: int, key: str, says: str):
    path = machine_file(folder, lines + "\n")
    with pytest.raises(MachineError) as raised:
        load(path)
    assert str(raised.value).startswith(f"{path}:{line}: key '{key}'")
    assert says in str(raised.value)


def test_a_mistake_inside_the_file_names_that_file(folder: Path):
    text = (DATA / "r20_hbm2_18.yaml").read_text().replace("HBM2_8Gb", "HBM2_9Gb")
    (folder / "bad.yaml").write_text(text)
    with pytest.raises(UserError) as raised:
        load(machine_file(folder, "ramulator_config_path: bad.yaml\n"))
    assert str(raised.value).startswith(
        f"{folder / 'bad.yaml'}:9: key 'MemorySystem.DRAM.org.preset'"
    )


def test_a_machine_made_in_python_takes_the_model():
    simple = load("tpuv3")
    figures = {
        "dram_latency": None,
        "dram_freq_mhz": None,
        "dram_refresh_interval_ns": 0,
        "dram_refresh_ns": 0,
        "dram_read_to_write_cycles": 0,
        "dram_write_to_read_cycles": 0,
        "dram_bandwidth_gbps_total": None,
    }
    model = load("tpuv3_ramulator2").dram_model
    made = dataclasses.replace(simple, dram_type="ramulator2", dram_model=model, **figures)
    assert made == load("tpuv3_ramulator2")
    with pytest.raises(MachineError, match="is given while dram_type is simple"):
        dataclasses.replace(simple, dram_model=model)


@pytest.mark.parametrize("key", ["dram_freq_mhz", "dram_latency"])
def test_the_simple_model_still_needs_its_figures(key: str):
    with pytest.raises(MachineError, match=f"'{key}': is missing"):
        dataclasses.replace(load("tpuv3"), **{key: None})


def test_shipped_files_are_beside_the_machines():
    named = {load(name).ramulator_config_path for name in ("tpuv3_ramulator2", "8x8_ramulator2")}
    assert {Path(str(path)).parent for path in named} == {SHIPPED_FOLDER.parent / "ramulator2"}
