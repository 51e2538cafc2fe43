"""Files that `togsim` is asked for appear whole, or not at all with a message."""

import json
from pathlib import Path

import pytest

import npu.configs
from npu.runtime import togsim_cli

CONFIGS = Path(npu.configs.__file__).parent
NOC = ["noc", str(CONFIGS / "icnt/mesh4x4.icnt"), "--packet-flits", "1", "--rate", "0.1"]
DRAM = ["dram", str(CONFIGS / "ramulator2/ddr4_16gb_1600.yaml")]


def full(*_paths):
    """In place of `os.replace`."""
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("option", ["--json", "--commands"])
def test_what_the_disk_refuses_after_the_work_is_a_message(tmp_path, monkeypatch, capsys, option):
    trace = tmp_path / "trace.txt"
    trace.write_text("0 0 R\n", encoding="utf-8")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(SystemExit) as ended:
        togsim_cli.main([*DRAM, str(trace), option, str(tmp_path / "out")])
    assert ended.value.code not in (0, None)
    assert "No space left on device" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["trace.txt"]


def test_the_figures_of_a_network_replace_the_old_ones_whole(tmp_path, monkeypatch):
    target = tmp_path / "noc.json"
    target.write_text("old", encoding="utf-8")

    with monkeypatch.context() as patched:
        patched.setattr("os.replace", full)
        with pytest.raises(SystemExit):
            togsim_cli.main([*NOC, "--json", str(target)])
    assert target.read_text(encoding="utf-8") == "old"
    togsim_cli.main([*NOC, "--json", str(target)])
    assert json.loads(target.read_text(encoding="utf-8"))["packet_flits"] == 1
