"""How many of PyTorch's operators are taken, and right: `make coverage`.

    python -m tests.coverage.run [--only PATTERN ...] [--dtype TYPE ...] [--samples N] [--machine M]
                                 [--jobs N] [--page FILE] [--again WHAT]

Each operator's samples are compiled, run on Spike and compared with eager PyTorch. What is known of
the same code is kept, so that a run that was stopped goes on where it was; with `--again refused`
what other code found right counts, too, and the page says of how many samples. A run of everything
writes docs/coverage.md. A sample that is wrong, or a traceback, fails the command.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from npu.configs import command
from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.configs.near import did_you_mean
from npu.configs.output import write_output
from tests.copied_tree import ROOT
from tests.coverage.outcome import FAULTS, Outcome, State
from tests.coverage.page import KINDS, Tally, common_reasons, page, totals
from tests.coverage.samples import DTYPES, SAMPLES, operators, takes
from tests.coverage.workers import AGAIN, Pool, Task, Work

MACHINE = "tpuv3"
PAGE = ROOT / "docs" / "coverage.md"
MOST_REASONS = 20
"""Reasons that are printed."""


def main(args: Sequence[str] | None = None) -> None:
    """Runs the command; how it ends is told by `npu.configs.command`."""
    command.run(lambda: _main(args))


def _main(args: Sequence[str] | None) -> None:
    options = _parser().parse_args(args)
    machine, one = load(options.machine), tuple(options.one)
    work = Work(machine, options.samples, one, options.machine, options.again)
    names = chosen(options.only)
    tasks = [Task(name, dtype) for name in names for dtype in options.dtype if takes(name, dtype)]
    console = Console()
    tallies = _run(tasks, work, options.jobs, console)
    if options.only:
        _show_samples(console, tallies)
    _show_totals(console, tallies)
    target = options.page or _default_page(options)
    if target is not None:
        write_output(target, page(tallies, options.machine, options.samples, options.one))
        console.print(f"page: {target}", highlight=False, soft_wrap=True)
    _end(console, tallies)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.coverage.run",
        description="Runs PyTorch's operator database through the compiler and Spike.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="PATTERN", help="operators: names, * for any text"
    )
    parser.add_argument(
        "--dtype", nargs="+", default=DTYPES, choices=DTYPES, help="types (default: all of these)"
    )
    parser.add_argument(
        "--samples", type=_count, default=SAMPLES, metavar="N", help="the first N of each, or all"
    )
    parser.add_argument(
        "--one", nargs="+", default=[], choices=DTYPES, metavar="TYPE",
        help="types of which only the first sample is run",
    )  # fmt: skip
    parser.add_argument("--machine", default=MACHINE, help=f"default: {MACHINE}")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--page", type=Path, help="write the page here (a whole run: to docs/)")
    parser.add_argument(
        "--again",
        choices=AGAIN,
        default=AGAIN[0],
        help="run, of what is known: what other code made (changed, the default), of that only "
        "what was not right (refused), or all",
    )
    return parser


def _count(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdigit() or text == "0":
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, or all; got {text!r}")
    return int(text)


def chosen(patterns: Sequence[str]) -> list[str]:
    """The operators that one of `patterns` fits, all without any.

    Raises UserError for a pattern that fits none.
    """
    names = list(operators())
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            near = did_you_mean(pattern, tuple(names))
            raise UserError(
                f"--only {pattern}: PyTorch's database has no such operator"
                f"{f'; {near}' if near else ''}; expected a name such as add or nn.functional.*"
            )
    return [one for one in names if not patterns or any(fnmatchcase(one, p) for p in patterns)]


def _default_page(options: argparse.Namespace) -> Path | None:
    """Where a run of everything leaves its page; None for one of less."""
    whole = (
        not (options.only or options.one)
        and options.machine == MACHINE
        and options.samples == SAMPLES
    )
    return PAGE if whole and tuple(options.dtype) == DTYPES else None


def _run(
    tasks: Sequence[Task], work: Work, jobs: int, console: Console
) -> dict[tuple[str, str], Tally]:
    """The outcomes of all tasks, with a bar while they come."""
    tallies: dict[tuple[str, str], Tally] = {}
    columns = (
        TextColumn("{task.fields[counts]}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("operators"), TimeRemainingColumn(),
    )  # fmt: skip
    counts = dict.fromkeys(State, 0)
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=len(tasks), counts=_counted(counts))

        def report(task: Task, number: int, outcome: Outcome) -> None:
            tallies.setdefault((task.operator, task.dtype), Tally()).outcomes[number] = outcome
            counts[outcome.state] += 1
            progress.update(bar, counts=_counted(counts))

        Pool(work, report, lambda _task: progress.advance(bar)).run(tasks, max(1, jobs))
    return tallies


def _counted(counts: dict[State, int]) -> str:
    return ", ".join(f"{count} {state.value}" for state, count in counts.items())


def _show_samples(console: Console, tallies: dict[tuple[str, str], Tally]) -> None:
    """A line for each sample."""
    for (operator, dtype), tally in sorted(tallies.items()):
        for number, one in sorted(tally.outcomes.items()):
            line = f"{operator} {dtype} {number}: {one.state.value} {one.reason}"
            console.print(line.rstrip(), highlight=False, markup=False, soft_wrap=True)


def _show_totals(console: Console, tallies: dict[tuple[str, str], Tally]) -> None:
    table = Table("type", "operators", *KINDS, "samples right")
    for dtype in DTYPES:
        kinds, right, count = totals(tallies, dtype)
        if count:
            cells = [str(kinds[kind]) for kind in KINDS]
            table.add_row(dtype, str(kinds.total()), *cells, f"{right} of {count}")
    console.print(table)
    reasons = common_reasons(tallies)
    for reason, count in reasons[:MOST_REASONS]:
        line = f"{count:5} {reason}"
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if len(reasons) > MOST_REASONS:
        console.print(f"      and {len(reasons) - MOST_REASONS} more reasons", highlight=False)


def _end(console: Console, tallies: dict[tuple[str, str], Tally]) -> None:
    """Prints what is wrong; leaves with 1 if anything is, or if there was nothing."""
    faults = 0
    for (operator, dtype), tally in sorted(tallies.items()):
        for number, one in sorted(tally.outcomes.items()):
            if one.state in FAULTS:
                faults += 1
                line = f"{one.state.value}: {operator}, {dtype}, sample {number}: {one.details}"
                console.print(line, highlight=False, markup=False, soft_wrap=True)
    if faults:
        raise UserError(f"{faults} samples are wrong or end in a traceback")
    if not tallies:
        raise UserError("no sample was chosen: PyTorch's operator takes none of these types")


if __name__ == "__main__":
    main(sys.argv[1:])
