"""Scores as tables: rows, and mean errors by family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from npu.frontend.validation.score import Score

ALL = "all"
"""The family of all rows."""


@dataclass(frozen=True)
class Family:
    """Rows of one kind together."""

    name: str
    scores: Sequence[Score]

    @property
    def scored(self) -> list[float]:
        """The errors of its rows that were run."""
        return [score.error for score in self.scores if score.error is not None]

    @property
    def mae(self) -> float | None:
        """The mean of the absolute errors; None if no row was run."""
        errors = self.scored
        return sum(map(abs, errors)) / len(errors) if errors else None

    def mae_of(self, other: str) -> float | None:
        """That of another simulator, over the rows of which it says anything."""
        errors = [
            abs(others[other] / score.row.cycles - 1)
            for score in self.scores
            if other in (others := score.row.others or {})
        ]
        return sum(errors) / len(errors) if errors else None


def families(scores: Sequence[Score]) -> list[Family]:
    """In the order in which they first appear, and all together at the end."""
    names = dict.fromkeys(score.row.family for score in scores)
    found = [Family(name, [one for one in scores if one.row.family == name]) for name in names]
    return [*found, Family(ALL, scores)] if len(found) > 1 else found


def others_of(scores: Sequence[Score]) -> list[str]:
    """The other simulators, in their order."""
    return list(dict.fromkeys(name for score in scores for name in score.row.others or {}))


def percent(value: float | None, *, sign: bool = False) -> str:
    """An error as it is shown."""
    if value is None:
        return "-"
    return f"{value:+.1%}" if sign else f"{value:.1%}"


def row_cells(score: Score, others: Sequence[str]) -> list[str]:
    """Workload, measured, simulated, error, bound, errors of other simulators."""
    row = score.row
    said = row.others or {}
    return [
        row.workload,
        f"{row.cycles:,}",
        "-" if score.cycles is None else f"{score.cycles:,}",
        percent(score.error, sign=True),
        score.bound or score.reason,
        *(percent(said[one] / row.cycles - 1, sign=True) if one in said else "-" for one in others),
    ]


def family_cells(family: Family, others: Sequence[str]) -> list[str]:
    """Family, rows run of all, its mean error, those of other simulators."""
    return [
        family.name,
        f"{len(family.scored)} of {len(family.scores)}",
        percent(family.mae),
        *(percent(family.mae_of(one)) for one in others),
    ]


ROW_HEADER = ("workload", "measured", "simulated", "error", "bound by")
FAMILY_HEADER = ("family", "rows", "mean error")


def row_table(scores: Sequence[Score]) -> Table:
    """For the terminal, which has no room for what other simulators say."""
    return _table("rows", ROW_HEADER, [row_cells(one, ()) for one in scores])


def family_table(scores: Sequence[Score]) -> Table:
    """For the terminal: the mean of absolute errors by family."""
    others = others_of(scores)
    cells = [family_cells(one, others) for one in families(scores)]
    return _table("mean absolute error", (*FAMILY_HEADER, *others), cells)


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for number, name in enumerate(header):
        is_text = number == 0 or name == "bound by"
        justify = "left" if is_text else "right"
        table.add_column(name, justify=justify, overflow="fold", no_wrap=name != "bound by")
    for cells in rows:
        table.add_row(*cells)
    return table
