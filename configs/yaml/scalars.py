"""What a plain (unquoted) word of YAML means: never anything but what everybody reads in it.

YAML 1.1 and 1.2, and their readers, disagree on some words: `010` is 8 to one and 10 to another,
`13:20` is 800 (base 60), `on` is true. Such a word becomes an `Odd`, which no key takes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_DIGITS = 300
"""Digits of a number; more were meant for nothing."""


@dataclass(frozen=True)
class Odd:
    """A word that is refused wherever a value is due."""

    text: str
    """As the file has it."""

    what: str = ""
    """What is the matter with it, to follow `is 010`."""

    meant: tuple[bool | int | float, ...] = ()
    """What it may have been meant to be, the likeliest first."""

    mend: str = ""
    """What to write instead, where that is no other word."""

    def __str__(self) -> str:
        return self.text

    def advice(self, wanted: type) -> str:
        """What to write where a value of `wanted` (bool, int, float or str) is due."""
        if self.mend:
            return self.mend
        if wanted is str:
            return "put it in quotes"
        fitting = [plain_number(one) for one in self.meant if fits(one, wanted)]
        return (
            "write " + ", or ".join(fitting) + " if that was meant" * (len(fitting) > 1)
            if fitting
            else ""
        )


def fits(value: object, wanted: type) -> bool:
    """Whether `value` is right where one of `wanted` (bool, int or float) is due."""
    if wanted is bool or isinstance(value, bool):
        return wanted is bool and isinstance(value, bool)
    return isinstance(value, int) or (wanted is float and isinstance(value, float))


_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?")
_SPECIAL = re.compile(r"([-+]?\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_SWITCHES = {"yes": True, "on": True, "no": False, "off": False}

_OCTAL = re.compile(r"([-+]?)0+([0-7_]*[0-7])")
_YAML_1_2_OCTAL = re.compile(r"0o([0-7]+)")
_HEXADECIMAL = re.compile(r"([-+]?)0x([0-9a-fA-F_]*[0-9a-fA-F])")
_BINARY = re.compile(r"([-+]?)0b([01_]*[01])")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_LOOSE = re.compile(r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?")


def plain_value(text: str) -> object:
    """The value of a plain word: str, int, float, bool, None, or `Odd`."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= MAX_DIGITS else Odd(text, "which has too many digits")
    if _FLOAT.fullmatch(text):
        return _float(text)
    special = _SPECIAL.fullmatch(text)
    if special is not None:
        return float(text.replace(".", ""))
    return _odd(text) or text


def _float(text: str) -> object:
    value = float(text)
    return value if abs(value) != float("inf") else Odd(text, "which is beyond every float")


def _odd(text: str) -> Odd | None:
    """The word as `Odd`, if readers of YAML disagree on it."""
    if text.lower() in _SWITCHES:
        meant = _SWITCHES[text.lower()]
        return Odd(text, f"which YAML 1.1 reads as {plain_number(meant)}", (meant,))
    if not text[:1].isascii() or text[:1] not in "+-.0123456789" or len(text) > MAX_DIGITS:
        return None
    return _other_base(text) or _sixties(text) or _loose(text)


def _other_base(text: str) -> Odd | None:
    for pattern, base, name in (
        (_OCTAL, 8, "octal"),
        (_YAML_1_2_OCTAL, 8, "octal"),
        (_HEXADECIMAL, 16, "hexadecimal"),
        (_BINARY, 2, "binary"),
    ):
        match = pattern.fullmatch(text)
        if match is None:
            continue
        sign = -1 if text.startswith("-") else 1
        digits = match.groups()[-1].replace("_", "")
        value = sign * int(digits, base)
        if pattern is not _OCTAL:
            return Odd(text, f"which is {name} for {value}", (value,))
        what = f"which YAML 1.1 reads as {value} (octal)"
        return Odd(text, what, tuple(dict.fromkeys((sign * int(digits), value))))
    return None


def _sixties(text: str) -> Odd | None:
    if not _BASE_60.fullmatch(text):
        return None
    value = 0.0
    for part in text.lstrip("+-").replace("_", "").split(":"):
        value = 60 * value + float(part)
    meant = _whole(-value if text.startswith("-") else value)
    return Odd(text, f"which YAML 1.1 reads as {plain_number(meant)} (base 60)", (meant,))


def _loose(text: str) -> Odd | None:
    """`1_000`, `.5`, `5.`, `1e3`, `08`: numbers to some readers, and texts to others."""
    if not _LOOSE.fullmatch(text):
        return None
    value = float(text.replace("_", ""))
    if abs(value) == float("inf"):
        return Odd(text, "which is beyond every float")
    return Odd(text, "which is not written as plain numbers are", (_whole(value),))


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def plain_number(value: bool | float) -> str:
    """A value as everybody reads it: `true`, `1000`, `0.5`, `1.0e+30`."""
    text = repr(value).lower()
    if isinstance(value, int):
        return text
    head, exponent, tail = text.partition("e")
    return f"{head if '.' in head else head + '.0'}{exponent}{tail}"
