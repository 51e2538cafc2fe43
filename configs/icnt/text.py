"""The text of an .icnt file: `key = value;` lines and `//` comments, to keys with their lines.

Files of simulators that carry BookSim as a library (ONNXim, PyTorchSim) begin with `[config]` and
leave the semicolons out: there a line ends a setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from npu.configs.errors import Problem
from npu.configs.faults import Faults
from npu.configs.short import short

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EXAMPLE = "'key = value;', such as 'topology = fly;'"
_SECTION = re.compile(r"\[\s*config\s*\]\s*;?")
"""The line ahead of settings that end with their lines."""

_SHOWN = 40
"""Characters of a statement that a message shows."""


@dataclass(frozen=True)
class Entry:
    """One setting: its text without quotes and outer spaces, and the line of its key (from 1)."""

    value: str
    line: int


def parse_entries(text: str, faults: Faults) -> dict[str, Entry]:
    """The settings of `text` in their order; a set in braces stays one text.

    Notes what is no setting, and keys given twice.
    """
    entries: dict[str, Entry] = {}
    for statement, line, is_ended in _statements(text):
        if is_ended:
            _add(entries, statement, line, faults)
        else:  # what it sets counts as set, so that it is not told to be missing as well
            what = f"no ';' ends '{short(_flat(statement), _SHOWN)}'"
            faults.tell(Problem("", what, _EXAMPLE, "end it with ';'"), line)
            _add(entries, statement, line, Faults(faults.file))
    return entries


def _statements(text: str) -> Iterator[tuple[str, int, bool]]:
    """Each statement, the line where it begins, and whether it has an end."""
    statement, begun = "", 0
    lines = [raw.split("//", 1)[0] for raw in text.splitlines()]
    section = _section_line(lines)
    for number, line in enumerate(lines, start=1):
        rest = "" if number == section else line
        while rest:
            if not statement.strip():
                statement, begun = "", number
                rest = rest.lstrip()
            head, end, rest = rest.partition(";")
            statement += head
            if end:
                yield statement, begun, True
                statement = ""
        if statement.strip() and not _open_set(statement):
            yield statement, begun, section is not None
            statement = ""
        statement += " " if statement else ""
    if statement.strip():
        yield statement, begun, False


def _section_line(lines: Sequence[str]) -> int | None:
    """The number of the line `[config]`, if the file begins with it."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            return number if _SECTION.fullmatch(line.strip()) else None
    return None


def _open_set(statement: str) -> bool:
    """Whether a set in braces goes on in the next line."""
    return statement.count("{") > statement.count("}")


def _add(entries: dict[str, Entry], statement: str, line: int, faults: Faults) -> None:
    key, equals, value = (part.strip() for part in statement.partition("="))
    value = value.strip('"')
    problem: Problem | None = None
    if not statement.strip():
        problem = Problem("", "a ';' with nothing ahead of it", _EXAMPLE, "remove it")
    elif not equals or not _KEY.fullmatch(key) or "=" in value:
        what = f"'{short(_flat(statement), _SHOWN)}' is no setting"
        problem = Problem("", what, _EXAMPLE)
    elif not value:
        problem = Problem(key, "is empty", _EXAMPLE, "give it a value")
    elif key in entries:
        what = f"is given twice, first on line {entries[key].line}"
        problem = Problem(key, what, "it once", "remove one of the two lines")
    if problem is None:
        entries[key] = Entry(value, line)
    else:
        faults.tell(problem, line)


def _flat(text: str) -> str:
    return " ".join(text.split())
