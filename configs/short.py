"""What a user wrote, as messages quote it: short, on one line, and printable."""

from __future__ import annotations

import re

_TOO_LONG = re.compile(r"integer string conversion: value has (\d+) digits")
"""What Python says of a number that it does not read."""

MAX_QUOTE = 80
"""Characters of a value that a message shows."""

MAX_WORD = 300
"""Characters without a space that any message may hold: longer ones are cut in the middle."""

MAX_LINES = 100
"""Lines of any message."""

_BITS_OF_QUOTE = 4 * MAX_QUOTE
"""A whole number of more bits has more digits than are shown (and may have too many for `str`)."""


def short(value: object, most: int = MAX_QUOTE) -> str:
    """`value` as text of at most about `most` characters; a longer one says how long it is."""
    if isinstance(value, int) and value.bit_length() > _BITS_OF_QUOTE:
        return f"a number of {round(value.bit_length() * 0.30103):,} digits"
    text = "".join(_printable(c) for c in str(value))
    return text if len(text) <= most else _cut(text, most)


def reason(error: Exception) -> str:
    """What an exception says, without Python's advice to programmers."""
    text = short(error, 200)
    digits = _TOO_LONG.search(text)
    return f"a number of {digits[1]} digits is too long to read" if digits else text


def bounded(message: str) -> str:
    """A message whose words and lines are not too many to read, whatever it quotes."""
    lines = message.split("\n")
    shown = [_words_cut(line) for line in lines[:MAX_LINES]]
    if len(lines) > MAX_LINES:
        shown.append(f"... and {len(lines) - MAX_LINES:,} more lines")
    return "\n".join(shown)


def listed(lines: list[str], most: int = 20) -> list[str]:
    """The first `most` of `lines`, and how many more there are."""
    more = len(lines) - most
    return lines if more <= 0 else [*lines[:most], f"... and {more:,} more"]


def _words_cut(line: str) -> str:
    if len(line) <= MAX_WORD:
        return line
    words = line.split(" ")
    return " ".join(word if len(word) <= MAX_WORD else _cut(word, MAX_WORD) for word in words)


def _cut(text: str, most: int) -> str:
    end = most // 4
    return f"{text[: most - end]}...{text[-end:]} ({len(text):,} characters)"


def _printable(character: str) -> str:
    """A control character as its escape: it would move the cursor or end the line."""
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode()
