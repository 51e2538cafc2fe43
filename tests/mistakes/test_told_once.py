"""A machine's file is read by every pass: what is odd about it is told once."""

from pathlib import Path

import pytest

import npu.configs
from npu.frontend import cli
from npu.runtime import togsim_cli

CONFIGS = Path(npu.configs.__file__).parent
MODEL = "import torch\nmodel, inputs = torch.nn.ReLU(), (torch.ones(4, 4),)\n"
LINE = "booksim_config_path: n.icnt"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path / "cache"))
    machine = (CONFIGS / "machines/tpuv3_booksim2.yaml").read_text()
    line = next(one for one in machine.splitlines() if one.startswith("booksim_config_path:"))
    network = (CONFIGS / "machines" / line.split()[1].strip("'\"")).read_text()
    Path("m.yaml").write_text(machine.replace(line, LINE).replace("../", f"{CONFIGS}/"))
    Path("n.icnt").write_text(network + "\ninjection_rate = 0.1;\n")


@pytest.mark.parametrize("program", ["softmax_2x8", "model.py"])
def test_npu_run(program: str, capfd: pytest.CaptureFixture[str]):
    """PyTorch makes Python forget what it has warned of."""
    Path("model.py").write_text(MODEL)
    cli.main(["run", program, "--config", "m.yaml", "--no-functional"])
    assert capfd.readouterr().err.count("injection_rate") == 1


def test_a_second_command_tells_it_again(capfd: pytest.CaptureFixture[str]):
    for _ in range(2):
        togsim_cli.main(["noc", "n.icnt", "--packet-flits", "1", "--rate", "0.1"])
        assert capfd.readouterr().err.count("injection_rate") == 1
