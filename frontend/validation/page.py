"""The page docs/accuracy.md: every row, every family, and what the model leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

from npu.frontend.validation.score import Score
from npu.frontend.validation.table import (
    FAMILY_HEADER,
    ROW_HEADER,
    families,
    family_cells,
    others_of,
    row_cells,
)


def page(found: Mapping[str, Sequence[Score]]) -> str:
    """The page, in Markdown."""
    text = files("npu.frontend.validation").joinpath("accuracy.md").read_text(encoding="utf-8")
    return text.replace("{tables}", "\n".join(_tables(found)))


def _tables(found: Mapping[str, Sequence[Score]]) -> Iterator[str]:
    for config, scored in found.items():
        others = others_of(scored)
        yield f"## {config}\n"
        yield from _table(
            (*FAMILY_HEADER, *others), [family_cells(f, others) for f in families(scored)]
        )
        yield ""
        yield from _table((*ROW_HEADER, *others), [row_cells(one, others) for one in scored])
        yield ""


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield "|" + "---|" * len(header)
    for cells in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
