"""Each how-to page is true: its steps, done in a copy of the tree, print what it shows."""

from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path.name for path in DOCS.glob("add-a*.md"))


def test_there_is_a_page_for_each_thing_to_add():
    assert PAGES == [
        "add-a-fusion.md",
        "add-a-machine.md",
        "add-a-pass.md",
        "add-an-instruction.md",
        "add-an-operator.md",
    ]


@pytest.mark.parametrize("page", PAGES)
def test_steps_can_be_followed(tree, page):
    tree.follow(DOCS / page)
