"""docs/dialects/*.md say what the dialects' docstrings say."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

from xdsl.ir import Dialect

DOCS = Path(__file__).parents[2] / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "generate_dialects", DOCS / "generate_dialects.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_are_fresh() -> None:
    pages: dict[str, str] = generator().pages()
    for name, text in pages.items():
        assert (DOCS / "dialects" / name).read_text() == text, (
            "run: python docs/generate_dialects.py"
        )


def test_every_operation_has_its_section_and_every_field_a_meaning() -> None:
    dialects: tuple[Dialect, ...] = generator().DIALECTS
    for dialect in dialects:
        text = (DOCS / "dialects" / f"{dialect.name}.md").read_text()
        for op in dialect.operations:
            assert f"### `{op.name}`\n" in text
        assert not re.findall(
            r"^\| (?:operand|property|result|parameter).*\|  \|$", text, re.MULTILINE
        )


def test_every_rule_of_the_tog_page_has_a_rejected_case() -> None:
    page = (DOCS / "dialects" / "tog.md").read_text()
    invalid = DOCS.parent / "test" / "lit" / "dialects" / "tog" / "invalid.mlir"
    rules = set(re.findall(r"^- ([A-Z]+\d+): ", page, re.MULTILINE))
    rejected = set(re.findall(r"CHECK: ([A-Z]+\d+):", invalid.read_text()))
    assert rules - rejected == {"TE4"}  # a meaning, which nothing can break
