"""The benchmark of whole networks adds stages up and has a row for each run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "models.py"


def rows(model, network):
    """The words of each line of the benchmark's table."""
    command = [sys.executable, str(BENCHMARK), "--runs", "1"]
    command += ["--models", model, "--networks", network]
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [line.split() for line in done.stdout.splitlines()]


def test_there_is_a_row_for_the_first_run_and_one_for_the_next():
    columns, first, again = rows("8x8", "softmax_9x20")
    assert columns[:4] == ["machine", "network", "kernels", "cycles"]
    machine, network, kernels, cycles, *seconds = first
    assert (machine, network, kernels) == ("8x8", "softmax_9x20", "1/1")
    assert int(cycles.replace(",", "")) > 0
    *stages, whole, cpu, peak, error, ratio = seconds
    assert len(stages) == 6
    # rounded to a tenth each
    assert sum(map(float, stages)) < float(whole) + 0.4
    assert float(cpu) > 0
    assert float(peak) > 20
    assert float(error) < 1e-5
    assert ratio == "-"
    assert again[3:5] == ["1/1", cycles]
    assert again[-2:] == ["-", "-"]


@pytest.mark.slow
@pytest.mark.parametrize(("network", "seconds"), [("resnet18", 60), ("resnet50", 120)])
def test_a_network_keeps_to_its_time_and_memory(network, seconds):
    """Of the processors, whatever else runs on the host: one that is idle takes less."""
    _, first, again = rows("tpuv3", network)
    *_, cpu, peak, error, _ = first
    assert float(cpu) < seconds
    assert float(peak) < 2000
    assert float(error) < 1e-3
    *_, cpu, peak, _, _ = again
    assert float(cpu) < 10
    assert float(peak) < 2000
