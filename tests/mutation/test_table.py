"""The table of mutations fits the tree: each text stands where it should, each test is there."""

from pathlib import Path

import pytest

from tests.mutation.table import MUTATIONS

ROOT = Path(__file__).parents[2]
AREAS = ("dialects", "passes", "codegen", "runtime", "frontend", "configs", "togsim/src")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_it_can_be_made(mutation):
    for edit in mutation.edits:
        assert edit.old != edit.new
        found = (ROOT / edit.file).read_text(encoding="utf-8").count(edit.old)
        assert found == 1, f"{edit.file}: stale, the text stands there {found} times: {edit.old}"
    files = [one for one in mutation.tests if one.startswith(("test/", "tests/"))]
    assert files
    for file in files:
        assert (ROOT / file).exists(), f"no {file}"


def test_names_are_different():
    names = [mutation.name for mutation in MUTATIONS]
    assert len(set(names)) == len(names)


def test_there_are_some_of_every_part():
    files = [edit.file for mutation in MUTATIONS for edit in mutation.edits]
    for area in AREAS:
        assert any(file.startswith(area) for file in files), area
