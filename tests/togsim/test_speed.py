"""What the simulator may cost, and that it can be stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.signals_heard import signals_heard

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def command(script: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    return [sys.executable, str(BENCHMARKS / script), *arguments], environment


def output(script: str, *arguments: str) -> str:
    line, environment = command(script, *arguments)
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout


def test_gemm_2048_takes_under_2_seconds_and_200_mb() -> None:
    figures = json.loads(output("simulate_once.py", "--gemm", "2048"))
    # 4 x 4 result tiles of 512 x 512 floats, each stored once and made of 4 pairs of such tiles
    assert figures["requests"] == (4 * 4 * (4 * 2 + 1)) * 512 * 512 * 4 // 32
    # of this process: what else runs on the host must not matter
    assert figures["cpu_seconds"] < 2
    assert figures["peak_memory_mb"] < 200


@pytest.mark.slow
@pytest.mark.parametrize(("machine", "seconds"), [("tpuv3_ramulator2", 2), ("tpuv3_booksim2", 5)])
def test_detailed_models_keep_to_their_time(machine: str, seconds: int) -> None:
    figures = json.loads(output("simulate_once.py", "--gemm", "2048", "--config", machine))
    assert figures["cpu_seconds"] < seconds
    assert figures["peak_memory_mb"] < 100


@pytest.mark.slow
@pytest.mark.parametrize("machine", ["tpuv3_ramulator2", "tpuv3_booksim2"])
def test_a_graph_of_the_size_of_resnet_50_takes_under_10_seconds(
    machine: str, tmp_path: Path
) -> None:
    source = tmp_path / "resnet50.mlir"
    source.write_text(output("resnet50_products.py"), encoding="utf-8")
    npu = [sys.executable, "-m", "npu.frontend.cli", "run", str(source), "--config", machine]
    _, environment = command("simulate_once.py")
    compiled = [*npu, "--no-functional", "--dump", str(tmp_path)]
    subprocess.run(compiled, env=environment, capture_output=True, check=True)
    graph = str(tmp_path / "graph.mlir")
    figures = json.loads(output("simulate_once.py", "--graph", graph, "--config", machine))
    assert figures["cpu_seconds"] < 10


def test_the_benchmark_has_a_row_for_each_graph_and_number_of_cores() -> None:
    table = output(
        *("togsim_speed.py", "--sizes", "256", "--cores", "1", "2", "--cores-size", "256"),
        *("--models", "tpuv3", "tpuv3_ramulator2", "--runs", "1", "--no-resnet"),
    )
    gemms, cores = (block.splitlines() for block in table.strip().split("\n\n"))
    names = [row[:32].split() for row in gemms[2:]]
    kinds = [["256", "by", "hand"], ["256", "compiled"]]
    assert names == [[m, *k] for m in ("tpuv3", "tpuv3_ramulator2") for k in kinds]
    names = [row[:32].split() for row in cores[2:]]
    assert names == [[m, n, "cores"] for m in ("tpuv3", "tpuv3_ramulator2") for n in ("1", "2")]
    assert {len(row) for row in (*gemms[1:], *cores[1:])} == {len(gemms[1])}


def test_peak_memory_is_that_of_the_process_alone() -> None:
    held = bytearray(b"x") * (300 << 20)
    figures = json.loads(output("simulate_once.py", "--gemm", "256"))
    assert figures["peak_memory_mb"] < 200 < len(held) >> 20


def test_ctrl_c_stops_a_long_simulation() -> None:
    # 32768^3 in tiles of 512: minutes of work
    line, environment = command("simulate_once.py", "--gemm", "32768")
    with signals_heard():
        process = subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, text=True)
    with process:
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors
