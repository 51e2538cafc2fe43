"""Sums of timings such as `nCL + nBL + 2 - nCWL`, as the preset files write them."""

from __future__ import annotations

from collections.abc import Mapping


def value_of(text: str, timing: Mapping[str, int]) -> int:
    """The sum's value; a term is a whole number or a name of `timing`."""
    total, sign = 0, 1
    for word in text.split():
        if word in ("+", "-"):
            sign = 1 if word == "+" else -1
            continue
        total += sign * (int(word) if word.isdigit() else timing[word])
    return total
