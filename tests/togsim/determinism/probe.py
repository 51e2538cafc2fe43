"""Runs one program on one machine and prints digests of all that a run leaves: JSON, log, trace."""

import hashlib
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.runtime.tog.loader import parse_tog
from npu.togsim.graph import Launch, Program
from npu.togsim.report.log import log_lines
from npu.togsim.simulate import simulate
from npu.togsim.trace import TraceFile

HERE = Path(__file__).parent
GRAPH = HERE.parent / "fuzz" / "samples" / "softmax.mlir"


def machines() -> dict[str, Machine]:
    """A machine for each model of memory."""
    small = replace(load("8x8"), num_cores=3, dram_stats_print_period_cycles=500)
    return {
        "simple": small,
        "queues": replace(
            small,
            num_partition=2,
            partition=(("core_0", 0), ("core_1", 0), ("core_2", 1)),
            scheduler="round_robin",
        ),
        "detailed DRAM": replace(load("8x8_ramulator2"), num_cores=3),
        "L2": load("tpuv4_l2"),
        "network": load("tpuv3_booksim2"),
    }


def program(machine: Machine) -> Program:
    """The sample, run by two requests on as many queues as there are."""
    once = parse_tog(GRAPH.read_text(encoding="utf-8"), str(GRAPH))
    count = len(once.launches)
    again = tuple(
        replace(
            launch,
            after=tuple(before + count for before in launch.after),
            queue=machine.num_partition - 1,
            request="second",
            arrival_ns=700,
        )
        for launch in once.launches
    )
    first: tuple[Launch, ...] = tuple(replace(one, request="first") for one in once.launches)
    return replace(once, launches=first + again)


def digests(machine: Machine) -> dict[str, str]:
    """A digest of each thing that a run leaves, wall-clock time left out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.pftrace"
        result = simulate(program(machine), machine, trace=TraceFile(path))
        trace = path.read_bytes()
    result = replace(result, wall_seconds=0.0)
    things = {
        "cycles": str(result.total_cycles).encode(),
        "json": result.to_json().encode(),
        "log": "\n".join(log_lines(result, machine)).encode(),
        "trace": trace,
    }
    return {name: hashlib.sha256(data).hexdigest() for name, data in things.items()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps({name: digests(one) for name, one in machines().items()}))
