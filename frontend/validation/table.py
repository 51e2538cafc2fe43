"""Scores as tables: rows, and mean errors by family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from npu.frontend.validation.score import Score

ALL = "all"
"""The family of all rows."""


@dataclass(frozen=True)
class Column:
    """What all rows of a machine were simulated as: by our compiler's best, in a mode, ..."""

    title: str
    scores: Sequence[Score]


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

    def mae_in(self, column: Column) -> float | None:
        """That of the same rows in another column."""
        mine = {id(score.row) for score in self.scores}
        return Family(self.name, [one for one in column.scores if id(one.row) in mine]).mae

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


def row_cells(scores: Sequence[Score], others: Sequence[str]) -> list[str]:
    """Workload, measured, for each column simulated and error, bound, errors of other simulators.

    `scores` are those of one row, column by column.
    """
    row, last = scores[0].row, scores[-1]
    said = row.others or {}
    return [
        row.workload,
        f"{row.cycles:,}",
        *(cell for score in scores for cell in _simulated(score)),
        last.bound or last.reason,
        *(percent(said[one] / row.cycles - 1, sign=True) if one in said else "-" for one in others),
    ]


def _simulated(score: Score) -> tuple[str, str]:
    cycles = "-" if score.cycles is None else f"{score.cycles:,}"
    return cycles, percent(score.error, sign=True)


def family_cells(family: Family, columns: Sequence[Column], others: Sequence[str]) -> list[str]:
    """Family, rows run of all, its mean error in each column, those of other simulators."""
    return [
        family.name,
        f"{len(family.scored)} of {len(family.scores)}",
        *(percent(family.mae_in(column)) for column in columns),
        *(percent(family.mae_of(one)) for one in others),
    ]


def row_header(columns: Sequence[Column]) -> list[str]:
    """As `row_cells`, without other simulators."""
    simulated = (name for column in columns for name in (column.title, "error"))
    return ["workload", "measured", *simulated, "bound by"]


def family_header(columns: Sequence[Column]) -> list[str]:
    """As `family_cells`, without other simulators."""
    return ["family", "rows", *(f"error, {column.title}" for column in columns)]


def by_row(columns: Sequence[Column]) -> list[tuple[Score, ...]]:
    """The scores of each row, column by column."""
    return list(zip(*(column.scores for column in columns), strict=True))


def row_table(columns: Sequence[Column]) -> Table:
    """For the terminal, which has no room for what other simulators say."""
    return _table("rows", row_header(columns), [row_cells(one, ()) for one in by_row(columns)])


def family_table(columns: Sequence[Column]) -> Table:
    """For the terminal: the mean of absolute errors by family."""
    scores = columns[0].scores
    others = others_of(scores)
    cells = [family_cells(one, columns, others) for one in families(scores)]
    return _table("mean absolute error", (*family_header(columns), *others), cells)


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for number, name in enumerate(header):
        is_text = number == 0 or name == "bound by"
        justify = "left" if is_text else "right"
        table.add_column(name, justify=justify, overflow="fold", no_wrap=name != "bound by")
    for cells in rows:
        table.add_row(*cells)
    return table
