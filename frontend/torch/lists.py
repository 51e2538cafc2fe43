"""Lists of sizes, one a dimension, as PyTorch's operators give and take them."""

from __future__ import annotations

from collections.abc import Sequence


def each(values: Sequence[int], rank: int) -> list[int]:
    """One value a dimension: a single one stands for all."""
    return list(values) * rank if len(values) == 1 else list(values)


def pairs(low: Sequence[int], high: Sequence[int]) -> list[int]:
    """What ``constant_pad_nd`` takes: (low, high) of each dimension, the last one first."""
    listed = reversed(list(zip(low, high, strict=True)))
    return [value for pair in listed for value in pair]
