"""`linalg` operations on values with errors, block by block of the iteration space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from xdsl.dialects import tensor
from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import Operation

from npu.dialects.factor import Factor, factor_of
from npu.dialects.order import is_scan, is_sort
from npu.passes.group.contraction import contraction_of
from npu.passes.group.iteration_space import loop_extents, reduction_loops
from npu.runtime.reference.factor import factored
from npu.runtime.reference.frame import Frame
from npu.runtime.reference.memory import constant_of, put_inside
from npu.runtime.reference.structured import sorted_pairs, walked, window_of
from npu.runtime.reference.types import shape_of
from npu.runtime.rounding.arithmetic import add
from npu.runtime.rounding.blocks import blocks, points
from npu.runtime.rounding.contraction import Depth, DepthOf, products
from npu.runtime.rounding.pairs import PAIR, UNIT, Pairs, exact, pairs
from npu.runtime.rounding.reduction import SUMS, Reduction, reduction_of
from npu.runtime.rounding.scalars import MAXIMA
from npu.runtime.rounding.scan import scan

FACTORED = 2.0**-30
"""What f64's roundings may do in a factorisation, beside a matrix's largest element: those of one
that is nearly singular grow to its condition."""


def generic(op: Operation, frame: Frame, depth: DepthOf) -> None:
    """Executes a `linalg.generic` on tensors."""
    work = cast(linalg.GenericOp, op)
    extents = loop_extents(work)
    arrays = [frame.array(value) for value in work.operands]
    arrays[-1] = arrays[-1].copy()
    operands = [
        walked(array, attribute.data, extents)
        for array, attribute in zip(arrays, work.indexing_maps, strict=True)
    ]
    if 0 in extents:
        pass
    elif is_sort(work):
        _sort(operands)
    elif (factor := factor_of(work)) is not None:
        _factor(operands, factor)
    elif is_scan(work):
        scan(work, frame, operands)
    elif not reduction_loops(work):
        _elementwise(work, frame, operands)
    elif contraction_of(work) is not None:
        _contraction(work, arrays, operands[-1], depth(work).roundings)
    elif (found := reduction_of(work)) is not None:
        _reduction(work, frame, operands, found, depth(work))
    else:
        _one_by_one(work, frame, operands)
    frame.set(op, arrays[-1])


def _elementwise(work: linalg.GenericOp, frame: Frame, operands: Sequence[Pairs]) -> None:
    extents = loop_extents(work)
    for window in blocks(extents, range(len(extents))):
        parts = [window_of(operand, window) for operand in operands]
        parts[-1][...] = frame.run_block(work.body.block, *parts)[0]


def _contraction(
    work: linalg.GenericOp, arrays: Sequence[Pairs], result: Pairs, depth: float
) -> None:
    sums = products(work, arrays[:2], depth)
    reduced = reduction_loops(work)
    kept = [1 if d in reduced else extent for d, extent in enumerate(loop_extents(work))]
    for window in blocks(kept, range(len(kept))):
        part = window_of(result, window)
        part[...] = add(part, sums.part(window))


def _sort(operands: Sequence[Pairs]) -> None:
    """Rows of pairs in order; anything in a row of which a part errs."""
    source, target = operands
    errs = (source["error"] > 0).any((-2, -1), keepdims=True)
    value = sorted_pairs(np.nan_to_num(source["value"]).astype(np.int64)).astype(np.float64)
    target[...] = pairs(value, np.where(errs, np.inf, 0.0), np.broadcast_to(~errs, value.shape))


def _factor(operands: Sequence[Pairs], factor: Factor) -> None:
    """Matrices by the code's own steps in f64; anything in one of which an element errs.

    A first part is the rounded element, so that with the second part, which is what rounding took,
    nothing is missing to the next factorisation.
    """
    source, target = operands
    error = source["error"]
    is_rounded = (error[..., 0] > 0) & (source["value"][..., 1] == 0)
    errs = (is_rounded | np.isinf(error).any(-1)).any(-1)[..., None, None]
    value = factored(source["value"].astype(np.float32), factor).astype(np.float64)
    with np.errstate(invalid="ignore"):
        value[..., 0] += value[..., 1]
        size = np.abs(value)
        room = FACTORED * np.nan_to_num(size[..., 0], posinf=0.0).max(-1, keepdims=True)
    error = np.stack([UNIT * size[..., 0] + room, room + 0.0 * size[..., 1]], -1)
    error = np.where(np.isfinite(value), error, 0.0)
    target[...] = pairs(value, np.where(errs, np.inf, error), np.broadcast_to(~errs, value.shape))


def _reduction(
    work: linalg.GenericOp, frame: Frame, operands: Sequence[Pairs], found: Reduction, depth: Depth
) -> None:
    combine = SUMS[found.kind] if found.kind in SUMS else MAXIMA[found.kind]
    extents, reduced = loop_extents(work), reduction_loops(work)
    parallel = [d for d in range(len(extents)) if d not in reduced]
    for window in blocks(extents, parallel):
        part = window_of(operands[-1], window)
        part[...] = combine(part, found.folded(frame, operands, window, depth))


def _one_by_one(work: linalg.GenericOp, frame: Frame, operands: Sequence[Pairs]) -> None:
    """A reduction of any other body: as it is written, point by point."""
    whole = tuple((0, extent) for extent in loop_extents(work))
    for window in points(whole, reduction_loops(work)):
        parts = [window_of(operand, window) for operand in operands]
        parts[-1][...] = frame.run_block(work.body.block, *parts)[0]


def fill(op: Operation, frame: Frame) -> None:
    """A tensor full of one value."""
    work = cast(linalg.FillOp, op)
    filled = np.empty(shape_of(work.outputs[0].type), PAIR)
    filled[...] = frame.array(work.inputs[0])
    frame.set(op, filled)


def pad(op: Operation, frame: Frame) -> None:
    """A tensor inside of a constant, which has no error."""
    work = cast(tensor.PadOp, op)
    whole = exact(np.full(shape_of(work.result.type), constant_of(work), np.float64))
    frame.set(op, put_inside(work, whole, frame.array(work.source)))


def empty(op: Operation, frame: Frame) -> None:
    """Memory that was never written: a certain NaN, so that a read shows."""
    frame.set(op, exact(np.full(shape_of(op.results[0].type), np.nan)))
