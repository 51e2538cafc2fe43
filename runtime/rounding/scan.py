"""Scans on values with errors: step by step, or in closed form where that is tighter.

Sums and products are carried in f64, and each step is rounded to f32 once. With terms x and errors
e, a product is off by less than prod(abs(x) + e) - prod(abs(x)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import i1, i32
from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import Operation, SSAValue

from npu.passes.group.iteration_space import loop_extents, reduction_loops
from npu.runtime.reference.frame import Frame
from npu.runtime.reference.structured import COMBINERS, window_of
from npu.runtime.rounding.blocks import points
from npu.runtime.rounding.integers import whole, wrapped
from npu.runtime.rounding.pairs import LEAST, UNIT, Pairs, pairs
from npu.runtime.rounding.reduction import DOUBLE_UNIT, apart
from npu.runtime.rounding.scalars import MAXIMA


def scan(work: linalg.GenericOp, frame: Frame, operands: Sequence[Pairs]) -> None:
    """Fills the last of `operands`, walked by all loops, from what its first step holds."""
    (axis,) = reduction_loops(work)
    extents = loop_extents(work)
    everything = tuple((0, extent) for extent in extents)
    first = tuple((0, 1) if d == axis else part for d, part in enumerate(everything))
    start, target = window_of(operands[-1], first).copy(), operands[-1]
    rule = _rule_of(work)
    if rule is None:
        for window in points(everything, (axis,)):
            parts = [window_of(operand, window) for operand in operands[:-1]]
            start = frame.run_block(work.body.block, *parts, start)[0]
            window_of(target, window)[...] = start
        return
    combine, term = rule
    block = work.body.block
    frame.values.update(zip(block.args, operands, strict=True))
    for op in block.ops:
        if op is not block.last_op and block.args[-1] not in op.operands:
            frame.step(op)
    terms = np.broadcast_to(frame.array(term), extents)
    target[...] = np.delete(combine(np.concatenate([start, terms], axis), axis), 0, axis)


_Accumulate = Callable[[Pairs, int], Pairs]


def _rule_of(work: linalg.GenericOp) -> tuple[_Accumulate, SSAValue] | None:
    """What a scan accumulates by, and of which terms; None for a body of another form."""
    block = work.body.block
    assert block.last_op is not None
    yielded, total = block.last_op.operands[0], block.args[-1]
    op = yielded.owner
    if not isinstance(op, Operation) or yielded.type == i1 or not total.has_one_use():
        return None
    terms = [value for value in op.operands if value is not total]
    if len(terms) != 1:
        return None
    if type(op) in MAXIMA:
        return lambda terms, axis: _best(type(op), terms, axis), terms[0]
    return (_RULES[type(op)], terms[0]) if type(op) in _RULES else None


def _sum(terms: Pairs, axis: int) -> Pairs:
    value = np.cumsum(terms["value"], axis)
    spread = np.cumsum(terms["error"], axis)
    size = np.cumsum(np.abs(terms["value"]), axis) + spread
    error = spread + terms.shape[axis] * DOUBLE_UNIT * size
    return _rounded(value, error, np.isfinite(spread))


def _product(terms: Pairs, axis: int) -> Pairs:
    size = np.abs(terms["value"])
    value = np.cumprod(terms["value"], axis)
    most, least = np.cumprod(size + terms["error"], axis), np.cumprod(size, axis)
    room = most * terms.shape[axis] * 2 * DOUBLE_UNIT
    spread = np.cumsum(terms["error"], axis)
    error = np.where(spread == 0, room, apart(most, least) + room)
    may_vanish = np.logical_or.accumulate((size <= terms["error"]) & (terms["error"] > 0), axis)
    return _rounded(value, error, np.isfinite(spread) & ~may_vanish)


def _rounded(value: np.ndarray, error: np.ndarray, certain: np.ndarray) -> Pairs:
    """A value of f64 with its error, rounded to f32 once."""
    return pairs(value, error + UNIT * (np.abs(value) + error) + LEAST, certain)


def _integer_sum(terms: Pairs, axis: int) -> Pairs:
    return wrapped(np.cumsum(whole(terms), axis), np.floor(np.cumsum(terms["error"], axis)), i32)


def _best(kind: type[Operation], terms: Pairs, axis: int) -> Pairs:
    """The extreme so far: between those of the lowest and of the highest ends."""
    value, error = terms["value"], terms["error"]
    doubtful = np.logical_or.accumulate(np.isinf(error), axis)
    lowest, best, highest = (
        COMBINERS[kind].accumulate(one, axis) for one in (value - error, value, value + error)
    )
    error = np.maximum(apart(best, lowest), apart(highest, best))
    error = np.where(doubtful, np.inf, np.where(np.isnan(best), 0.0, error))
    return pairs(best, error, np.isfinite(error))


_RULES: dict[type[Operation], _Accumulate] = {
    arith.AddfOp: _sum,
    arith.MulfOp: _product,
    arith.AddiOp: _integer_sum,
}
"""How the terms of each operation accumulate along an axis."""
