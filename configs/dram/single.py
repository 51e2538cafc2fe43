"""Single precision, where Ramulator computes in it and a figure hangs on the last bit."""

from __future__ import annotations

import struct


def single(value: float) -> float:
    """The number of single precision nearest to `value`."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def product(left: float, right: float) -> float:
    """`left` times `right`, all three in single precision: the exact product fits a double."""
    return single(single(left) * single(right))
