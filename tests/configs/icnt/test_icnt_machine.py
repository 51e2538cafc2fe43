"""A machine with a detailed network: what its keys require, and what contradicts."""

import dataclasses
from pathlib import Path

import pytest

from npu.configs.errors import UserError
from npu.configs.icnt import load_icnt_model
from npu.configs.icnt.load import SHIPPED_FOLDER
from npu.configs.loader import load, parse
from npu.configs.machine import Machine

MACHINE = """\
num_cores: 2
core_freq_mhz: 940
vpu_num_lanes: 128
vpu_spad_size_kb_per_lane: 128
vpu_vector_length_bits: 256
dram_type: simple
dram_channels: 8
dram_freq_mhz: 940
dram_latency: 17
icnt_type: booksim2
icnt_freq_mhz: 940
booksim_config_path: net.icnt
"""

NETWORK = (SHIPPED_FOLDER / "fly_c2_m8.icnt").read_text()


def read(folder: Path, machine: str = MACHINE, network: str = NETWORK) -> Machine:
    (folder / "net.icnt").write_text(network)
    return parse(machine, str(folder / "machine.yaml"))


def test_the_content_of_the_file_is_part_of_the_machine(tmp_path: Path):
    first = read(tmp_path)
    assert first.icnt_model == load_icnt_model(SHIPPED_FOLDER / "fly_c2_m8.icnt")
    assert first.icnt_latency_cycles is None
    # 7 cycles of 940 MHz through a crossbar
    assert first.icnt_latency_seconds == pytest.approx(7 / 940e6)
    (tmp_path / "elsewhere").mkdir()
    assert read(tmp_path / "elsewhere").fingerprint() == first.fingerprint()
    changed = read(tmp_path, network=NETWORK + "num_vcs = 4;\n")
    assert changed.fingerprint() != first.fingerprint()
    in_python = dataclasses.replace(first, booksim_config_path=None)
    assert in_python == first


MISTAKES = [
    ("num_cores: 2", "num_cores: 1", "expected 9: 1 x 1 ports of cores"),
    ("num_cores: 2", "num_cores: 1", "write 'k = 9; n = 1;'"),
    ("booksim_config_path: net.icnt", "", "add 'booksim_config_path: ...'"),
    ("net.icnt", "nowhere.icnt", "machine.yaml:12: key 'booksim_config_path': names 'nowhere"),
    ("icnt_freq_mhz: 940", "icnt_freq_mhz: 940\nicnt_latency_cycles: 10", "where routers decide"),
    ("booksim2", "simple", "is given while icnt_type is simple"),
    ("booksim2", "simple", "add 'icnt_latency_cycles: ...'"),
]


@pytest.mark.parametrize(("old", "new", "says"), MISTAKES)
def test_contradictions_are_refused(tmp_path: Path, old: str, new: str, says: str):
    assert old in MACHINE
    with pytest.raises(UserError) as caught:
        read(tmp_path, MACHINE.replace(old, new))
    assert says in str(caught.value)


def test_a_machine_needs_the_size_of_a_flit(tmp_path: Path):
    with pytest.raises(UserError, match="add 'flit_size = 32;'"):
        read(tmp_path, network=NETWORK.replace("flit_size = 32;", ""))


def test_mistakes_in_the_network_are_told_with_their_place(tmp_path: Path):
    with pytest.raises(UserError, match=r"net\.icnt:.*did you mean 'num_vcs'"):
        read(tmp_path, network=NETWORK + "num_vc = 4;\n")


def test_the_shipped_dies_are_far_apart():
    """Core 0 reaches the channels of its die in 7 cycles, those of the other one in 31."""
    model = load("tpuv3_c2_xnuma").icnt_model
    assert model is not None
    near = {model.zero_load_latency(0, channel, 1) for channel in range(32, 48)}
    far = {model.zero_load_latency(0, channel, 1) for channel in range(48, 64)}
    # two routers of 4 cycles, links of 1, 20 and 1, and one cycle to take the flit
    assert (near, far) == ({7}, {2 * 4 + 1 + 20 + 1 + 1})
