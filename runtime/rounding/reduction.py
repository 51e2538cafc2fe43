"""Sums and extrema over some loops, on values with errors.

Vector code adds a sum in f64 and rounds it once (`npu.codegen.reduction`), so its terms' errors and
one rounding are nearly all there is. Where rows are cut, that is so for each tile, and the sums of
tiles are added one by one: each is one rounding more, or a few (`npu.runtime.rounding.depths`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import i1
from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import Operation, SSAValue

from npu.passes.group.access import reads_windows
from npu.passes.group.iteration_space import loop_extents, reduction_loops
from npu.runtime.reference.frame import Frame
from npu.runtime.reference.structured import COMBINERS, window_of
from npu.runtime.rounding.arithmetic import Rule, add
from npu.runtime.rounding.blocks import Window, blocks, points
from npu.runtime.rounding.contraction import Depth, gamma
from npu.runtime.rounding.integers import add_integers
from npu.runtime.rounding.pairs import Doubles, Pairs, pairs
from npu.runtime.rounding.scalars import MAXIMA

DOUBLE_UNIT = 2.0**-53
"""The largest relative error of one rounding to float64."""


SUMS: dict[type[Operation], Rule] = {arith.AddfOp: add, arith.AddiOp: add_integers}
"""The sums, and how one is added to what is there."""


@dataclass(frozen=True)
class Reduction:
    """A generic whose body yields `result op term`."""

    work: linalg.GenericOp
    kind: type[Operation]
    """The operation: a sum, or one of `MAXIMA`."""
    term: SSAValue

    def folded(
        self, frame: Frame, operands: Sequence[Pairs], window: Window, depth: Depth
    ) -> Pairs:
        """All terms of a part of the space in one, not yet rounded; reduced dimensions become 1.

        `depth` says how many roundings to f32 a term of a sum goes through ahead of the last.
        """
        terms = (self._terms(frame, operands, part) for part in self._parts(window))
        if self.kind not in SUMS:
            return self._best(terms)
        return self._sum(terms, depth if self.kind is arith.AddfOp else Depth(0))

    @property
    def _axes(self) -> tuple[int, ...]:
        return reduction_loops(self.work)

    def _parts(self, window: Window) -> Iterator[Window]:
        """Parts of `window` along the reduced loops.

        The taps of a window are few beside its places: one tap at a time of all places is quicker
        than one place at a time.
        """
        extents = [high - low for low, high in window]
        taps = prod(extents[d] for d in self._axes)
        if reads_windows(self.work) and taps * taps <= prod(extents):
            yield from points(window, self._axes)
            return
        for part in blocks(extents, self._axes):
            yield tuple(
                (first + low, first + high)
                for (first, _), (low, high) in zip(window, part, strict=True)
            )

    def _terms(self, frame: Frame, operands: Sequence[Pairs], window: Window) -> Pairs:
        """The terms in a part of the iteration space, of its full shape."""
        block = self.work.body.block
        parts = [window_of(operand, window) for operand in operands]
        frame.values.update(zip(block.args, parts, strict=True))
        for op in block.ops:
            if op is not block.last_op and block.args[-1] not in op.operands:
                frame.step(op)
        return np.broadcast_to(frame.array(self.term), [high - low for low, high in window])

    def _sum(self, parts: Iterator[Pairs], depth: Depth) -> Pairs:
        """The sum of all terms; its error is of those, and of additions."""
        count = prod(loop_extents(self.work)[d] for d in self._axes)
        value = size = squares = spread = np.zeros(())
        for part in parts:
            value = value + self._added(part["value"])
            size = size + self._added(np.abs(part["value"]))
            spread = spread + self._added(part["error"])
            if depth.is_of_squares:
                squares = squares + self._added(np.square(part["value"]))
        rounded = np.sqrt(count * squares) if depth.is_of_squares else size
        error = spread + count * DOUBLE_UNIT * (size + spread)
        error = error + gamma(depth.roundings) * (rounded + spread)
        return pairs(value, error, np.isfinite(spread))

    def _added(self, terms: Doubles) -> Doubles:
        return terms.sum(self._axes, keepdims=True)

    def _best(self, parts: Iterator[Pairs]) -> Pairs:
        """The largest or smallest term: between that of the lowest and that of the highest ends.

        A term that is far off, as what a mask puts in a place, then does not count.
        """
        choose = COMBINERS[self.kind]
        found: Doubles | None = None
        doubtful = np.zeros((), np.bool_)
        for part in parts:
            value, error = part["value"], part["error"]
            doubtful = doubtful | np.isinf(error).any(self._axes, keepdims=True)
            ends = np.stack([value - error, value, value + error])
            here = choose.reduce(ends, axis=tuple(1 + d for d in self._axes), keepdims=True)
            found = here if found is None else choose(found, here)
        assert found is not None
        lowest, best, highest = found
        error = np.maximum(apart(best, lowest), apart(highest, best))
        error = np.where(doubtful, np.inf, np.where(np.isnan(best), 0.0, error))
        return pairs(best, error, np.isfinite(error))


def apart(a: Doubles, b: Doubles) -> Doubles:
    """a - b; 0 of equal infinities."""
    return np.subtract(a, b, where=a != b, out=np.zeros(a.shape))


def reduction_of(work: linalg.GenericOp) -> Reduction | None:
    """What a body adds up or chooses from; None if it does something else."""
    last = work.body.block.last_op
    assert last is not None
    yielded, accumulator = last.operands[0], work.body.block.args[-1]
    op = yielded.owner
    if not isinstance(op, Operation) or type(op) not in (*SUMS, *MAXIMA):
        return None
    if yielded.type == i1:
        return None
    terms = [value for value in op.operands if value is not accumulator]
    alone = len(list(accumulator.uses)) == 1 and len(list(yielded.uses)) == 1
    return Reduction(work, type(op), terms[0]) if len(terms) == 1 and alone else None
