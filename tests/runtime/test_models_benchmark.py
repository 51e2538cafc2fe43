"""The benchmark of whole networks adds stages up and has a row for each run."""

import os
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "models.py"


def test_there_is_a_row_for_the_first_run_and_one_for_the_next():
    command = [sys.executable, str(BENCHMARK), "--runs", "1"]
    command += ["--models", "8x8", "--networks", "softmax_9x20"]
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    header, first, again = done.stdout.splitlines()
    columns = header.split()
    assert columns[:4] == ["machine", "network", "kernels", "cycles"]
    machine, network, kernels, cycles, *seconds = first.split()
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
    assert again.split()[3:5] == ["1/1", cycles]
    assert again.split()[-2:] == ["-", "-"]
