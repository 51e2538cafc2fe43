"""Work that is dealt to processes comes back as if it had been done in order."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from npu.codegen import processes
from npu.codegen.processes import dealt
from tests.signals_heard import signals_heard

LOADS = [(2, 2, 0, 2), (2, 2, 1, 1), (2, 2, 6, 1), (8, 3, 1, 3), (8, 8, 5, 3), (8, 8, 0, 4)]
"""Processors, those that may be used, threads that run elsewhere, processes that take part."""


@pytest.mark.parametrize("most", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [0, 1, 6, 17])
def test_results_are_in_order(most, count):
    assert dealt(lambda n: (n, "x" * n * 10_000), count, most) == [
        (n, "x" * n * 10_000) for n in range(count)
    ]


def test_several_processes_take_part():
    found = dealt(lambda _: os.getpid(), 9, 3)
    assert found == found[:3] * 3
    assert found[0] == os.getpid()
    assert len(set(found)) == 3


@pytest.mark.parametrize(("cores", "may_use", "running", "wanted"), LOADS)
def test_only_idle_processors_are_used(monkeypatch, cores, may_use, running, wanted):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(may_use)))
    monkeypatch.setattr(processes, "running_elsewhere", lambda: running)
    assert len(set(dealt(lambda _: os.getpid(), 12))) == wanted


def test_what_else_runs(tmp_path):
    load = tmp_path / "loadavg"
    for text, wanted in (("7.63 7.44 7.87 7/154 23903\n", 6), ("0 0 0 1/99 7\n", 0), ("?", 0)):
        load.write_text(text)
        assert processes.running_elsewhere(load) == wanted
    assert processes.running_elsewhere(tmp_path / "nothing") == 0
    assert processes.running_elsewhere() >= 0


def test_an_error_is_raised_here():
    def work(number):
        if number == 4:
            raise ValueError(f"number {number}")
        return number

    with pytest.raises(ValueError, match="number 4"):
        dealt(work, 9, 3)


def test_what_a_process_leaves_undone_is_done_here():
    here = os.getpid()

    def work(number):
        if os.getpid() != here and number == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        return number, os.getpid() == here

    assert dealt(work, 9, 3) == [(n, n % 3 != 2) for n in range(9)]


def test_no_process_is_left():
    for pid in set(dealt(lambda _: os.getpid(), 9, 3)) - {os.getpid()}:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def test_a_signal_ends_all_of_them():
    script = (
        "import os, time; from npu.configs.interruption import signals_as_exceptions;"
        "from npu.codegen.processes import dealt\n"
        "def work(number):\n    os.write(1, b'%d\\n' % os.getpid())\n    time.sleep(60)\n"
        "with signals_as_exceptions():\n    dealt(work, 9, 3)\n"
    )
    with signals_heard():
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert process.stdout is not None
    pids = {int(process.stdout.readline()) for _ in range(3)}
    assert process.pid in pids
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "Interrupted: SIGINT" in said
    for pid in pids - {process.pid}:
        assert not Path(f"/proc/{pid}").exists()
