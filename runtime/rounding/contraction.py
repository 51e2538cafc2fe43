"""Matrix products and convolutions on values with errors: sums by the BLAS, in float64.

A matrix product is added in f32: an array adds the terms of a piece one by one, and the pieces one
by one, so no term goes through more roundings than a piece has terms plus the number of pieces. By
Higham's bound the error is gamma(n) * sum |term| for n of them one behind the other, gamma(n) =
n u / (1 - n u), in whatever order they are.

The windows of a convolution overlap in memory, matrices do not: as many taps at a time are copied
side by side as `COPIED` allows, the others are added one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from xdsl.dialects.linalg import ops as linalg

from npu.passes.group.access import accesses_of
from npu.passes.group.iteration_space import loop_extents, reduction_loops
from npu.runtime.reference.structured import walked, window_of
from npu.runtime.rounding.blocks import Window, points
from npu.runtime.rounding.pairs import LEAST, OVERFLOW, UNIT, Doubles, Pairs, exact, pairs


@dataclass(frozen=True)
class Depth:
    """How many roundings to f32 a term of a sum goes through ahead of the last."""

    roundings: float
    """0 if errors are not asked for."""
    is_of_squares: bool = False
    """Whether they are of numbers as large as the root mean square of the terms, times their
    count, instead of terms and what they add up to."""


DepthOf = Callable[[linalg.GenericOp], Depth]
"""The depth of a sum."""

COPIED = 1 << 21
"""Elements of windows that lie side by side at a time: 16 MB."""


def gamma(count: float) -> float:
    """The relative error of `count` roundings one behind the other."""
    return count * UNIT / (1 - count * UNIT) if count * UNIT < 1 else np.inf


@dataclass(frozen=True)
class Products:
    """The sums of a contraction, with the reduced dimensions kept as 1."""

    value: Doubles
    size: Doubles | None
    """The sums of magnitudes; None if errors are not asked for."""
    spread: Doubles
    """What the errors of the operands make of the sums."""
    depth: float
    count: int
    """Terms of a sum."""

    def part(self, window: Window) -> Pairs:
        """The sums in a part of the iteration space, with all that may be wrong with them."""
        value = window_of(self.value, window)
        if self.size is None:
            return exact(value)
        spread = window_of(self.spread, window)
        whole = window_of(self.size, window) + spread
        error = spread + gamma(self.depth + 1) * whole + self.count * LEAST
        # Partial sums may overflow in one order and not in another.
        error = np.where(np.isfinite(value) & (whole >= OVERFLOW), np.inf, error)
        return pairs(value, error, np.isfinite(spread))


def products(work: linalg.GenericOp, operands: Sequence[Pairs], depth: float) -> Products:
    """The sums of a contraction of two tensors."""
    a, b = (np.ascontiguousarray(operand["value"]) for operand in operands)
    count = prod(loop_extents(work)[d] for d in reduction_loops(work))
    value, nothing = _sums(work, a, b), np.zeros((1,) * len(loop_extents(work)))
    if depth == 0:
        return Products(value, None, nothing, depth, count)
    a, b = np.abs(a), np.abs(b)
    size, spread = _sums(work, a, b), nothing
    errors = [np.ascontiguousarray(operand["error"]) for operand in operands]
    if any(error.any() for error in errors):
        spread = _sums(work, errors[0], b + errors[1]) + _sums(work, a, errors[1])
    return Products(value, size, spread, depth, count)


def _sums(work: linalg.GenericOp, a: Doubles, b: Doubles) -> Doubles:
    """Sums of a * b over the reduced dimensions, which become 1."""
    extents = loop_extents(work)
    maps = [attribute.data for attribute in work.indexing_maps]
    left, right = walked(a, maps[0], extents), walked(b, maps[1], extents)
    parts = [
        _matrix_product(window_of(left, window), window_of(right, window), reduction_loops(work))
        for window in _taps(work, max(left.size, right.size))
    ]
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total


def _taps(work: linalg.GenericOp, copied: int) -> Iterator[Window]:
    """Windows of the iteration space that cover all taps, few enough at a time to be copied."""
    extents = loop_extents(work)
    apart: list[int] = []
    for loop in _tap_loops(work):
        if copied > COPIED:
            apart.append(loop)
            copied //= extents[loop]
    return points(tuple((0, extent) for extent in extents), apart)


def _tap_loops(work: linalg.GenericOp) -> list[int]:
    """The reduced loops by which windows move over a dimension that other loops walk, too."""
    reduced = reduction_loops(work)
    shared = {
        loop
        for operand in range(2)
        for access in accesses_of(work, operand)
        for loop, _ in access.terms
        if access.loop is None
    }
    return [loop for loop in reduced if loop in shared]


def _matrix_product(a: Doubles, b: Doubles, reduced: Sequence[int]) -> Doubles:
    """Sums of a * b over the dimensions `reduced` of two arrays that broadcast; those become 1.

    The last dimension of the result is that of the matrix product, so that it lies in order.
    """
    kept = [d for d in range(a.ndim) if d not in reduced]
    if kept and b.shape[kept[-1]] == 1:
        a, b = b, a
    batch = [d for d in kept if a.shape[d] != 1 and b.shape[d] != 1]
    n = [d for d in kept if a.shape[d] == 1]
    m = [d for d in kept if d not in (*batch, *n)]
    rows, columns = a.transpose(*batch, *m, *reduced, *n), b.transpose(*batch, *reduced, *n, *m)
    count, height, depth = (prod(a.shape[d] for d in dims) for dims in (batch, m, reduced))
    total = np.matmul(
        rows.reshape(count, height, depth),
        columns.reshape(count, depth, prod(b.shape[d] for d in n)),
    )
    order = [*batch, *m, *n, *reduced]
    shape = [1 if d in reduced else max(a.shape[d], b.shape[d]) for d in order]
    return total.reshape(shape).transpose(np.argsort(order))
