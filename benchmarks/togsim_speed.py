"""How fast, and in how much memory, the simulator alone runs square fp32 GEMMs.

    python benchmarks/togsim_speed.py [--sizes 256 512 1024 2048] [--config tpuv3]
    python benchmarks/togsim_speed.py --cores 1 2 4 8 16 32 [--models tpuv3 tpuv3_ramulator2 ...]

Each size is simulated twice: as a graph written out by hand (tiles of up to 512) and as the graph
that the compiler makes of `gemm_NxNxN`. Every simulation has an interpreter of its own, so that its
peak memory is its own; compiling is not part of any figure. With `--cores` the graph by hand of
the largest size, in tiles of 128 so that every core has work, runs on each of the models. For
comparison, the simulator of PyTorchSim takes 51 s for the GEMM of 2048, about 6 thousand simulated
cycles a second.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
COMPARISON = "PyTorchSim, gemm of 2048: 51 s, about 6,000 cycles/s"
HEADER = (
    f"{'gemm':>6}  {'graph':<10}{'cycles':>10}{'requests':>12}{'seconds':>9}{'CPU s':>8}"
    f"{'cycles/s':>13}{'requests/s':>13}{'peak MB':>9}"
)


def compiled_graph(size: int, config: str, folder: Path) -> Path:
    """The graph that the compiler makes of the GEMM of `size`, with all stages in `folder`."""
    workload = f"gemm_{size}x{size}x{size}"
    command = [sys.executable, "-m", "npu.frontend.cli", "run", workload, "--config", config]
    run = subprocess.run(
        [*command, "--no-functional", "--dump", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SystemExit(f"{workload} does not compile:\n{run.stderr}")
    return folder / "graph.mlir"


def measured(source: Sequence[str], config: str) -> dict[str, float]:
    """The figures of `simulate_once.py` in an interpreter of its own."""
    command = [sys.executable, str(HERE / "simulate_once.py"), *source, "--config", config]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout)


def row(size: int, graph: str, figures: dict[str, float]) -> str:
    """One line of the table."""
    seconds = figures["seconds"]
    return (
        f"{size:>6}  {graph:<10}{figures['cycles']:>10,}{figures['requests']:>12,}{seconds:>9.3f}"
        f"{figures['cpu_seconds']:>8.3f}{figures['cycles'] / seconds:>13,.0f}"
        f"{figures['requests'] / seconds:>13,.0f}{figures['peak_memory_mb']:>9.0f}"
    )


def cores_table(cores: Sequence[int], models: Sequence[str], size: int) -> None:
    """Prints a row for each machine and number of cores."""
    print(f"gemm of {size} in tiles of 128; for comparison, {COMPARISON}")
    print(HEADER.replace(f"{'gemm':>6}  {'graph':<10}", f"{'cores':>6}  {'machine':<18}"))
    for model in models:
        for count in cores:
            source = ["--gemm", str(size), "--tile", "128", "--cores", str(count)]
            figures = measured(source, model)
            print(row(count, f"{model:<18}", figures), flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024, 2048])
    parser.add_argument("--config", default="tpuv3")
    parser.add_argument("--cores", type=int, nargs="+")
    parser.add_argument(
        "--models", nargs="+", default=["tpuv3", "tpuv3_ramulator2", "tpuv3_booksim2"]
    )
    arguments = parser.parse_args()
    if arguments.cores is not None:
        cores_table(arguments.cores, arguments.models, max(arguments.sizes))
        return
    print(f"machine {arguments.config}; for comparison, {COMPARISON}")
    print(HEADER)
    for size in arguments.sizes:
        own = measured(["--gemm", str(size)], arguments.config)
        print(row(size, "by hand", own), flush=True)
        with tempfile.TemporaryDirectory() as folder:
            graph = compiled_graph(size, arguments.config, Path(folder))
            figures = measured(["--graph", str(graph)], arguments.config)
        print(row(size, "compiled", figures), flush=True)


if __name__ == "__main__":
    main()
