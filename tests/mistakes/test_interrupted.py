"""Runs that are interrupted, killed or doubled: no half files, and the next run is right."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Start = Callable[..., subprocess.Popen[str]]

RUN = ("-m", "npu.frontend.cli", "run")
SOFTMAX = (*RUN, "softmax_24x40", "--config", "8x8", "--dump", "out")
"""A program with a tile function, done in about a second."""

GEMM = (*RUN, "gemm_512x512x512", "--config", "8x8", "--dump", "out")
"""A program that Spike works on for a while."""

DIE_AT_RENAME = """
import os, signal, sys
from npu.frontend import cli
from npu.configs import output
def replace(new, old):
    os.kill(0, 9) if "tile-timing" in str(old) else os.replace(new, old)
output.os = type("Os", (), {**vars(os), "replace": replace})
cli.main(sys.argv[1:])
"""


def finish(process: subprocess.Popen[str]) -> str:
    """Standard error of a run that must succeed."""
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said


def report(folder: Path) -> dict[str, object]:
    loaded = json.loads((folder / "report.json").read_text())
    del loaded["seconds"]
    return loaded


def leftovers(folder: Path) -> list[str]:
    names = [path.name for path in folder.rglob("*") if path.is_file()]
    return [name for name in names if name.endswith((".part", ".tmp")) or name.startswith(".new")]


# Every run sends one signal after each.
ONCE = (("npu run", signal.SIGINT), ("npu-derive-tog", signal.SIGTERM), ("codegen", signal.SIGINT))
OTHERS = (
    ("npu run", signal.SIGTERM),
    ("npu-derive-tog", signal.SIGINT),
    ("codegen", signal.SIGTERM),
)


@pytest.mark.parametrize(
    ("after", "number"), [*ONCE, *(pytest.param(*one, marks=pytest.mark.slow) for one in OTHERS)]
)
def test_interrupted_run(start: Start, tmp_path: Path, after: str, number: signal.Signals) -> None:
    process = start(*GEMM)
    assert process.stdout is not None
    for line in process.stdout:
        if after in line:
            break
    os.killpg(process.pid, number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert said.startswith("interrupted: ")
    assert said.count("\n") == 1
    assert leftovers(tmp_path) == []
    assert not (tmp_path / "out" / "report.json").exists()


def test_rerun_after_an_interruption_gives_the_same_result(start: Start, tmp_path: Path) -> None:
    first = start(*SOFTMAX)
    assert first.stdout is not None
    for line in first.stdout:
        if "codegen" in line:
            break
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    finish(start(*SOFTMAX))
    after = report(tmp_path / "out")
    finish(start(*SOFTMAX, "--dump", "again"))
    assert report(tmp_path / "again") == after


def test_killed_while_writing_the_cache(start: Start, tmp_path: Path, cache_folder: Path) -> None:
    killed = start("-c", DIE_AT_RENAME, *SOFTMAX[2:])
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert leftovers(cache_folder) != []
    assert finish(start(*SOFTMAX)) == ""
    assert report(tmp_path / "out")["total_cycles"]


def test_two_runs_at_once_share_cache_and_folder(start: Start, tmp_path: Path) -> None:
    for process in [start(*SOFTMAX) for _ in range(2)]:
        assert finish(process) == ""
    together = report(tmp_path / "out")
    assert leftovers(tmp_path) == []
    finish(start(*SOFTMAX, "--dump", "alone"))
    assert report(tmp_path / "alone") == together


FORGOTTEN = """
import os, signal, sys, time, weakref
from npu.configs import command

def hear(*_):
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    for _ in range(1000):
        pass

class Dies:
    def __del__(self):
        hear()

class Watched:
    pass

def work():
    if sys.argv[2] == "destructor":
        Dies()
    else:
        watched = Watched()
        reference = weakref.ref(watched, hear)
        del watched
    time.sleep(15)

command.run(work)
"""


@pytest.mark.parametrize("where", ["destructor", "callback"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_python_would_forget_is_heard(
    start: Start, number: signal.Signals, where: str
) -> None:
    """In a destructor, and in a callback of a weak reference (imports have them)."""
    process = start("-c", FORGOTTEN, number.name, where)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said.count("\n")) == (128 + number, 1), said
    assert said.startswith("interrupted: ")
