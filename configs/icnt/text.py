"""The text of an .icnt file: `key = value;` lines and `//` comments, to keys with their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from npu.configs.errors import UserError

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EXAMPLE = "expected 'key = value;', such as 'topology = fly;'"


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
    for number, raw in enumerate(text.splitlines(), start=1):
        rest = raw.split("//", 1)[0]
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
            raise UserError(f"{file}:{begun}: no ';' ends '{_short(statement)}'; {_EXAMPLE}")
        statement += " " if statement else ""
    if statement.strip():
        raise UserError(f"{file}:{begun}: no ';' ends '{_short(statement)}'; {_EXAMPLE}")
    return entries


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
