"""Loops of extent 1 of windows disappear: a 1x1 convolution is a matrix product.

Before:
    generic (d0, d1, d2, d3, d4, d5, d6)
      ins(%x (d0, d4, d2 * 2 + d5, d3 * 2 + d6), %w (d1, d4, d5, d6) : .., 64x16x1x1)
After:
    generic (d0, d1, d2, d3, d4) ins(%x (d0, d4, d2 * 2, d3 * 2), %w' (d1, d4) : .., 64x16)

The loops over results stay, also those of extent 1 (a batch of one), but for a dimension that has
one value, one window and one result, as convolutions along one dimension come from upstream.
"""

from __future__ import annotations

from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir.affine import AffineConstantExpr, AffineDimExpr

from npu.frontend.stage0.generics import is_parallel, loop_extents, map_results
from npu.frontend.stage0.sums import Sum, sum_of
from npu.passes.group.iteration_space import shape_of


def unit_windows(op: GenericOp) -> set[int]:
    """The loops to drop of an operation that reads windows; a reduction keeps one loop."""
    extents, parallel = loop_extents(op), is_parallel(op)
    sums = _sums(op)
    reduced = [loop for loop, is_result in enumerate(parallel) if not is_result]
    units = [
        loop
        for loop in reduced
        if extents[loop] == 1 and any(loop in each.steps for each, _ in sums)
    ]
    if units and len(units) == len(reduced):
        units.pop()
    dropped = set(units)
    for each, extent in sums:
        if extent == 1 and not each.constant and all(extents[n] == 1 for n in each.steps):
            kept = {loop for loop in each.steps if not parallel[loop]} - dropped
            dropped |= set() if kept else set(each.steps)
    return dropped


def _sums(op: GenericOp) -> list[tuple[Sum, int]]:
    """What the inputs are read at, with the extent of the dimension, plain loops left out."""
    found: list[tuple[Sum, int]] = []
    for value, results in zip(op.inputs, map_results(op), strict=False):
        for expr, extent in zip(results, shape_of(value), strict=True):
            each = sum_of(expr)
            if each is not None and not isinstance(expr, AffineDimExpr | AffineConstantExpr):
                found.append((each, extent))
    return found
