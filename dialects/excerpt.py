"""Messages that show a line of the input, where a line of a million numbers becomes a window."""

from __future__ import annotations

WIDTH = 160
"""Characters shown of a line."""

BEFORE = 60
"""Characters shown ahead of what is wrong."""


def excerpt(message: str) -> str:
    """``message``, which shows a line, carets and what is said, with long lines cut to windows."""
    lines = message.split("\n")
    marked = next((i for i, line in enumerate(lines) if line.lstrip().startswith("^")), 0)
    offset = len(lines[marked]) - len(lines[marked].lstrip())
    is_long = marked > 0 and len(lines[marked - 1]) > WIDTH
    start = max(0, offset - BEFORE) if is_long else 0
    for i, line in enumerate(lines):
        if i == marked + 1 and marked:
            lines[i] = " " * (offset - start) + line.strip()
        else:
            lines[i] = _window(line, start if i in {marked - 1, marked} else 0)
    return "\n".join(lines)


def _window(line: str, start: int) -> str:
    shown = line[start : start + WIDTH]
    return shown if len(line) <= start + WIDTH else f"{shown} ..."
