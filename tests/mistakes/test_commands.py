"""The commands as processes: versions, closed pipes, and only the message on a mistake."""

import subprocess
import sys
from collections.abc import Callable

import pytest

Start = Callable[..., subprocess.Popen[str]]

MODULES = {
    "npu": "npu.frontend.cli",
    "npu-opt": "npu.passes.npu_opt",
    "togsim": "npu.runtime.togsim_cli",
}

BRANCH = """
import torch
class Net(torch.nn.Module):
    def forward(self, x):
        return x + 1 if x.sum() > 0 else x
model, inputs = Net(), (torch.ones(4, 4),)
"""
SHAPES = "import torch\nmodel, inputs = torch.nn.Linear(3, 4), (torch.ones(2, 5),)\n"


@pytest.mark.parametrize("command", MODULES)
def test_version(start: Start, command: str) -> None:
    said, _ = start("-m", MODULES[command], "--version").communicate(timeout=60)
    assert said.startswith(f"{command} ")


def test_reader_that_goes_away_is_no_traceback(start: Start) -> None:
    process = start("-m", MODULES["npu"], "config", "show", "tpuv3")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.wait(timeout=60)


@pytest.mark.parametrize("text", [BRANCH, SHAPES], ids=["branch on a value", "shapes"])
def test_pytorch_prints_nothing_of_its_own(start: Start, tmp_path, text: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    process = start("-W", "default", "-m", MODULES["npu"], "run", "bad.py")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.startswith("error: ")
    assert "Traceback" not in said
    assert "cannot be exported" in said.splitlines()[0]


def test_config_needs_no_heavy_import() -> None:
    code = (
        "import sys; from npu.frontend import cli; cli.main(['config', 'show', 'tpuv3']); "
        "print([m for m in ('torch', 'xdsl', 'numpy', 'llvmlite') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
