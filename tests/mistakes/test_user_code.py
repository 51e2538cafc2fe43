"""Model files that do what no model file should: one message each, and a command that goes on."""

import os
from pathlib import Path

import pytest

from npu.frontend import cli

MODEL = """import os, sys, warnings
import torch
class Net(torch.nn.Module):
    calls = 0
    def forward(self, x):
        Net.calls += 1
        {forward}
        return x + 1
model, inputs = Net(), (torch.ones(4, 4),)
{top}
"""
ENDED = ["model.py: the file ended the program (exit 3)", "expected the file to define `model`"]
SECOND = "if Net.calls > 1: "


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path / "cache"))


def run(top: str = "", forward: str = "pass", *more: str) -> None:
    Path("model.py").write_text(MODEL.format(top=top, forward=forward))
    cli.main(["run", "model.py", "--config", "8x8", "--no-timing", *more])


@pytest.mark.parametrize(
    ("top", "forward", "says"),
    [
        ("sys.stdout.close()", "pass", ["model.py: the file closed standard output; leave it"]),
        ("sys.stderr.close()", "pass", ["model.py: the file closed standard error; leave it"]),
        ("os.close(1)", "pass", ["model.py: the file closed standard output; leave it"]),
        ("os.close(2)", "pass", ["model.py: the file closed standard error; leave it"]),
        ("", "sys.stdout.close()", ["model.py: the file closed standard output; leave it"]),
        ("raise KeyboardInterrupt", "pass", ["model.py:10: raise KeyboardInterrupt"]),
        ("", "raise KeyboardInterrupt", ["model.py:7: raise KeyboardInterrupt"]),
        ("", SECOND + "raise KeyboardInterrupt", ["model.py:7: if", "KeyboardInterrupt"]),
        ("raise GeneratorExit", "pass", ["model.py:10: raise GeneratorExit"]),
        ("class B(BaseException): pass\nraise B('odd')", "pass", ["model.py:11: raise B", "odd"]),
        ("os._exit(3)", "pass", ENDED),
        ("", "os._exit(3)", ENDED),
        ("", SECOND + "os._exit(3)", ENDED),
        ("", "sys.exit(3)", ENDED),
        ("", SECOND + "sys.exit(3)", ENDED),
        ("", SECOND + "raise ValueError('second')", ["model.py:7: if", "ValueError: second"]),
        (
            "inputs = (torch.ones(4, 4, device='meta'),)",
            "pass",
            ["x: a tensor on device meta has no values; make it on the CPU", "--no-functional"],
        ),
        (
            "model, inputs = torch.nn.Linear(4, 4, device='meta'), (torch.ones(2, 4).to('meta'),)",
            "pass",
            ["weight: a tensor on device meta has no values"],
        ),
        (
            "inputs = (torch.eye(4).to_sparse(),)",
            "return x + x",
            ["these arguments are not dense (x: sparse_coo); convert them with .to_dense()"],
        ),
    ],
)
def test_it_ends_in_one_message(
    top: str, forward: str, says: list[str], capfd: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit) as ended:
        run(top, forward)
    said = capfd.readouterr().err
    assert ended.value.code == 1
    assert said.startswith("error: ")
    assert "Traceback" not in said
    for part in says:
        assert part in said


@pytest.mark.parametrize(
    "top",
    [
        "sys.stdin.close()",
        "sys.stdout = None",
        "sys.stdout = sys.stderr = open(os.devnull, 'w')",
        "os.chdir('/')",
        "sys.path.clear()",
        "warnings.simplefilter('error')",
        "child = os.fork()\nif child == 0: os._exit(0)\nos.waitpid(child, 0)",
    ],
)
def test_what_it_changes_is_put_back(top: str, capfd: pytest.CaptureFixture[str]):
    folder = Path.cwd()
    run(top)
    said = capfd.readouterr()
    assert "check: output 0" in said.out
    assert said.err == ""
    assert Path.cwd() == folder
    assert Path("npu-out/model/report.json").is_file()
    assert os._exit.__module__ == "posix"


def test_inputs_without_values_are_enough_without_values(capfd: pytest.CaptureFixture[str]):
    run("inputs = (torch.ones(4, 4, device='meta'),)", "pass", "--no-functional")
    assert "cannot" not in capfd.readouterr().err
