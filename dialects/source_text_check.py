"""What is refused before a text of MLIR is parsed."""

from __future__ import annotations

import re

from npu.configs.errors import UserError

_STRING_OR_COMMENT = re.compile(
    r'"(?:[^"\\\n\v\f]|\\(?:["nt\\]|[0-9A-Fa-f]{2}))*"|//[^\n]*|"|[^\x00-\x7f]'
)
"""A string, a comment, a quote that begins no string, or a character that belongs in one."""


def check_characters(text: str, name: str, first_line: int = 1) -> None:
    """Refuses what xDSL's lexer takes exponential time for, or reads as a digit.

    Raises:
        UserError: a string without an end, or a character beyond ASCII outside of strings and
            comments; says in which line of the text called `name`,
            whose first one is `first_line`.
    """
    for match in _STRING_OR_COMMENT.finditer(text):
        found = match.group()
        if len(found) > 1:
            continue
        line = first_line + text.count("\n", 0, match.start())
        if found == '"':
            raise UserError(
                f"{name}:{line}: a string does not end in its line, or has an unknown escape in "
                'it; expected a closing "'
            )
        raise UserError(f"{name}:{line}: {found!a} stands outside a string; expected ASCII")
