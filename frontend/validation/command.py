"""`npu validate`: every row of a table run, and what came out printed and written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.configs.output import write_output
from npu.configs.output.check import text_stream
from npu.frontend.validation.measured import Measured, read_table, shipped
from npu.frontend.validation.page import page
from npu.frontend.validation.plot import plot
from npu.frontend.validation.score import Score, scores
from npu.frontend.validation.table import families, family_table, others_of, row_table


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


def validate_command(options: Options) -> None:
    """Runs the rows of all tables. Raises UserError when none could be run."""
    console = Console(file=text_stream(options.json_path, options.plot_path, options.page_path))
    by_machine = _by_machine(options)
    found: dict[str, list[Score]] = {}
    for config, rows in by_machine.items():
        found[config] = _run(rows, config, options.jobs, console)
        console.print(f"[bold]{config}[/]", highlight=False)
        console.print(row_table(found[config]))
        console.print(family_table(found[config]))
    _write(options, found)
    if not any(score.cycles for scored in found.values() for score in scored):
        raise UserError("no row could be run; the table says why of each")


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


def _run(rows: Sequence[Measured], config: str, jobs: int, console: Console) -> list[Score]:
    columns = (
        TextColumn(config), BarColumn(), MofNCompleteColumn(), TextColumn("rows"),
        TimeRemainingColumn(), TextColumn("{task.description}"),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=len(rows))

        def report(score: Score) -> None:
            progress.update(bar, advance=1, description=score.row.workload)

        return scores(rows, config, load(config), jobs, report)


def _write(options: Options, found: dict[str, list[Score]]) -> None:
    if options.json_path is not None:
        write_output(options.json_path, json.dumps(as_json(found), indent=1) + "\n")
    if options.plot_path is not None:
        write_output(options.plot_path, plot(found))
    if options.page_path is not None:
        write_output(options.page_path, page(found))


def as_json(found: dict[str, list[Score]]) -> dict[str, object]:
    """By machine, the rows and the families: cycles, errors as shares of what was measured."""
    return {
        config: {
            "rows": [
                {
                    "workload": score.row.workload,
                    "family": score.row.family,
                    "type": score.row.type,
                    "measured_cycles": score.row.cycles,
                    "simulated_cycles": score.cycles,
                    "error": score.error,
                    "bound_by": score.bound,
                    "reason": score.reason,
                    "others_cycles": dict(score.row.others or {}),
                }
                for score in scored
            ],
            "families": [
                {
                    "family": family.name,
                    "rows": len(family.scores),
                    "rows_run": len(family.scored),
                    "mean_absolute_error": family.mae,
                    "others": {other: family.mae_of(other) for other in others_of(scored)},
                }
                for family in families(scored)
            ],
        }
        for config, scored in found.items()
    }
