"""Names of parameters and inputs, in whatever script, as names of values in MLIR."""

from __future__ import annotations

import re
import unicodedata

_PLAIN = re.compile(r"[A-Za-z0-9_]")


def value_name(name: str) -> str:
    """``name`` in letters, digits and ``_`` of ASCII, readable where it can be.

    ``größe`` becomes ``grosse``, ``décodeur`` ``decodeur``, and a character without a likeness its
    number: ``層`` is ``u5c64``. A number at the end would be taken for a counter: a ``_`` follows.
    """
    plain = "".join(_ascii(character) for character in unicodedata.normalize("NFKC", name))
    if not plain[:1].isalpha():
        plain = f"p{plain}" if plain[:1].isdigit() else plain or "_"
    return f"{plain}_" if re.search(r"_\d+$", plain) else plain


def _ascii(character: str) -> str:
    """What stands for one character."""
    if character.isascii():
        return character if _PLAIN.match(character) else "_"
    if not character.isprintable() or character.isspace():
        return "_"
    letters = unicodedata.normalize("NFKD", character)
    bare = "".join(each for each in letters if not unicodedata.combining(each))
    for likeness in (bare, bare.casefold()):
        if likeness.isascii() and likeness.isalnum():
            return likeness
    return f"u{ord(character):x}"
