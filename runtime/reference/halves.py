"""Floats of two bytes: as they lie in memory, and as the f32 that computes with them.

numpy has no bf16: in memory it is its 16 bits, of `np.uint16`, which no other element is. An f16 is
`np.float16` there. Everywhere else, both are the f32 of the same value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import bf16, f16
from xdsl.ir import Attribute

Array = NDArray[Any]

IN_MEMORY: dict[Attribute, np.dtype[Any]] = {bf16: np.dtype(np.uint16), f16: np.dtype(np.float16)}
"""What an element of each type is in memory."""

NAN = 0x7FC0
"""The NaN of bf16 that operations give."""

_LOW, _HALF = 16, 0x7FFF
"""Bits of an f32 that a bf16 does not have; what rounds them to the nearest, less a tie's part."""


def numbers(memory: Array) -> Array:
    """The values of an array as it lies in memory: halves as f32, other elements as they are."""
    if memory.dtype == IN_MEMORY[bf16]:
        return (memory.astype(np.uint32) << _LOW).view(np.float32)
    return memory.astype(np.float32) if memory.dtype == IN_MEMORY[f16] else memory


def packed(values: Array, dtype: np.dtype[Any]) -> Array:
    """f32 `values` as they lie in memory of `dtype`, rounded to nearest, ties to even."""
    if dtype != IN_MEMORY[bf16]:
        with np.errstate(over="ignore"):
            return np.asarray(values).astype(dtype, copy=False)
    bits = np.asarray(values, np.float32).view(np.uint32)
    odd = (bits >> _LOW) & 1
    halves = ((bits + (odd + np.uint32(_HALF))) >> _LOW).astype(np.uint16)
    return np.where(np.isnan(values), np.uint16(NAN), halves)


def rounded(values: Array, element: Attribute) -> Array:
    """f32 `values` rounded to what `element`, bf16 or f16, can hold; in f32."""
    return numbers(packed(values, IN_MEMORY[element]))
