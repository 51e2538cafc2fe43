"""Long lists of numbers in ``dense<[[1.0, 0x7F800000], ...]>``, read in one sweep.

xDSL makes a token and an object of every number, 35 seconds for a million. Here a regular
expression says whether a text is a plain list, and the numbers are split and converted together;
what is short or not plain stays with xDSL, whose messages show the place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from xdsl.dialects.builtin import AnyFloat

from npu.dialects.bit_patterns import from_bits

SHORT = 2000
"""Characters up to which a list is left to xDSL."""

_NUMBER = r"(?:0x[0-9a-fA-F]+|-?[0-9]+(?:\.[0-9]*(?:[eE][-+]?[0-9]+)?)?)"
_PLAIN = re.compile(rf"[\[\s]*{_NUMBER}(?:[\[\],\s]+{_NUMBER})*+[\]\s]*")
_NOT_STRUCTURE = re.compile(r"[^\[\],]+")
_BRACKETS = str.maketrans("[]", "  ")


def plain_list(text: str, start: int) -> str | None:
    """The list that begins at ``start`` of ``text``, if it is long and holds numbers only."""
    end = text.find(">", start)
    if end - start <= SHORT or not _PLAIN.fullmatch(text, start, end):
        return None
    return text[start:end]


def shape_text(shape: Sequence[int]) -> str:
    """Brackets and commas of a list of ``shape``."""
    inner = "" if len(shape) == 1 else shape_text(shape[1:])
    return f"[{','.join([inner] * shape[0])}]"


def has_shape(text: str, shape: Sequence[int]) -> bool:
    """Whether the brackets and commas of a plain list are those of ``shape``."""
    return bool(shape) and _NOT_STRUCTURE.sub("", text) == shape_text(shape)


def values(text: str, type_: Any) -> list[Any]:
    """The numbers of a plain list as values of the element type.

    Raises:
        ValueError: a number is none of the type's.
    """
    parts = text.translate(_BRACKETS).split(",")
    convert = _float if isinstance(type_, AnyFloat) else _integer
    return [convert(part.strip(), type_) for part in parts]


def _float(text: str, type_: Any) -> float:
    return from_bits(text, type_) if "x" in text else float(text)


def _integer(text: str, type_: Any) -> int:
    value = int(text, 16 if "x" in text else 10)
    type_.verify_value(value)
    return value
