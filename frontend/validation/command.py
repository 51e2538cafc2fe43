"""`npu validate`: every row of a table run, and what came out printed and written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from npu.configs.calibration import Calibration, load_calibration
from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.configs.output import write_output
from npu.configs.output.check import text_stream
from npu.frontend.validation.calibrate import calibrated, fitted
from npu.frontend.validation.measured import Measured, read_table, shipped
from npu.frontend.validation.page import page
from npu.frontend.validation.plot import plot
from npu.frontend.validation.score import Score, scores
from npu.frontend.validation.table import (
    Column,
    by_row,
    families,
    family_table,
    others_of,
    row_table,
)
from npu.passes.modes import mode_of

OURS = "ours"
"""The column of our compiler's best, without any mode."""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    files: Sequence[Path] = ()
    """Tables; those that are shipped if there are none."""

    config: str | None = None
    """The machine, in place of those that the tables name."""

    jobs: int = 1
    json_path: Path | None = None
    plot_path: Path | None = None
    page_path: Path | None = None
    mode: str = ""
    """Beside our compiler's best, all rows in this mode."""
    calibrations: Sequence[Path] = ()
    """Applied to the rows of their machines, in a column of its own."""
    calibrate_path: Path | None = None
    """Where the launch time that suits the rows of one machine best is written."""


def validate_command(options: Options) -> None:
    """Runs the rows of all tables. Raises UserError when none could be run."""
    paths = (options.json_path, options.plot_path, options.page_path, options.calibrate_path)
    console = Console(file=text_stream(*paths))
    mode_of(options.mode)
    by_machine = _by_machine(options)
    calibrations = _by_their_machine(options, by_machine)
    found: dict[str, list[Column]] = {}
    for config, rows in by_machine.items():
        columns = found[config] = list(_columns(rows, config, options, console))
        if config in calibrations:
            console.print(f"{config}: {calibrations[config].line}", soft_wrap=True, highlight=False)
            last = columns[-1]
            scores = calibrated(last.scores, calibrations[config])
            columns.append(Column(f"{last.title}, calibrated", scores))
        console.print(f"[bold]{config}[/]", highlight=False)
        console.print(row_table(columns))
        console.print(family_table(columns))
    _write(options, found)
    if not any(score.cycles for columns in found.values() for score in columns[0].scores):
        raise UserError("no row could be run; the table says why of each")


def _columns(
    rows: Sequence[Measured], config: str, options: Options, console: Console
) -> Iterator[Column]:
    """Our compiler's best, and the mode."""
    yield Column(OURS, _run(rows, config, options.jobs, console))
    if options.mode:
        yield Column(options.mode, _run(rows, config, options.jobs, console, options.mode))


def _by_their_machine(
    options: Options, by_machine: Mapping[str, Sequence[Measured]]
) -> dict[str, Calibration]:
    """Calibrations by the machine of some rows. Raises UserError for one of no rows."""
    found: dict[str, Calibration] = {}
    for path in options.calibrations:
        one = load_calibration(path)
        known = {Path(config).stem: config for config in by_machine}
        if one.machine not in known:
            raise UserError(
                f"{path}: is of machine '{one.machine}', which no row is run on; expected one of "
                f"{', '.join(known)}"
            )
        one.check(known[one.machine], options.mode)
        found[known[one.machine]] = one
    return found


def _by_machine(options: Options) -> dict[str, list[Measured]]:
    """The rows of the tables, by the machine that they are run on."""
    found: dict[str, list[Measured]] = {}
    for path in options.files or shipped():
        for row in read_table(path):
            config = options.config or row.machine
            if config is None:
                raise UserError(
                    f"{path}: says not on which machine it was measured; give --config MACHINE, or "
                    "call the column of cycles MACHINE_cycles"
                )
            found.setdefault(config, []).append(row)
    if not found:
        raise UserError(f"{', '.join(map(str, options.files))}: no rows; expected at least one")
    return found


def _run(
    rows: Sequence[Measured], config: str, jobs: int, console: Console, mode: str = ""
) -> list[Score]:
    columns = (
        TextColumn(f"{config} {mode}"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"),
        TimeRemainingColumn(), TextColumn("{task.description}"),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=len(rows))

        def report(score: Score) -> None:
            progress.update(bar, advance=1, description=score.row.workload)

        return scores(rows, config, load(config), jobs, report, mode)


def _write(options: Options, found: Mapping[str, Sequence[Column]]) -> None:
    if options.calibrate_path is not None:
        _write_calibration(options.calibrate_path, options.mode, found)
    if options.json_path is not None:
        write_output(options.json_path, json.dumps(as_json(found), indent=1) + "\n")
    if options.plot_path is not None:
        write_output(options.plot_path, plot({n: c[-1].scores for n, c in found.items()}))
    if options.page_path is not None:
        write_output(options.page_path, page(found))


def _write_calibration(path: Path, mode: str, found: Mapping[str, Sequence[Column]]) -> None:
    """The launch time of the one machine whose rows were run, by the last column."""
    if len(found) != 1:
        raise UserError(
            f"--calibrate fits one machine, and rows of {', '.join(found)} were run; give the "
            "table of one"
        )
    ((config, columns),) = found.items()
    write_output(path, fitted(columns[-1].scores, path.stem, Path(config).stem, mode).text)


def as_json(found: Mapping[str, Sequence[Column]]) -> dict[str, object]:
    """By machine, the rows and the families: cycles, errors as shares of what was measured.

    Each by the titles of the columns.
    """
    return {
        config: {
            "rows": [
                {
                    "workload": one[0].row.workload,
                    "family": one[0].row.family,
                    "type": one[0].row.type,
                    "measured_cycles": one[0].row.cycles,
                    "simulated": {
                        column.title: {
                            "cycles": score.cycles,
                            "error": score.error,
                            "bound_by": score.bound,
                            "reason": score.reason,
                        }
                        for column, score in zip(columns, one, strict=True)
                    },
                    "others_cycles": dict(one[0].row.others or {}),
                }
                for one in by_row(columns)
            ],
            "families": [
                {
                    "family": family.name,
                    "rows": len(family.scores),
                    "rows_run": len(family.scored),
                    "mean_absolute_error": {
                        column.title: family.mae_in(column) for column in columns
                    },
                    "others": {
                        other: family.mae_of(other) for other in others_of(columns[0].scores)
                    },
                }
                for family in families(columns[0].scores)
            ],
        }
        for config, columns in found.items()
    }
