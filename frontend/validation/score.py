"""Rows of measured cycles beside simulated ones: each workload run by a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npu.configs.errors import UserError
from npu.configs.interruption import cleared_away
from npu.configs.machine import Machine
from npu.frontend.validation.measured import Measured
from npu.frontend.workloads.forms import TYPES, of_type, parse
from npu.runtime.cache_folder import cache_folder
from npu.runtime.code_version import code_version
from npu.runtime.entry_cache import EntryCache

Figures = dict[str, Any]
"""Of a run: `cycles` and `bound`, or the `reason` why there are none."""


@dataclass(frozen=True)
class Score:
    """A row with what was simulated."""

    row: Measured
    cycles: int | None
    """Simulated; None if the row is not run."""

    bound: str
    """The unit that was busy for the largest share of the cycles, with that share."""

    reason: str = ""
    """Why the row is not run."""

    @property
    def error(self) -> float | None:
        """Simulated over measured, less 1."""
        return None if self.cycles is None else self.cycles / self.row.cycles - 1


def figures_cache() -> EntryCache:
    """What is known of runs."""
    return EntryCache(
        cache_folder() / "validation",
        "cache of validated rows",
        "the workload is run again",
        "figures",
        lambda value: isinstance(value, dict),
    )


def scores(
    rows: Sequence[Measured],
    config: str,
    machine: Machine,
    jobs: int,
    report: Callable[[Score], None],
    mode: str = "",
) -> list[Score]:
    """The rows with simulated cycles, in their order; ``report`` is told each as it comes.

    A workload's figures are kept, by the machine, the mode and the toolkit's own code.
    """
    known = figures_cache()
    common = {"machine": machine.fingerprint(), "code": code_version(), "mode": mode}
    runner = _Runner(config, mode)
    found: dict[int, Score] = {}

    def run(at: int) -> Score:
        row = rows[at]
        reason = _not_run(row)
        if reason:
            return Score(row, None, "", reason)
        name = of_type(row.workload, row.type)
        inputs = {"workload": name, **common}
        figures = known.get(inputs)
        if figures is None:
            figures = runner.figures(name)
            known.put(inputs, figures)
        return Score(
            row, figures.get("cycles"), figures.get("bound", ""), figures.get("reason", "")
        )

    with cleared_away(runner.stop), ThreadPoolExecutor(jobs) as pool:
        try:
            waiting = {pool.submit(run, at): at for at in range(len(rows))}
            for future in as_completed(waiting):
                score = found[waiting[future]] = future.result()
                report(score)
        except BaseException:
            runner.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [found[at] for at in range(len(rows))]


def _not_run(row: Measured) -> str:
    """Why a row is not even tried."""
    if row.launch == "chained":
        return "operands that stay on the chip between launches are not modelled"
    if row.launch == "model":
        return "a whole model under a serving engine"
    if row.type not in TYPES:
        return f"measured in {row.type}, which the compiler does not compute in"
    try:
        parse(row.workload)
    except UserError:
        return "no workload is called that (npu run lists those that there are)"
    return ""


class _Runner:
    """Commands at work, which end with this one."""

    def __init__(self, config: str, mode: str) -> None:
        self._config, self._mode = config, mode
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False

    def stop(self) -> None:
        """Ends all commands."""
        self._stopped = True
        for process in tuple(self._running):
            with suppress(ProcessLookupError):
                process.kill()

    def figures(self, workload: str) -> Figures:
        """Runs a workload for its cycles alone."""
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.json")
            command = [sys.executable, "-m", "npu.frontend.cli", "run", workload]
            command += ["--config", self._config, "--no-functional", "--mode", self._mode]
            command += ["--json", str(report), "--dump", str(Path(folder, "dump"))]
            status, said = self._run(command)
            if status:
                return {"reason": _reason(said)}
            return figures_of(json.loads(report.read_text(encoding="utf-8")))

    def _run(self, command: Sequence[str]) -> tuple[int, str]:
        with self._lock:
            if self._stopped:
                return 1, ""
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            self._running.add(process)
        try:
            said, _ = process.communicate()
        finally:
            self._running.discard(process)
        return process.returncode, said


def figures_of(report: Figures) -> Figures:
    """Cycles, and what bounds them, of a report (`npu/runtime/run.schema.json`)."""
    cycles, units = report["total_cycles"], report["units"]
    cores, channels = units["cores"], units["channels"]
    arrays = [array["active_cycles"] for core in cores for array in core["arrays"]]
    shares = {
        "arrays": max(arrays, default=0) / cycles,
        "vector unit": max(core["vector"]["active_cycles"] for core in cores) / cycles,
        "DRAM": sum(channel["utilization"] for channel in channels) / len(channels),
    }
    busiest = max(shares, key=lambda name: shares[name])
    return {"cycles": cycles, "bound": f"{busiest} {shares[busiest]:.0%}"}


def _reason(said: str) -> str:
    """The message of a command that failed."""
    lines = [line.removeprefix("error: ") for line in said.splitlines() if "error: " in line]
    return (lines or said.strip().splitlines() or ["it was ended"])[-1]
