"""A machine made in Python reaches the passes through a file of its own."""

import shutil
from pathlib import Path

import pytest

import npu.configs
from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.runtime.compiler import machine_file

CONFIGS = Path(npu.configs.__file__).parent


def copied(folder: Path) -> Path:
    """A shipped machine with DRAM in detail, and the file it names, in a folder."""
    for name in ("ramulator2", "machines"):
        (folder / name).mkdir(parents=True)
    shutil.copy(CONFIGS / "ramulator2/ddr4_16gb_1600.yaml", folder / "ramulator2")
    return Path(shutil.copy(CONFIGS / "machines/8x8_ramulator2.yaml", folder / "machines"))


def test_the_file_loads_to_the_machine_after_a_copy_that_it_named_is_gone(tmp_path, monkeypatch):
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path / "cache"))
    first, second = (load(copied(tmp_path / name)) for name in ("first", "second"))
    assert first == second
    assert load(machine_file(first)) == first
    shutil.rmtree(tmp_path / "first")
    assert load(machine_file(second)) == second


def test_equal_machines_share_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path))
    assert machine_file(load("tpuv3")) == machine_file(load("tpuv3"))
    assert machine_file(load("tpuv3")) != machine_file(load("tpuv2"))


@pytest.mark.parametrize("left", ["", "num_cores: 1", "[" * 100_000])
def test_a_damaged_file_is_made_anew(tmp_path, monkeypatch, left: str):
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path))
    path = Path(machine_file(load("tpuv3")))
    path.write_text(left)
    assert load(machine_file(load("tpuv3"))) == load("tpuv3")


def test_a_cache_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(UserError, match=r"cannot be written .*; set NPU_CACHE_DIR to a folder"):
        machine_file(load("tpuv3"))
