"""Following a page: its blocks become files, changes and commands in a copy of the tree.

What a fenced block does is told by its language and its first line:

* ``diff``, first line ``--- PATH``: a change of a file. Hunks are separated by ``@@`` lines and
  carry no numbers: the lines that begin with a space or ``-`` must stand in the file exactly once.
* ``console``: lines that begin with ``$ `` are run by the shell, the lines below are what they
  print. A line ``...`` stands for any number of lines, ``...`` within a line for any text. A
  command fails exactly when what it prints is shown as an ``error:``. ``export NAME=VALUE`` holds
  for the rest of the page.
* any other, first line ``# file: PATH`` or ``// file: PATH``: a new file, without that line.
* ``text`` is only to be read.

A block that holds a fence of three backticks has a longer one itself.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.copied_tree import CopiedTree


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    lines: tuple[str, ...]
    above: str
    """The last line of text above it."""

    @property
    def place(self):
        return f"{self.page.name}:{self.line}"

    @property
    def file(self):
        """The path of the new file it holds, or None."""
        found = re.fullmatch(r"(?:#|//) file: (\S+)", self.lines[0]) if self.lines else None
        return found and found[1]


@dataclass(frozen=True)
class Step:
    """One command of a console block and the output shown."""

    place: str
    command: str
    output: str


def blocks_of(page):
    """The fenced blocks of a page, in order."""
    found, inside, above = [], None, ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if inside is not None:
            fence, language, start, lines = inside
            if line == fence:
                found.append(Block(page, start, language, tuple(lines), above))
                inside = None
            else:
                lines.append(line)
        elif opening := re.fullmatch(r"(```+)(\w*)", line):
            inside = (opening[1], opening[2], number, [])
        elif line:
            above = line
    assert inside is None, f"{page}: a fenced block has no end"
    return found


def steps_of(block):
    """The commands of a console block; a line that ends in a backslash goes on in the next."""
    steps, command, output = [], None, []

    def finish():
        if command is not None:
            steps.append(Step(block.place, command, "\n".join(output)))

    continued = False
    for line in block.lines:
        if continued:
            command += "\n" + line
        elif line.startswith("$ "):
            finish()
            command, output = line[2:], []
        else:
            output.append(line)
            continue
        continued = line.endswith("\\")
    finish()
    return steps


def pattern_of(output):
    """A regular expression of the output that a page shows."""
    lines = [
        r"(?:[^\n]*\n)*?" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + "\n"
        for line in output.splitlines()
    ]
    return re.compile("".join(lines))


def apply_hunk(text, hunk, place):
    """`text` with one hunk applied."""
    before = "".join(line[1:] + "\n" for line in hunk if line[:1] != "+")
    after = "".join(line[1:] + "\n" for line in hunk if line[:1] != "-")
    assert text.count(before) == 1, f"{place}: found {text.count(before)} times:\n{before}"
    return text.replace(before, after)


class Tree(CopiedTree):
    """A copy of the project's tree in which pages are followed."""

    def follow(self, page):
        """Does what the page says, from its beginning to its end."""
        for block in blocks_of(page):
            if block.language == "console":
                for step in steps_of(block):
                    self.check(step)
            elif block.language == "diff":
                self._change(block)
            elif block.file is not None:
                self.write(block.file, block.lines[1:])
            else:
                assert block.language == "text", f"{block.place}: what is done with it?"

    def write(self, name, lines):
        """A new file of the tree."""
        path = self.root / name
        assert not path.exists(), f"{name} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")

    def _change(self, block):
        first, *rest = block.lines
        assert first.startswith("--- "), f"{block.place}: the first line names no file"
        path = self.root / first[4:]
        text = path.read_text(encoding="utf-8")
        hunk = []
        for line in [*rest, "@@"]:
            if line == "@@":
                text = apply_hunk(text, hunk, block.place) if hunk else text
                hunk = []
            else:
                hunk.append(line or " ")
        path.write_text(text, encoding="utf-8")

    def check(self, step):
        """Runs a command; what it prints must be what the page shows."""
        if export := re.fullmatch(r"export (\w+)=(\S+)", step.command):
            self.environment[export[1]] = self.run(f'printf %s "{export[2]}"')[1]
            return
        status, printed = self.run(step.command)
        shown = f"{step.place}: $ {step.command}\n{printed}"
        fails = any(line.startswith("error:") for line in step.output.splitlines())
        assert (status != 0) == fails, f"status {status} of {shown}"
        printed = "".join(line.rstrip() + "\n" for line in printed.rstrip().splitlines())
        assert pattern_of(step.output).fullmatch(printed), f"other output of {shown}"


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


@pytest.fixture(scope="session")
def pages():
    """What reads pages: blocks, and the commands of a console block."""
    return blocks_of, steps_of
