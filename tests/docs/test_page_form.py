"""Pages that readers can follow: headings stand alone, and files in commands are there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
MADE = {"npu-out/mlp/graph.mlir", "mlp.json", "mlp.pftrace"}
"""Files that the commands of the README write."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_line_ahead_of_each_heading_is_empty(page: Path):
    fenced = re.compile(r"^(`{3,}).*?^\1$", re.DOTALL | re.MULTILINE)
    lines = fenced.sub("", page.read_text()).splitlines()
    headings = [i for i, line in enumerate(lines) if re.match(r"#{1,4} ", line) and i > 0]
    assert [lines[i] for i in headings if lines[i - 1].strip()] == []


def test_files_in_the_commands_of_the_readme_are_there():
    command = re.compile(r"^\$ (?:togsim|npu-opt|.*\| togsim) .*$", re.MULTILINE)
    commands = command.findall((ROOT / "README.md").read_text())
    named = {word for line in commands for word in line.split() if re.search(r"\.[a-z]+$", word)}
    assert len(commands) >= 4
    assert {word for word in named - MADE if not (ROOT / word).is_file()} == set()


@pytest.mark.parametrize("page", ["operator", "pass", "instruction", "machine", "fusion"])
def test_pages_to_follow_say_where_their_tools_come_from(page: str):
    stem = "an" if page in {"operator", "instruction"} else "a"
    assert "`make build`" in (ROOT / "docs" / f"add-{stem}-{page}.md").read_text()


def test_places_in_the_table_of_what_to_add_are_there():
    """A folder, and in the cell behind it files of that folder or of the root."""
    page = (ROOT / "docs" / "design.md").read_text()
    table = page.split("### To add something\n")[1].split("\n\n")[0]
    missing: list[str] = []
    for row in table.splitlines()[2:]:
        _, _, where, touched, _ = row.split("|")
        folders = [ROOT / name for name in re.findall(r"`([^`]+)`", where)]
        missing += [str(folder) for folder in folders if not folder.exists()]
        for name in re.findall(r"`([^` ]+[/.][^` ]*)`", touched):
            if not any((base / name).exists() for base in (ROOT, *folders)):
                missing.append(name)
    assert table.count("\n") > 10
    assert missing == []


def test_the_example_without_the_development_tools_says_so():
    code = (
        "import sys, runpy; sys.modules['fdt'] = None; "
        "runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    example = ROOT / "examples" / "stock_spike.py"
    done = subprocess.run(
        [sys.executable, "-c", code, example], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "run `make build`" in done.stderr
