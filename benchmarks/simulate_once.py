"""Simulates one graph in this process and prints what that took, as JSON.

    python benchmarks/simulate_once.py (--gemm 2048 [--tile 512] | --graph FILE) [--config tpuv3]
        [--cores 1]

`seconds` and `cpu_seconds` are those of the simulation, checks of the graph included, without its
making or reading. `peak_memory_mb` is of the whole process, the interpreter included: the kernel's
high-water mark VmHWM, which begins anew with each program, where `ru_maxrss` would still hold the
figure of the process that started this one.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path

from gemm_graph import gemm_program
from machine_of import with_cores

from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.runtime.tog.loader import load_tog
from npu.togsim.graph import Program
from npu.togsim.simulate import simulate


def measure(program: Program, machine: Machine) -> dict[str, float]:
    """Cycles, DRAM requests, seconds and megabytes of one simulation."""
    started = time.process_time()
    result = simulate(program, machine)
    cpu_seconds = time.process_time() - started
    return {
        "cycles": result.total_cycles,
        "requests": sum(channel.reads + channel.writes for channel in result.channels),
        "seconds": result.wall_seconds,
        "cpu_seconds": cpu_seconds,
        "peak_memory_mb": peak_memory_kb() / 1024,
    }


def peak_memory_kb() -> int:
    """The most memory this process has held, in kB (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise SystemExit("error: /proc/self/status has no VmHWM; expected a Linux kernel with it")
    return int(found.group(1))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--gemm", type=int, metavar="SIZE")
    source.add_argument("--graph", type=Path, metavar="FILE")
    parser.add_argument("--tile", type=int, default=512)
    parser.add_argument("--config", default="tpuv3")
    parser.add_argument("--cores", type=int, help="cores, each with the machine's channels")
    arguments = parser.parse_args()
    machine = load(arguments.config)
    if arguments.cores is not None:
        machine = with_cores(machine, arguments.cores)
    if arguments.graph is not None:
        program = load_tog(arguments.graph)
    else:
        tile = min(arguments.tile, arguments.gemm)
        program = gemm_program(arguments.gemm, tile, machine.vpu_num_lanes)
    print(json.dumps(measure(program, machine)))


if __name__ == "__main__":
    main()
