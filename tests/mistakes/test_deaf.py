"""Long work of every kind ends within about a second of a signal, with one line and the status.

The deadline is several times that, so that a loaded machine passes; without an ear it is never.
"""

import itertools
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Start = Callable[..., subprocess.Popen[str]]

CONFIGS = Path(__file__).parents[2] / "configs"

DEADLINE = 10.0
"""Seconds to end in; each of these would work for hours."""

TOGSIM = ("-m", "npu.runtime.togsim_cli")

LONG = """builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @k(%x: memref<64xf32>) {
    %X = tog.buffer at 0 : memref<1x64xf32, "spad">
    tog.loop %j = 0 to 1099511627776 step 1 {
      %t = tog.load %x at 0 walk [16 : 4] to %X[0][16]
      tog.wait %t
    }
  }
  tog.tensor @x at 0x100000000 bytes 256
  %r = tog.launch @k(@x)
}
"""

LIBRARY = """
import threading, sys
import numpy as np
from npu.configs import command
from npu.configs.interruption import cleared_away
from pathlib import Path

def work():
    left = Path("left.part")
    left.write_text("half")
    matrix = np.ones((9000, 9000))
    with cleared_away(left.unlink):
        try:
            print("begun", flush=True)
            while True:
                {deaf}
        finally:  # for a signal that comes between two calls
            left.unlink()

command.run(work)
"""
"""A command whose main thread is in a library, `deaf`, for most of a minute at a time."""


def ends(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Sends the signal and checks how the process ends."""
    started = time.monotonic()
    process.send_signal(number)
    try:
        _, said = process.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(f"deaf to {number.name} for {DEADLINE} s")
    assert process.returncode == 128 + number, said
    assert said.startswith("interrupted: ")
    assert said.count("\n") == 1
    assert time.monotonic() - started < DEADLINE


def wait_until_busy(process: subprocess.Popen[str]) -> None:
    """Until it has used a second of a processor: starting takes a third of that, the work hours."""
    fields = Path(f"/proc/{process.pid}/stat")
    ticks = 0
    for _ in range(600):
        ticks = sum(map(int, fields.read_text().rpartition(")")[2].split()[11:13]))
        if ticks > 100:
            return
        time.sleep(0.1)
    pytest.fail(f"used only {ticks} ticks in a minute")


MEMORIES = ("8x8", "8x8_ramulator2", "tpuv3_booksim2", "tpuv4_l2")
WAYS = itertools.product(enumerate(MEMORIES), enumerate([(), ("--plain",)]))
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.mark.parametrize(
    ("machine", "flags", "number"),
    [
        # Every run sends each signal to half of them.
        pytest.param(machine, flags, one, marks=() if (m + f + s) % 2 else pytest.mark.slow)
        for (m, machine), (f, flags) in WAYS
        for s, one in enumerate(SIGNALS)
    ],
)
def test_every_way_of_memory(
    start: Start, tmp_path: Path, machine: str, flags: tuple[str, ...], number: signal.Signals
) -> None:
    (tmp_path / "long.mlir").write_text(LONG)
    files = ("--json", "r.json", "--log", "r.log", "--trace", "r.pftrace")
    process = start(*TOGSIM, "run", "long.mlir", "--config", machine, *files, *flags)
    wait_until_busy(process)
    ends(process, number)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["long.mlir"]


def test_a_trace_of_dram_requests_far_apart(start: Start, tmp_path: Path) -> None:
    """2^60 ticks of refreshes between two requests are one call of the controller."""
    (tmp_path / "far.txt").write_text(f"0 0 R\n{1 << 60} 64 R\n")
    model = min((CONFIGS / "ramulator2").glob("*.yaml"))
    process = start(*TOGSIM, "dram", str(model), "far.txt", "--json", "r.json")
    wait_until_busy(process)
    ends(process, signal.SIGTERM)
    assert not (tmp_path / "r.json").exists()


def test_a_measurement_of_a_network(start: Start, tmp_path: Path) -> None:
    """One sample of ten million cycles."""
    network = min((CONFIGS / "icnt").glob("*.icnt"))
    flags = ("--packet-flits", "5", "--rate", "0.3", "--cycles", "10000000", "--json", "r.json")
    process = start(*TOGSIM, "noc", str(network), *flags)
    wait_until_busy(process)
    ends(process, signal.SIGINT)
    assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_library_that_python_cannot_interrupt(
    start: Start, tmp_path: Path, number: signal.Signals
) -> None:
    process = start("-c", LIBRARY.format(deaf="matrix @ matrix"))
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    wait_until_busy(process)
    ends(process, number)
    assert not (tmp_path / "left.part").exists()


def test_the_end_of_a_forked_child_is_its_own(start: Start) -> None:
    """A child shares the parent's pipe: what the child hears must not end the parent."""
    code = """
import os, signal, sys, time
from npu.configs import command

def work():
    child = os.fork()
    if child == 0:
        time.sleep(60)
    time.sleep(0.5)
    os.kill(child, signal.SIGTERM)
    time.sleep(2)
    print("went on")

command.run(work)
"""
    said, _ = start("-c", code).communicate(timeout=60)
    assert "went on" in said
