"""Iteration spaces in pieces that stay in the processor's cache.

A rule of rounding makes a dozen arrays on its way. On whole tensors each of them comes from the
main memory, page by page; in blocks they are used again while they are near, and few bytes are
taken beside the tensors.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from math import prod

BLOCK_POINTS = 1 << 15
"""Points of the iteration space evaluated at once: 512 KB of values with their errors."""

Window = tuple[tuple[int, int], ...]
"""The first point and the one behind the last, of each loop."""


def blocks(extents: Sequence[int], order: Sequence[int]) -> Iterator[Window]:
    """Windows that cover a space, each of up to `BLOCK_POINTS` where the loops of `order` allow it.

    Those are cut, the first of them most. Other loops stay whole.
    """
    sizes = list(extents)
    for loop in order:
        total = prod(sizes)
        if total <= BLOCK_POINTS:
            break
        sizes[loop] = max(1, sizes[loop] * BLOCK_POINTS // total)
    ranges = [
        [(low, min(low + size, extent)) for low in range(0, extent, max(size, 1))]
        for size, extent in zip(sizes, extents, strict=True)
    ]
    yield from itertools.product(*ranges)


def points(window: Window, loops: Sequence[int]) -> Iterator[Window]:
    """The windows of `window` that hold one point of each of `loops`, in order."""
    for point in itertools.product(*(range(*window[loop]) for loop in loops)):
        at = dict(zip(loops, point, strict=True))
        yield tuple(
            (at[loop], at[loop] + 1) if loop in at else part for loop, part in enumerate(window)
        )
