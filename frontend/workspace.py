"""What a reference surely takes in memory beside the program's arguments, by stage 0's text."""

from __future__ import annotations

import re
from math import prod

_TENSOR = re.compile(r"tensor<((?:\d+x)*)b?f(?:32|16)>")
_MAIN = re.compile(r"func\.func @main\((.*?)\) -> (.*)")

_SINGLE, _DOUBLE = 4, 8


def of_numpy(text: str) -> int:
    """NumPy gives outputs in float64."""
    return _DOUBLE * _signature(text)[1]


def of_eager(text: str) -> int:
    """Eager PyTorch gives outputs in float32 and, on copies of all arguments, in float64.

    It makes every result whole, so that the largest tensor of stage 0 is there in float64.
    """
    arguments, outputs = _signature(text)
    largest = max(map(_count, _TENSOR.findall(text)), default=0)
    return _SINGLE * outputs + _DOUBLE * (arguments + max(outputs, largest))


def of_upstream(text: str) -> int:
    """Upstream runs in another process, which has arguments and outputs of its own."""
    arguments, outputs = _signature(text)
    return _SINGLE * (arguments + 2 * outputs)


def _signature(text: str) -> tuple[int, int]:
    """Elements of all arguments and of all outputs."""
    found = _MAIN.search(text)
    if found is None:
        return 0, 0
    return _total(found[1]), _total(found[2])


def _total(types: str) -> int:
    return sum(map(_count, _TENSOR.findall(types)))


def _count(extents: str) -> int:
    """Elements of a tensor whose extents are written like `3x4x`."""
    return prod(int(extent) for extent in extents.split("x")[:-1])
