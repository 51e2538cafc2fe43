"""Which models run: each with its values proven on Spike and its cycles, or why it is refused.

    make zoo                                  (installs the libraries of requirements-zoo.txt first)
    python benchmarks/zoo_table.py [WORD ...] [--config tpuv3] [--seconds 1800]

Runs `npu run` on every program of `examples/`, `examples/models/` and `benchmarks/zoo/`, one after
the other (with WORDs, on those with one in their names), and writes `docs/models.md` with all rows
that are known. A row is kept in the cache folder, by the program, the machine and the toolkit's own
code: a run that was stopped goes on where it was. A program that was not run with this code keeps
the last row that it had, which says so. Seconds are of the clock, of the whole command; memory is
the peak of its processes.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from npu.configs.loader import load
from npu.runtime.cache_folder import cache_folder
from npu.runtime.code_version import code_version
from npu.runtime.entry_cache import EntryCache

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("examples", "examples/models", "benchmarks/zoo")
PAGE = ROOT / "docs" / "models.md"
NO_MODELS = {"stock_spike.py", "two_tenants.py"}
"""Programs of these folders that define no model."""

LIBRARIES = ("torch", "torchvision", "transformers", "diffusers")
REASON = 300
"""Characters of a reason, at most."""

EARLIER = "run with earlier code"
"""What a row says that may be another now."""

Row = dict[str, Any]


def programs() -> list[Path]:
    """All programs, folder by folder."""
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.py"))]
    return [path for path in found if path.name not in NO_MODELS]


def rows_cache() -> EntryCache:
    """The rows that are known."""
    return EntryCache(
        cache_folder() / "zoo",
        "cache of rows",
        "the model is run again",
        "row",
        lambda value: isinstance(value, dict),
    )


def inputs_of(path: Path, config: str) -> Row:
    """All that a row depends on."""
    versions = {name: _version(name) for name in LIBRARIES}
    return {
        "program": hashlib.sha256(path.read_bytes()).hexdigest(),
        "machine": load(config).fingerprint(),
        "code": code_version(),
        "versions": versions,
    }


def known_row(cache: EntryCache, inputs: Row) -> Row | None:
    """The row with this code, or the last one with earlier code, marked; None for neither."""
    row = cache.get(inputs)
    earlier = None if row else cache.get(without_code(inputs))
    return {**earlier, "earlier": True} if earlier else row


def without_code(inputs: Row) -> Row:
    """What the last row of a program is kept by, whatever the code was."""
    return {key: value for key, value in inputs.items() if key != "code"}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def run(path: Path, config: str, limit: float) -> Row:
    """The row of one program."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [sys.executable, "-m", "npu.frontend.cli", "run", str(path), "--config", config]
        command += ["--json", str(report), "--dump", str(Path(folder, "dump"))]
        started = time.monotonic()
        with Path(folder, "said").open("w+", encoding="utf-8") as said:
            process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=ROOT)
            usage = _waited(process, started + limit)
            said.seek(0)
            text = said.read()
        row: Row = {"seconds": time.monotonic() - started}
        if usage is None:
            return {**row, "reason": f"takes more than {limit:,.0f} s"}
        row["peak"] = usage.ru_maxrss / 1024
        if process.returncode:
            return {**row, "reason": reason_of(text)}
        return {**row, **figures_of(json.loads(report.read_text(encoding="utf-8")))}


def _waited(process: subprocess.Popen[bytes], until: float) -> Any:
    """What the process took; None for one that was ended because it takes too long."""
    while time.monotonic() < until:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage
        time.sleep(0.2)
    process.kill()
    process.wait()
    return None


def figures_of(report: Row) -> Row:
    """What a report says of the whole model."""
    return {
        "whole": report["whole"],
        "error": report["max_relative_error"],
        "cycles": report["total_cycles"],
    }


def reason_of(text: str) -> str:
    """Why a program was refused, from what the command said: missing operators, or its message."""
    missing = re.findall(
        r"^  (aten\.\w+|[a-z]\w*\.\w+)(?: \(\d+ times\))?(?::.*)?$", text, re.MULTILINE
    )
    if missing:
        return "not supported: " + ", ".join(dict.fromkeys(missing))
    lines = [line.strip() for line in text.splitlines() if "error:" in line]
    said = (lines or text.strip().splitlines() or ["nothing was said"])[-1]
    return said[-REASON:].replace("|", "/")


def line(path: Path, row: Row | None) -> str:
    """A line of the table."""
    name = f"`{path.relative_to(ROOT)}`"
    if row is None:
        return f"| {name} | | | | | | | not run with this code |"
    took = f"{row['seconds']:,.0f} | {row.get('peak', 0.0):,.0f}"
    when = [EARLIER] if "earlier" in row else []
    if "reason" in row:
        return f"| {name} | | | | | {took} | {'; '.join([row['reason'], *when])} |"
    whole = row["whole"]
    kernels = f"{whole['kernels']} / {whole['launches']}"
    said = "; ".join([*whole["missing"], *when])
    return (
        f"| {name} | {whole['operators']} | {kernels} | {row['error']:.1e} | "
        f"{row['cycles']:,} | {took} | {said} |"
    )


def page(lines: Sequence[str], config: str) -> str:
    """The whole page."""
    versions = ", ".join(f"{name} {_version(name) or '(not there)'}" for name in LIBRARIES)
    return "\n".join(
        (
            "# Models",
            "",
            f"Made by `make zoo` (`benchmarks/zoo_table.py`) on `{config}`, with {versions}.",
            "Every value was computed on Spike and checked against eager PyTorch, and all cycles",
            "were simulated; or the last column says what is missing. A row that was made",
            "ahead of the last change of the toolkit says so.",
            "",
            "| model | operators | kernels, launched | error | cycles | seconds | MB | not there |",
            "|---|---|---|---|---|---|---|---|",
            *lines,
            "",
        )
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*", help="parts of names; all models if there are none")
    parser.add_argument("--config", default="tpuv3", help="the machine")
    parser.add_argument("--seconds", type=float, default=1800.0, help="the longest that one takes")
    options = parser.parse_args()
    every = {path: inputs_of(path, options.config) for path in programs()}
    cache = rows_cache()
    chosen = [
        path
        for path in every
        if not options.words or any(word in path.stem for word in options.words)
    ]
    for number, path in enumerate(chosen, 1):
        row = cache.get(every[path])
        if row is None:
            print(f"{number}/{len(chosen)} {path.relative_to(ROOT)} ...", flush=True)
            row = run(path, options.config, options.seconds)
            cache.put(every[path], row)
            cache.put(without_code(every[path]), row)
        print(line(path, row), flush=True)
        lines = [line(one, known_row(cache, inputs)) for one, inputs in every.items()]
        PAGE.write_text(page(lines, options.config), encoding="utf-8")


if __name__ == "__main__":
    main()
