"""The text of an .icnt file: `key = value;` lines and `//` comments, to keys with their lines.

Files of simulators that carry BookSim as a library (ONNXim, PyTorchSim) begin with `[config]` and
leave the semicolons out: there a line ends a setting.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from npu.configs.errors import UserError

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EXAMPLE = "expected 'key = value;', such as 'topology = fly;'"
_SECTION = re.compile(r"\[\s*config\s*\]\s*;?")
"""The line ahead of settings that end with their lines."""


@dataclass(frozen=True)
class Entry:
    """One setting: its text without quotes and outer spaces, and the line of its key (from 1)."""

    value: str
    line: int


def parse_entries(text: str, file: str) -> dict[str, Entry]:
    """The settings of `text` in their order; a set in braces stays one text.

    Raises `UserError` with `file:line` for what is no setting, and for a key given twice.
    """
    entries: dict[str, Entry] = {}
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
                _add(entries, statement, begun, file)
                statement = ""
        if statement.strip() and not _open_set(statement):
            if section is None:
                raise UserError(f"{file}:{begun}: no ';' ends '{_short(statement)}'; {_EXAMPLE}")
            _add(entries, statement, begun, file)
            statement = ""
        statement += " " if statement else ""
    if statement.strip():
        raise UserError(f"{file}:{begun}: no ';' ends '{_short(statement)}'; {_EXAMPLE}")
    return entries


def _section_line(lines: Sequence[str]) -> int | None:
    """The number of the line `[config]`, if the file begins with it."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            return number if _SECTION.fullmatch(line.strip()) else None
    return None


def _open_set(statement: str) -> bool:
    """Whether a set in braces goes on in the next line."""
    return statement.count("{") > statement.count("}")


def _add(entries: dict[str, Entry], statement: str, line: int, file: str) -> None:
    key, equals, value = (part.strip() for part in statement.partition("="))
    if not statement.strip():
        raise UserError(f"{file}:{line}: a ';' with nothing ahead of it; {_EXAMPLE}")
    if not equals or not _KEY.fullmatch(key) or "=" in value:
        raise UserError(f"{file}:{line}: '{_short(statement)}' is no setting; {_EXAMPLE}")
    value = value.strip().strip('"')
    if not value:
        raise UserError(f"{file}:{line}: key '{key}': is empty; {_EXAMPLE}; give it a value")
    if key in entries:
        raise UserError(
            f"{file}:{line}: key '{key}' is given twice, first on line {entries[key].line}; "
            "expected it once; remove one of the two lines"
        )
    entries[key] = Entry(value, line)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:37]}..."
