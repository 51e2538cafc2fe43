"""How long, and in how much memory, whole networks are compiled, proved on Spike and timed.

    python benchmarks/models.py [--models M ...] [--networks N ...] [--runs N]

One row for every machine (model) and network, of `npu run NETWORK`: first with nothing in the
cache, the values checked; then again without values (`--no-functional`), with the cache of the
first. Each run has an interpreter of its own. Kernels are those that differ, and the launches.

Seconds are of the clock, by stage: import (PyTorch's start is not included), passes (with all that
is not named), codegen, Spike, check (with eager PyTorch's outputs), togsim (with tile timing);
`whole` is the command from start to end. `CPU s` is what all its processes took, which says more on
a machine that has other things to do. Figures are medians of `--runs`; `peak MB` is that of the
largest process. `error` is the largest over the largest magnitude. `ratio` is how many times longer
ONNXim takes for the simulation alone (4 cores, fp16, on a machine with two cores).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

MODELS = ["tpuv3"]
NETWORKS = ["resnet18", "resnet50", "mobilenet_v2"]
ONNXIM_SECONDS = {"resnet18": 9.2, "resnet50": 20.6}
STAGES = {
    "import": ("import",),
    "codegen": ("codegen",),
    "Spike": ("spike", "watch stages"),
    "check": ("reference", "check"),
    "togsim": ("tile timing", "togsim"),
}
"""The columns, and the stages of a report that each adds up; `passes` are all others."""
HEADER = (
    f"{'machine':<18}{'network':<24}{'kernels':>9}{'cycles':>12}{'import':>8}{'passes':>8}"
    f"{'codegen':>9}{'Spike':>7}{'check':>7}{'togsim':>8}{'whole':>7}{'CPU s':>7}{'peak MB':>9}"
    f"{'error':>9}{'ratio':>7}"
)
Figures = dict[str, float]


def stages(seconds: Mapping[str, float]) -> Figures:
    """The seconds of a report by column."""
    found = {
        column: sum(seconds.get(name, 0.0) for name in names) for column, names in STAGES.items()
    }
    found["passes"] = sum(seconds.values()) - sum(found.values())
    return found


def run_once(network: str, config: str, folder: Path, options: Sequence[str]) -> Figures:
    """The figures of one command, which keeps its cache and its files in `folder`."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "npu.frontend.cli", "run", network, "--config", config]
    command += ["--json", str(report), "--dump", str(folder / "dump"), *options]
    started = time.perf_counter()
    with (folder / "said").open("w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            command,
            env={**os.environ, "NPU_CACHE_DIR": str(folder / "cache")},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{network} does not run on {config}:\n{said.read()}")
    whole = time.perf_counter() - started
    return {
        **figures_of(json.loads(report.read_text(encoding="utf-8"))),
        "whole": whole,
        "CPU": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss / 1024,
    }


def figures_of(report: Mapping[str, Any]) -> Figures:
    """What a report (`runtime/run.schema.json`) says of kernels, cycles, seconds and errors."""
    names = [kernel["name"] for kernel in report["kernels"]]
    error = report["max_relative_error"]
    return {
        "distinct": len(set(names)),
        "launched": len(names),
        "cycles": report["total_cycles"],
        "error": float("nan") if error is None else error,
        **stages(report["seconds"]),
    }


def measured(network: str, config: str, runs: int) -> tuple[Figures, Figures]:
    """The medians of runs with nothing in the cache, and of those without values after them."""
    cold: list[Figures] = []
    again: list[Figures] = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            cold.append(run_once(network, config, Path(folder), []))
            again.append(run_once(network, config, Path(folder), ["--no-functional"]))
    return _medians(cold), _medians(again)


def _medians(runs: Sequence[Figures]) -> Figures:
    return {name: statistics.median(one[name] for one in runs) for name in runs[0]}


def row(machine: str, network: str, figures: Figures, peer: float | None) -> str:
    """One line of the table; `peer` is ONNXim's seconds."""
    ratio = f"{peer / figures['togsim']:>6.0f}x" if peer is not None else f"{'-':>7}"
    error = f"{figures['error']:>9.1e}" if figures["error"] == figures["error"] else f"{'-':>9}"
    kernels = f"{figures['distinct']:.0f}/{figures['launched']:.0f}"
    return (
        f"{machine:<18}{network:<24}{kernels:>9}{figures['cycles']:>12,.0f}"
        f"{figures['import']:>8.1f}{figures['passes']:>8.1f}{figures['codegen']:>9.1f}"
        f"{figures['Spike']:>7.1f}{figures['check']:>7.1f}{figures['togsim']:>8.2f}"
        f"{figures['whole']:>7.1f}{figures['CPU']:>7.1f}{figures['peak']:>9.0f}{error}{ratio}"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--models", nargs="+", default=MODELS, help="shipped machines")
    parser.add_argument("--networks", nargs="+", default=NETWORKS, help="workloads by name")
    parser.add_argument("--runs", type=int, default=3, help="of each, for the median")
    arguments = parser.parse_args()
    print(HEADER)
    for model in arguments.models:
        for network in arguments.networks:
            cold, again = measured(network, model, arguments.runs)
            peer = ONNXIM_SECONDS.get(network)
            print(row(model, network, cold, peer), flush=True)
            print(row("", "  again, cycles alone", again, peer), flush=True)


if __name__ == "__main__":
    main()
