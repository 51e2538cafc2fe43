"""`linalg` operations on values with errors, a whole iteration space at a time.

Vector code adds a sum in f64 and rounds it once (`npu.codegen.reduction`), so its terms' errors and
one rounding are nearly all there is. A matrix product is added in f32: an array adds the terms of a
piece one by one, and the pieces one by one, so no term goes through more roundings than a piece has
terms plus the number of pieces. By Higham's bound the error is gamma(n) * sum |term| for n of them
one behind the other, gamma(n) = n u / (1 - n u), in whatever order they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import reduce
from math import prod
from typing import cast

import numpy as np
from xdsl.dialects import arith, tensor
from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import Operation, SSAValue

from npu.passes.group.contraction import contraction_of
from npu.passes.group.iteration_space import loop_extents, reduction_loops
from npu.runtime.reference.frame import Frame
from npu.runtime.reference.memory import constant_of, put_inside
from npu.runtime.reference.structured import COMBINERS, slabs, walked, window_of
from npu.runtime.reference.types import shape_of
from npu.runtime.rounding.arithmetic import add
from npu.runtime.rounding.pairs import LEAST, OVERFLOW, PAIR, UNIT, Doubles, Pairs, exact, pairs
from npu.runtime.rounding.scalars import MAXIMA

Depth = Callable[[linalg.GenericOp], int]
"""The most additions that a term of a contraction goes through; 0 if errors are not asked for."""

DOUBLE_UNIT = 2.0**-53
"""The largest relative error of one rounding to float64."""


def gamma(count: float) -> float:
    """The relative error of `count` roundings one behind the other."""
    return count * UNIT / (1 - count * UNIT) if count * UNIT < 1 else np.inf


def generic(op: Operation, frame: Frame, depth: Depth) -> None:
    """Executes a `linalg.generic` on tensors."""
    work = cast(linalg.GenericOp, op)
    extents, reduced = loop_extents(work), reduction_loops(work)
    maps = [attribute.data for attribute in work.indexing_maps]
    operands = [
        walked(frame.array(value), map_, extents)
        for value, map_ in zip(work.operands, maps, strict=True)
    ]
    target = frame.array(work.outputs[0]).copy()
    result = walked(target, maps[-1], extents)
    if 0 in extents:
        pass
    elif not reduced:
        result[...] = frame.run_block(work.body.block, *operands)[0]
    elif contraction_of(work) is not None:
        result[...] = add(operands[2], _products(work, operands, depth(work)))
    elif (combiner := _combiner(work)) is not None:
        kind, term = combiner
        folded = _folded(work, frame, operands, kind, term)
        combine = add if kind is arith.AddfOp else MAXIMA[kind]
        result[...] = combine(operands[-1], folded)
    else:
        _one_by_one(work, frame, operands, result)
    frame.set(op, target)


def _products(work: linalg.GenericOp, operands: Sequence[Pairs], depth: int) -> Pairs:
    """The sums of a contraction, with the reduced dimensions kept as 1."""
    a, b = operands[0], operands[1]
    reduced = reduction_loops(work)
    value = _sums(a["value"], b["value"], reduced)
    if depth == 0:
        return exact(value)
    left, right = np.abs(a["value"]), np.abs(b["value"])
    size = _sums(left, right, reduced)
    spread = np.zeros(())
    if a["error"].any() or b["error"].any():
        wide = right + b["error"]
        spread = _sums(a["error"], wide, reduced) + _sums(left, b["error"], reduced)
    count = prod(loop_extents(work)[d] for d in reduced)
    whole = size + spread
    error = spread + gamma(depth + 1) * whole + count * LEAST
    # Partial sums may overflow in one order and not in another.
    error = np.where(np.isfinite(value) & (whole >= OVERFLOW), np.inf, error)
    return pairs(value, error, np.isfinite(spread))


def _sums(a: Doubles, b: Doubles, reduced: Sequence[int]) -> Doubles:
    """Sums of a * b over the dimensions `reduced` of two arrays that broadcast; those become 1."""
    kept = [d for d in range(a.ndim) if d not in reduced]
    batch = [d for d in kept if a.shape[d] != 1 and b.shape[d] != 1]
    m = [d for d in kept if b.shape[d] == 1]
    n = [d for d in kept if d not in (*batch, *m)]
    k = list(reduced)
    left, right = a.transpose(*batch, *m, *k, *n), b.transpose(*batch, *m, *k, *n)
    sizes = [prod(a.shape[d] for d in dims) for dims in (batch, m, k)]
    columns = prod(b.shape[d] for d in n)
    total = np.matmul(left.reshape(sizes), right.reshape(sizes[0], sizes[2], columns))
    order = [*batch, *m, *n, *k]
    shape = [1 if d in k else max(a.shape[d], b.shape[d]) for d in order]
    return total.reshape(shape).transpose(np.argsort(order))


def _combiner(work: linalg.GenericOp) -> tuple[type[Operation], SSAValue] | None:
    """The operation and its term of a body that yields `result op term`; None for another."""
    last = work.body.block.last_op
    assert last is not None
    yielded, accumulator = last.operands[0], work.body.block.args[-1]
    op = yielded.owner
    if not isinstance(op, Operation) or type(op) not in (arith.AddfOp, *MAXIMA):
        return None
    terms = [value for value in op.operands if value is not accumulator]
    alone = len(list(accumulator.uses)) == 1 and len(list(yielded.uses)) == 1
    return (type(op), terms[0]) if len(terms) == 1 and alone else None


def _folded(
    work: linalg.GenericOp,
    frame: Frame,
    operands: Sequence[Pairs],
    kind: type[Operation],
    term: SSAValue,
) -> Pairs:
    """All terms of a reduction in one, not yet rounded, with the reduced dimensions kept as 1."""
    axes, extents = reduction_loops(work), loop_extents(work)
    parts = [_terms(work, frame, operands, term, window) for window in slabs(extents, axes[0])]
    if kind is not arith.AddfOp:
        choose = COMBINERS[kind]
        return reduce(MAXIMA[kind], (_best_of(choose, part, axes) for part in parts))
    sums = [_sum_of(part, axes) for part in parts]
    value, size, spread = (sum(column, np.zeros(())) for column in zip(*sums, strict=True))
    error = spread + prod(extents[d] for d in axes) * DOUBLE_UNIT * (size + spread)
    return pairs(value, error, np.isfinite(spread))


def _terms(
    work: linalg.GenericOp,
    frame: Frame,
    operands: Sequence[Pairs],
    term: SSAValue,
    window: Sequence[tuple[int, int]],
) -> Pairs:
    """The terms in a part of the iteration space, of its full shape."""
    block = work.body.block
    parts = [window_of(operand, window) for operand in operands]
    frame.values.update(zip(block.args, parts, strict=True))
    for op in block.ops:
        if op is not block.last_op and block.args[-1] not in op.operands:
            frame.step(op)
    shape = [high - low for low, high in window]
    return np.broadcast_to(frame.array(term), shape)


def _sum_of(terms: Pairs, axes: tuple[int, ...]) -> tuple[Doubles, Doubles, Doubles]:
    """Sum, sum of magnitudes, sum of errors."""
    value, error = terms["value"], terms["error"]
    return (
        value.sum(axes, keepdims=True),
        np.abs(value).sum(axes, keepdims=True),
        error.sum(axes, keepdims=True),
    )


def _best_of(choose: np.ufunc, terms: Pairs, axes: tuple[int, ...]) -> Pairs:
    """The largest or smallest term, no further off than the worst of all terms."""
    error = terms["error"].max(axes, keepdims=True)
    best = choose.reduce(terms["value"], axis=axes, keepdims=True)
    return pairs(best, error, np.isfinite(error))


def _one_by_one(
    work: linalg.GenericOp, frame: Frame, operands: Sequence[Pairs], result: Pairs
) -> None:
    """A reduction of any other body: as it is written, point by point."""
    axes, extents = reduction_loops(work), loop_extents(work)
    for point in itertools.product(*(range(extents[d]) for d in axes)):
        window = [(0, extent) for extent in extents]
        for d, at in zip(axes, point, strict=True):
            window[d] = (at, at + 1)
        parts = [window_of(operand, window) for operand in operands[:-1]]
        result[...] = frame.run_block(work.body.block, *parts, result)[0]


def fill(op: Operation, frame: Frame) -> None:
    """A tensor full of one value."""
    work = cast(linalg.FillOp, op)
    filled = np.empty(shape_of(work.outputs[0].type), PAIR)
    filled[...] = frame.array(work.inputs[0])
    frame.set(op, filled)


def pad(op: Operation, frame: Frame) -> None:
    """A tensor inside of a constant, which has no error."""
    work = cast(tensor.PadOp, op)
    whole = exact(np.full(shape_of(work.result.type), constant_of(work), np.float32))
    frame.set(op, put_inside(work, whole, frame.array(work.source)))


def empty(op: Operation, frame: Frame) -> None:
    """Memory that was never written: a certain NaN, so that a read shows."""
    frame.set(op, exact(np.full(shape_of(op.results[0].type), np.nan)))
