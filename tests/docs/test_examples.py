"""What the other pages show is what one gets: commands, files and Python."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *(page for page in sorted(DOCS.rglob("*.md")) if not page.name.startswith("add-a")),
]
SHOWN = ("npu-opt ", "npu config ", "togsim ")
"""Commands that print the same everywhere; an example is one with its output."""


@pytest.fixture(scope="module")
def blocks(pages):
    blocks_of, _ = pages
    return [block for page in PAGES for block in blocks_of(page)]


def test_commands_print_what_is_shown(blocks, pages, tree):
    _, steps_of = pages
    steps = [s for b in blocks if b.language == "console" for s in steps_of(b)]
    examples = [s for s in steps if s.command.startswith(SHOWN) and s.output.strip()]
    assert examples
    for step in examples:
        tree.check(step)


def test_files_are_shown_as_they_are(blocks):
    """A block below a line that is a file's name alone, "`examples/relu.mlir`:", is that file."""
    shown = [(b, re.fullmatch(r"`(\S+)`:", b.above)) for b in blocks]
    named = [(block, found[1]) for block, found in shown if found]
    assert named
    for block, name in named:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "\n".join(block.lines) in text, f"{block.place} is not in {name}"


def test_python_runs(blocks, tree):
    examples = [b for b in blocks if b.language == "python" and b.page == ROOT / "README.md"]
    assert examples
    for number, block in enumerate(examples):
        tree.write(f"example{number}.py", block.lines)
        status, printed = tree.run(f"python example{number}.py")
        assert status == 0, f"{block.place}:\n{printed}"
