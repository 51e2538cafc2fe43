"""What changes nothing where values are combined, of every kind of combining that is in order."""

from __future__ import annotations

import math


def neutral(kind: str, integer_bits: int | None) -> float:
    """The neutral element of `kind` (add, mul, max, min).

    Of floats without ``integer_bits``, of conditions with 1, else of signed integers.
    """
    if kind in ("add", "mul"):
        return int(kind == "mul")
    if integer_bits is None:
        return math.inf if kind == "min" else -math.inf
    if integer_bits == 1:
        return int(kind == "min")
    end = 1 << (integer_bits - 1)
    return end - 1 if kind == "min" else -end
