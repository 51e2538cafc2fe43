"""Names agree across code, passes and tests, so that a reader can guess where things are."""

import ast
import re
from pathlib import Path

import pytest

from npu.passes.universe import DIALECTS, PASSES

ROOT = Path(__file__).parents[1]
ROOMS = ("configs", "dialects", "passes", "codegen", "togsim", "runtime", "frontend")
SOURCES = sorted(
    path
    for room in ROOMS
    for path in (ROOT / room).rglob("*")
    if path.suffix in {".py", ".cpp", ".hpp", ".h"}
)
MAX_LINES = 400

PIPELINE = {"npu-compile": "pipeline"}
"""The whole pipeline as one pass: it lives on the pipeline's page."""


def words(pass_name: str) -> list[str]:
    """`npu-double-buffer` -> `double`, `buffer`."""
    return pass_name.removeprefix("npu-").split("-")


def stem(pass_name: str) -> str:
    """`npu-double-buffer` -> `double_buffer`."""
    return PIPELINE.get(pass_name, "_".join(words(pass_name)))


@pytest.mark.parametrize("name", sorted(PASSES))
def test_pass_file_class_and_lit_test_have_its_name(name: str):
    found = PASSES[name]()
    assert found.name == name
    assert found.__name__ == "".join(word.capitalize() for word in words(name)) + "Pass"
    assert found.__module__.removeprefix("npu.passes.").split(".")[-1] == stem(name)
    assert (ROOT / "test" / "lit" / "passes" / f"{stem(name)}.mlir").is_file()


@pytest.mark.parametrize("name", sorted(PASSES.keys() - PIPELINE))
def test_pass_file_tells_its_limitations(name: str):
    module = PASSES[name]().__module__.removeprefix("npu.")
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())
    assert "Limitations" in (ast.get_docstring(tree) or "")


@pytest.mark.parametrize("name", sorted(DIALECTS))
@pytest.mark.parametrize("kind", ["ops", "invalid"])
def test_dialect_has_round_trip_and_rejections(name: str, kind: str):
    assert (ROOT / "test" / "lit" / "dialects" / name / f"{kind}.mlir").is_file()


@pytest.mark.parametrize("room", ROOMS)
def test_room_is_a_package_that_says_what_it_holds(room: str):
    init = ROOT / room / "__init__.py"
    assert init.is_file()
    assert ast.get_docstring(ast.parse(init.read_text()))


def test_no_file_is_too_long():
    long = [
        str(p.relative_to(ROOT)) for p in SOURCES if len(p.read_text().splitlines()) > MAX_LINES
    ]
    assert long == []


def test_no_file_is_a_drawer_for_everything():
    assert [p for p in SOURCES if p.stem in {"utils", "util", "helpers", "misc", "common"}] == []


def test_nothing_is_left_to_do():
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    assert [str(p.relative_to(ROOT)) for p in SOURCES if marks.search(p.read_text())] == []


def test_tests_are_never_skipped():
    marks = re.compile(r"\b(mark\.skip|mark\.xfail|pytest\.skip|importorskip|skipif)\b")
    here = Path(__file__)
    files = [p for p in (ROOT / "tests").rglob("*.py") if p != here]
    assert [str(p.relative_to(ROOT)) for p in files if marks.search(p.read_text())] == []
