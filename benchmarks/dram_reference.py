"""The detailed DRAM beside Ramulator 2.0 and 2.1: every row of the reference, ours and theirs.

    python benchmarks/dram_reference.py [--config r20_hbm2_18 ...] [--plain] [--page FILE]

The reference (tests/togsim/data/dram/dram_reference.csv) was measured with Ramulator 2.0 (with the
tables of PyTorchSim's fork) and Ramulator 2.1, one channel driven with the patterns of
`npu.togsim.dram.patterns`. `--page` writes docs/dram-reference.md.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from npu.configs.dram import DramModel, load_dram_model
from npu.configs.output import write_output
from npu.togsim.dram import DramTraceResult, Latency, run_trace
from npu.togsim.dram.patterns import Geometry, pattern
from npu.togsim.dram.requests import RequestTrace

DATA = Path(__file__).parents[1] / "tests" / "togsim" / "data" / "dram"
ROW_KEYS = ("rd_hit", "rd_miss", "rd_conf", "wr_hit", "wr_miss", "wr_conf")


@dataclass(frozen=True)
class Figures:
    """What is compared of a row."""

    total_ticks: int
    mean_read_latency: float
    """Rounded to hundredths, as the reference prints it; 0 without reads."""
    percentiles: tuple[int, int, int, int]
    """Read latency: min, p50, p99, max; 0 without reads."""
    rows: tuple[int, ...]
    """Hits, misses, conflicts of reads, then of writes."""
    commands: tuple[tuple[str, int], ...]
    """By name, sorted."""


@dataclass(frozen=True)
class Comparison:
    """One row of the reference, and what we make of it."""

    config: str
    trace: str
    theirs: Figures
    ours: Figures

    @property
    def exact(self) -> bool:
        """Equal in every figure."""
        return self.ours == self.theirs

    @property
    def tick_error(self) -> float:
        """Total ticks: ours over theirs, less 1."""
        return self.ours.total_ticks / self.theirs.total_ticks - 1


def reference_rows(configs: Iterable[str] = ()) -> list[dict[str, str]]:
    """The rows of the reference, of all or the named configurations, in the file's order."""
    wanted = set(configs)
    with (DATA / "dram_reference.csv").open(newline="") as lines:
        return [row for row in csv.DictReader(lines) if not wanted or row["config"] in wanted]


def compare(row: dict[str, str], *, plain: bool = False) -> Comparison:
    """Runs a row's trace on its configuration."""
    model = load(row["config"])
    result = run_trace(model, requests(row["trace"], geometry(model)), plain=plain)
    return Comparison(row["config"], row["trace"], _theirs(row), _ours(result))


@cache
def load(config: str) -> DramModel:
    """The model of a reference configuration."""
    return load_dram_model(DATA / f"{config}.yaml")


@cache
def requests(name: str, fit: Geometry) -> RequestTrace:
    """A pattern; configurations of one geometry share it."""
    return pattern(name, fit)


def geometry(model: DramModel) -> Geometry:
    """What the reference's patterns were made for: the model's own."""
    return Geometry.of(model)


def _theirs(row: dict[str, str]) -> Figures:
    latency = tuple(int(row[f"{key}_rd_lat"]) for key in ("min", "p50", "p99", "max"))
    counts = (entry.split("=") for entry in row["commands"].split(";"))
    return Figures(
        total_ticks=int(row["total_ticks"]),
        mean_read_latency=float(row["avg_rd_lat"]),
        percentiles=(latency[0], latency[1], latency[2], latency[3]),
        rows=tuple(int(row[key]) for key in ROW_KEYS),
        commands=tuple(sorted((name, int(count)) for name, count in counts)),
    )


def _ours(result: DramTraceResult) -> Figures:
    latency, reads, writes = result.read_latency, result.read_rows, result.write_rows
    return Figures(
        total_ticks=result.total_ticks,
        mean_read_latency=round(latency.mean, 2) if latency else 0.0,
        percentiles=_ends(latency),
        rows=(
            *(reads.hits, reads.misses, reads.conflicts),
            writes.hits,
            writes.misses,
            writes.conflicts,
        ),
        commands=tuple(sorted(result.commands.items())),
    )


def _ends(latency: Latency | None) -> tuple[int, int, int, int]:
    if latency is None:
        return (0, 0, 0, 0)
    return (latency.min, latency.p50, latency.p99, latency.max)


def table(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Markdown of the comparisons."""
    yield "| configuration | trace | ticks | Ramulator | read latency | Ramulator | all figures |"
    yield "|---|---|---|---|---|---|---|"
    for one in comparisons:
        ours, theirs = one.ours, one.theirs
        verdict = "equal" if one.exact else f"{100 * one.tick_error:+.3f} % ticks"
        yield (
            f"| {one.config} | {one.trace} | {ours.total_ticks} | {theirs.total_ticks} | "
            f"{ours.mean_read_latency:.2f} | {theirs.mean_read_latency:.2f} | {verdict} |"
        )


def page(comparisons: Sequence[Comparison]) -> str:
    """The text of docs/dram-reference.md."""
    exact = sum(one.exact for one in comparisons)
    summary = f"**{exact} of {len(comparisons)} rows are equal in every figure.**\n\n"
    return _HEAD + summary + "\n".join(table(comparisons)) + "\n"


_HEAD = """# The detailed DRAM beside Ramulator 2

<!-- Made by `python benchmarks/dram_reference.py --page docs/dram-reference.md`. -->

One channel, driven with the patterns of `npu.togsim.dram.patterns` (their definitions:
`togsim/dram/patterns.py`), by our controllers ([dram.md](dram.md)) and by Ramulator:
configurations `r20_*` by Ramulator 2.0 (upstream of February 2024 with the HBM tables of
PyTorchSim's fork), `r21_*` by Ramulator 2.1 (June 2026). The configurations are in
`tests/togsim/data/dram/`. Compared are total ticks; minimum, mean, median, 99th percentile and
maximum of the read latency; row hits, misses and conflicts of reads and of writes; and the number
of each command. `tests/togsim/dram/` runs all rows, and compares whole logs of commands and
requests besides.

"""


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--config", action="append", default=[], metavar="NAME")
    parser.add_argument("--plain", action="store_true", help="the controllers without a shortcut")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the page here")
    options = parser.parse_args()
    done = [compare(row, plain=options.plain) for row in reference_rows(options.config)]
    print("\n".join(table(done)))
    if options.page is not None:
        write_output(options.page, page(done))
    sys.exit(any(abs(one.tick_error) > 0.01 for one in done))


if __name__ == "__main__":
    main()
