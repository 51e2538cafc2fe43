"""Floats written as bit patterns: ``0xFF800000`` is minus infinity as f32.

MLIR writes what has no short decimal so: infinities, NaN with its sign and payload, and whole
numbers of many digits.
"""

from __future__ import annotations

from typing import Any

NO_SIGN = "A bit pattern has no sign in front: set its first bit"


def is_pattern(text: str) -> bool:
    """Whether ``text`` is a number in hexadecimal, with or without a sign."""
    return "0x" in text


def from_bits(text: str, type_: Any) -> float:
    """The value whose bits as a float of ``type_`` are ``text`` (``0x`` and hexadecimal digits).

    Raises:
        ValueError: it has a sign, or more bits than the type.
    """
    if text.startswith("-"):
        raise ValueError(NO_SIGN)
    size = type_.compile_time_size
    bits = int(text, 16)
    if bits.bit_length() > type_.bitwidth:
        raise ValueError(f"{text} has more bits than {type_}, which has {type_.bitwidth}")
    (value,) = type_.unpack(bits.to_bytes(size, "little"), 1)
    return float(value)
