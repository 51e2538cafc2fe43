"""Standard streams that are closed, full or lose their reader; pipes that nobody reads."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.signals_heard import signals_heard

MODULES = {
    "npu": "npu.frontend.cli",
    "npu-opt": "npu.passes.npu_opt",
    "togsim": "npu.runtime.togsim_cli",
}
GRAPH = """builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @copy(%x: memref<64xf32>, %y: memref<64xf32>) {
    %X = tog.buffer at 0 : memref<1x64xf32, "spad">
    %t = tog.load %x at 0 walk [64 : 4] to %X[0][64]
    %u = tog.store %X[0][64] to %y at 0 walk [64 : 4]
  }
  tog.tensor @x at 0x100000000 bytes 256
  tog.tensor @y at 0x100001000 bytes 256
  %r = tog.launch @copy(@x, @y)
}
"""
PRINTING = [
    "npu config show tpuv3",
    "npu config list",
    "npu --help",
    "npu --version",
    "npu-opt a.mlir",
    "npu-opt --version",
    "togsim run g.mlir --config 8x8",
    "npu run softmax_2x8 --config 8x8 --no-functional --no-timing",
]
CLOSED = (
    "error: standard output is closed; open it, or send what is printed away with '> /dev/null'"
)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    Path("a.mlir").write_text("builtin.module {\n}\n")
    Path("g.mlir").write_text(GRAPH)


def words(command: str) -> list[str]:
    name, *rest = shlex.split(command)
    return [sys.executable, "-m", MODULES[name], *rest]


def shell(command: str, redirected: str) -> subprocess.CompletedProcess[str]:
    line = f"{shlex.join(words(command))} {redirected}"
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("command", PRINTING)
def test_a_closed_standard_output_is_told(command: str):
    done = shell(command, ">&-")
    assert (done.returncode, done.stderr.strip()) == (1, CLOSED)


def test_a_closed_standard_output_is_told_where_it_is_asked_for():
    done = shell("npu-opt a.mlir -o -", ">&-")
    assert done.returncode == 1
    assert done.stderr.startswith("error: /dev/stdout: cannot be written (Bad file descriptor)")
    assert shell("npu-opt a.mlir -o b.mlir", ">&-").returncode == 0


@pytest.mark.parametrize("command", ["npu --help", "npu config list", "npu-opt a.mlir"])
def test_a_full_standard_output_is_told(command: str):
    done = shell(command, "> /dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith("error: the operating system refuses: No space left on device")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("command", "code"), [("npu config show tpuv33", 1), ("npu", 2)])
@pytest.mark.parametrize("redirected", ["2>&-", "2> /dev/full"])
def test_messages_that_nobody_can_have_leave_the_status(command: str, code: int, redirected: str):
    done = shell(command, redirected)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


@pytest.mark.parametrize(
    "command", ["npu-opt", "npu-opt -", "togsim dram dram.yaml -", "togsim run - --config 8x8"]
)
def test_a_closed_standard_input_is_told(command: str):
    Path("dram.yaml").write_text("")
    done = shell(command, "<&-")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["npu-opt - -o -", "npu-opt /dev/stdin", "npu-opt"])
def test_a_program_comes_in_by_standard_input(command: str):
    done = shell(command, "< a.mlir")
    assert (done.stdout.split(), done.stderr) == (["builtin.module", "{", "}"], "")


def test_a_graph_comes_in_by_standard_input():
    done = shell("togsim run - --config 8x8 --json -", "< g.mlir")
    assert json.loads(done.stdout)["launches"][0]["kernel"] == "copy"
    assert "Total execution cycles" in done.stderr


def test_an_output_is_not_where_standard_output_goes():
    done = shell("togsim run g.mlir --config 8x8 --json said.txt", "> said.txt")
    assert done.returncode == 1
    assert "--json said.txt: standard output goes to the same file" in done.stderr


@pytest.mark.parametrize("reads", [False, True], ids=["nobody reads", "a reader that stands still"])
def test_a_wait_for_a_pipe_hears_ctrl_c(reads: bool):
    os.mkfifo("pipe")
    held = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK) if reads else None
    Path("long.mlir").write_text("builtin.module {\n" + '  "test.op"() : () -> ()\n' * 5000 + "}\n")
    with signals_heard():
        process = subprocess.Popen(
            words(
                "npu-opt long.mlir --allow-unregistered-dialect -o pipe --time-passes"
                " -p canonicalize"
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
    assert process.stdout is not None
    assert process.stderr is not None
    waits = process.stderr if held is None else process.stdout
    assert waits.readline()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGINT
    assert said.startswith("interrupted: ")
    if held is not None:
        os.close(held)
