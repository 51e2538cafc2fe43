"""How fast, and in how much memory, the simulator alone runs, with memory simple and in detail.

    python benchmarks/togsim_speed.py [--models M ...] [--sizes N ...] [--cores N ...] [--runs N]

Three tables, each with a row for every machine (model):

- square fp32 GEMMs of `--sizes` as the compiler makes them for the machine, and as a graph written
  out by hand (tiles of up to 512);
- a graph of ResNet-50's size (`resnet50_products.py`);
- the GEMM of 1024 by hand in tiles of 128 on `--cores` cores, each with the machine's channels.

Every simulation has an interpreter of its own, so that its peak memory is its own; compiling is not
part of any figure. Seconds are of the processor, the median of `--runs`. `ratio` is how many times
longer PyTorchSim 1.1.0 takes for a GEMM of this size with the same kinds of memory models (measured
on a machine with two cores; it has no figure for the simple DRAM).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
MODELS = ["tpuv3", "tpuv3_ramulator2", "tpuv3_booksim2"]
PEER_SECONDS = {
    "tpuv3_ramulator2": {256: 0.13, 512: 1.11, 1024: 6.15, 2048: 50.6},
    "tpuv3_booksim2": {256: 0.64, 512: 2.42, 1024: 11.5, 2048: 122.0},
}
"""PyTorchSim's seconds for a GEMM on its TPUv3 with HBM2 in detail, simple network and BookSim."""
HEADER = (
    f"{'machine':<18}{'graph':<14}{'cycles':>10}{'requests':>11}{'CPU s':>8}{'cycles/s':>13}"
    f"{'requests/s':>13}{'peak MB':>9}{'ratio':>8}"
)
Figures = dict[str, float]


def compiled_graph(program: str, config: str, folder: Path) -> Path:
    """The graph that the compiler makes of `program`, with all stages in `folder`."""
    command = [sys.executable, "-m", "npu.frontend.cli", "run", program, "--config", config]
    run = subprocess.run(
        [*command, "--no-functional", "--no-timing", "--dump", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SystemExit(f"{program} does not compile for {config}:\n{run.stderr}")
    found = sorted(folder.glob("*derive-tog.mlir"))
    return found[-1]


def measured(source: Sequence[str], config: str, runs: int) -> Figures:
    """The median figures of `simulate_once.py`, each in an interpreter of its own."""
    command = [sys.executable, str(HERE / "simulate_once.py"), *source, "--config", config]
    found: list[Figures] = [
        json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
        for _ in range(runs)
    ]
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def row(machine: str, graph: str, figures: Figures, peer: float | None = None) -> str:
    """One line of a table; `peer` is PyTorchSim's seconds."""
    seconds = figures["cpu_seconds"]
    ratio = f"{peer / seconds:>7.0f}x" if peer is not None else f"{'-':>8}"
    return (
        f"{machine:<18}{graph:<14}{figures['cycles']:>10,.0f}{figures['requests']:>11,.0f}"
        f"{seconds:>8.3f}{figures['cycles'] / seconds:>13,.0f}"
        f"{figures['requests'] / seconds:>13,.0f}{figures['peak_memory_mb']:>9.0f}{ratio}"
    )


def gemm_table(models: Sequence[str], sizes: Sequence[int], runs: int) -> None:
    """Square GEMMs."""
    print(f"GEMM of N x N x N\n{HEADER}")
    for model in models:
        for size in sizes:
            peer = PEER_SECONDS.get(model, {}).get(size)
            own = measured(["--gemm", str(size)], model, runs)
            print(row(model, f"{size} by hand", own, peer), flush=True)
            with tempfile.TemporaryDirectory() as folder:
                graph = compiled_graph(f"gemm_{size}x{size}x{size}", model, Path(folder))
                figures = measured(["--graph", str(graph)], model, runs)
            print(row(model, f"{size} compiled", figures, peer), flush=True)


def resnet_table(models: Sequence[str], runs: int) -> None:
    """The products of ResNet-50."""
    print(f"\nproducts of ResNet-50, batch 1\n{HEADER}")
    for model in models:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "resnet50.mlir")
            products = [sys.executable, str(HERE / "resnet50_products.py")]
            source.write_text(subprocess.check_output(products, text=True), encoding="utf-8")
            graph = compiled_graph(str(source), model, Path(folder))
            figures = measured(["--graph", str(graph)], model, runs)
        print(row(model, "54 products", figures), flush=True)


def cores_table(models: Sequence[str], cores: Sequence[int], size: int, runs: int) -> None:
    """A GEMM by hand on several cores."""
    print(f"\nGEMM of {size} in tiles of 128\n{HEADER}")
    for model in models:
        for count in cores:
            source = ["--gemm", str(size), "--tile", "128", "--cores", str(count)]
            figures = measured(source, model, runs)
            print(row(model, f"{count} cores", figures), flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--models", nargs="+", default=MODELS, help="shipped machines")
    parser.add_argument("--sizes", type=int, nargs="*", default=[256, 512, 1024, 2048])
    parser.add_argument("--cores", type=int, nargs="*", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--cores-size", type=int, default=1024, help="the GEMM on several cores")
    parser.add_argument("--runs", type=int, default=3, help="of each, for the median")
    parser.add_argument("--no-resnet", action="store_true", help="leave ResNet-50 out")
    arguments = parser.parse_args()
    if arguments.sizes:
        gemm_table(arguments.models, arguments.sizes, arguments.runs)
    if not arguments.no_resnet:
        resnet_table(arguments.models, arguments.runs)
    if arguments.cores:
        cores_table(arguments.models, arguments.cores, arguments.cores_size, arguments.runs)


if __name__ == "__main__":
    main()
