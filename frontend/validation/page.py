"""The page docs/accuracy.md: every row, every family, and what the model leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

from npu.frontend.validation.table import (
    Column,
    by_row,
    families,
    family_cells,
    family_header,
    others_of,
    row_cells,
    row_header,
)


def page(found: Mapping[str, Sequence[Column]]) -> str:
    """The page, in Markdown."""
    text = files("npu.frontend.validation").joinpath("accuracy.md").read_text(encoding="utf-8")
    return text.replace("{tables}", "\n".join(_tables(found)))


def _tables(found: Mapping[str, Sequence[Column]]) -> Iterator[str]:
    for config, columns in found.items():
        scored = columns[0].scores
        others = others_of(scored)
        yield f"## {config}\n"
        yield from _table(
            (*family_header(columns), *others),
            [family_cells(one, columns, others) for one in families(scored)],
        )
        yield ""
        yield from _table(
            (*row_header(columns), *others), [row_cells(one, others) for one in by_row(columns)]
        )
        yield ""


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield "|" + "---|" * len(header)
    for cells in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
