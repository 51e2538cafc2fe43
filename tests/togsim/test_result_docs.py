"""The schema and the page of the result say what the dataclasses say, of every figure."""

import json
from pathlib import Path
from typing import Any

from npu.togsim.report.schema import figures_page, made_schema, result_schema

ROOT = Path(__file__).parents[2]


def test_schema_and_page_are_up_to_date() -> None:
    """`make docs` writes both."""
    assert (ROOT / "togsim" / "report" / "result.schema.json").read_text() == made_schema()
    assert (ROOT / "docs" / "result.md").read_text() == figures_page()
    assert json.loads(made_schema()) == result_schema()


def test_every_figure_has_a_meaning_in_the_schema_and_on_the_page() -> None:
    schema = result_schema()
    page = figures_page()
    objects: dict[str, Any] = {"Result": schema, **schema["$defs"]}
    for name, body in objects.items():
        assert f"## {name}\n" in page
        section = page.split(f"## {name}\n", 1)[1].split("\n## ", 1)[0]
        for figure, described in body["properties"].items():
            assert described["description"].endswith("."), (name, figure)
            assert f"| `{figure}` |" in section, (name, figure)


def test_names_are_defined_on_the_page_of_statistics() -> None:
    """Prose must not speak of figures that are not there."""
    known = {name for d in result_schema()["$defs"].values() for name in d["properties"]}
    known |= set(result_schema()["properties"])
    text = (ROOT / "docs" / "statistics.md").read_text()
    named = {word.strip("`") for word in text.split() if word.endswith("_cycles`")}
    properties = {"waiting_token_cycles", "waiting_unit_cycles"}
    keys = {f"{part}_stats_print_period_cycles" for part in ("core", "dram", "icnt")}
    assert {n for n in named if n.isidentifier()} <= known | properties | keys
