"""Elementwise operations of one group become one `linalg.generic` with several inputs.

A producer goes into its consumer when all its uses are in that consumer and both loop over the same
elements; so nothing is computed twice here (`group_repeat` makes copies of what is cheap) and an
intermediate that others need stays. What goes into one consumer is gathered first, and its body
made once. A reduction is a consumer, too: the squares of a variance are added up as they are
computed. Powers of e stay ahead of it: their code fills registers across short rows, which a
reduction takes one by one. And what would become a contraction stays apart: the sum of the
products of two tensors was not meant for the arrays when the group was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import islice
from typing import TypeGuard, cast

from xdsl.dialects.builtin import AffineMapAttr, TensorType
from xdsl.dialects.linalg.ops import GenericOp, YieldOp
from xdsl.dialects.math import ExpOp
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineMap
from xdsl.rewriter import Rewriter

from npu.dialects.order import keep_order, takes_pairs
from npu.passes.group.access import reads_windows
from npu.passes.group.contraction import contraction_of
from npu.passes.group.iteration_space import operand_loops, reduction_loops, result_loops
from npu.passes.group.marks import is_in_place, keep_marks, sweep_of

Read = tuple[SSAValue, tuple[int, ...]]
"""A value, and the loops of the consumer that walk its dimensions."""


def fuse_elementwise(block: Block) -> None:
    """Fuses elementwise producers into their consumers, last consumer first, in place."""
    has_changed = True
    while has_changed:
        has_changed = False
        for op in reversed(list(block.ops)):
            if op.parent is block and _is_consumer(op):
                fusion = _Fusion(op)
                fusion.gather()
                has_changed |= fusion.replace()


def is_elementwise(op: object) -> TypeGuard[GenericOp]:
    """Whether `op` is a `linalg.generic` that does not reduce, nor read through windows.

    What writes in place has an effect, and is none.
    """
    if not isinstance(op, GenericOp) or is_in_place(op):
        return False
    return not reduction_loops(op) and not reads_windows(op)


def _is_consumer(op: object) -> TypeGuard[GenericOp]:
    """Whether producers may go into `op`: elementwise work, or a reduction on the vector unit.

    A sort and a factorisation take pairs as they lie in memory.
    """
    if not isinstance(op, GenericOp) or takes_pairs(op):
        return False
    return contraction_of(op) is None and not reads_windows(op)


class _Fusion:
    """A consumer and the producers that go into it, the last one first."""

    def __init__(self, consumer: GenericOp) -> None:
        self._consumer = consumer
        self._inside: dict[GenericOp, None] = {}
        self._uses_inside: dict[GenericOp, int] = {}
        self._uses_at_least: dict[GenericOp, int] = {}
        self._segments: list[tuple[GenericOp, Read, list[Read]]] = []
        """What the body computes, last things first: an operation, what it makes, what it reads."""
        self._reads: dict[Read, int] = {}
        """What comes from outside, in order; with its turn."""
        self._reads_of: dict[GenericOp, list[Read]] = {}
        """The reads of each elementwise producer."""
        self._ready: list[tuple[int, GenericOp]] = []
        self._turn = 0
        reads = [(v, operand_loops(consumer, i)) for i, v in enumerate(consumer.inputs)]
        written = (consumer.results[0], result_loops(consumer))
        self._segments.append((consumer, written, reads))
        self._enter(consumer, reads)

    def gather(self) -> None:
        """Takes in producers as long as any goes in, the one that is read first ahead of others."""
        while self._ready:
            _, producer = heappop(self._ready)
            reads = self._reads_of.pop(producer, None)
            if reads is None:
                continue
            found: list[Read] = []
            segments: list[tuple[GenericOp, Read, list[Read]]] = []
            for read in reads:
                del self._reads[read]
                through = [
                    (v, _through(producer, i, read[1])) for i, v in enumerate(producer.inputs)
                ]
                segments.append((producer, read, through))
                found += through
            self._segments += reversed(segments)
            self._enter(producer, found)

    def _enter(self, op: GenericOp, reads: list[Read]) -> None:
        """Takes in an operation and its reads, and finds producers that may go in now."""
        self._inside[op] = None
        for read in reads:
            if read not in self._reads:
                self._reads[read] = self._turn
                self._turn += 1
                if is_elementwise(read[0].owner):
                    self._reads_of.setdefault(read[0].owner, []).append(read)
        # What the consumer writes into stays outside; what a producer does is gone with it.
        used = op.inputs if op is self._consumer else op.operands
        owners = [value.owner for value in used if is_elementwise(value.owner)]
        for owner in owners:
            self._uses_inside[owner] = self._uses_inside.get(owner, 0) + 1
        for owner in dict.fromkeys(owners):
            if owner in self._reads_of and self._goes_in(owner):
                heappush(self._ready, (self._reads[self._reads_of[owner][0]], owner))

    def _goes_in(self, producer: GenericOp) -> bool:
        """All uses are inside, and walk every loop of the consumer."""
        count = len(self._consumer.iterator_types)
        has_all_loops = all(len(loops) == count for _, loops in self._reads_of[producer])
        is_whole_rows = bool(reduction_loops(self._consumer)) and sweep_of(self._consumer) is None
        if is_whole_rows and _is_exponential(producer):
            return False
        return has_all_loops and self._is_used_up(producer)

    def _is_used_up(self, producer: GenericOp) -> bool:
        """Whether nothing outside uses a result; a long list of uses is gone through seldom."""
        inside = self._uses_inside[producer]
        if inside < self._uses_at_least.get(producer, 1):
            return False
        uses = sum(1 for _ in islice(producer.results[0].uses, 2 * inside + 1))
        self._uses_at_least[producer] = uses
        return uses == inside

    def replace(self) -> bool:
        """Puts one generic in the consumer's place, if anything goes in; whether it did."""
        if len(self._inside) == 1:
            return False
        inputs = list(self._reads)
        kinds = [*(_element(v) for v, _ in inputs), _element(self._consumer.outputs[0])]
        block = Block(arg_types=kinds)
        computed: dict[Read, SSAValue] = dict(zip(inputs, block.args, strict=False))
        for op, made, reads in reversed(self._segments):
            values = [computed[read] for read in reads]
            computed[made] = _inline(op, block, values)
        _, made, _ = self._segments[0]
        block.add_op(YieldOp(computed[made]))
        return self._put(inputs, Region(block))

    def _put(self, inputs: list[Read], body: Region) -> bool:
        consumer, *producers = self._inside
        count = len(consumer.iterator_types)
        maps = [
            AffineMapAttr(AffineMap(count, 0, tuple(map(AffineDimExpr, loops))))
            for _, loops in inputs
        ]
        maps.append(consumer.indexing_maps.data[-1])
        fused = GenericOp(
            [value for value, _ in inputs],
            list(consumer.outputs),
            body,
            maps,
            consumer.iterator_types,
            [consumer.results[0].type],
        )
        fused.location = consumer.location
        keep_marks(consumer, fused)
        keep_order(consumer, fused)
        if contraction_of(fused) is not None:
            fused.erase()
            return False
        Rewriter.replace_op(consumer, fused)
        for producer in producers:  # each ahead of those that it reads
            Rewriter.erase_op(producer)
        return True


def _is_exponential(op: GenericOp) -> bool:
    """Whether a body has powers of e, whose code fills registers across short rows."""
    return any(isinstance(inner, ExpOp) for inner in op.body.block.ops)


def _through(producer: GenericOp, index: int, read: tuple[int, ...]) -> tuple[int, ...]:
    """The consumer's loops that walk the producer's input, if it reads the result by `read`."""
    written = result_loops(producer)
    return tuple(read[written.index(loop)] for loop in operand_loops(producer, index))


def _element(value: SSAValue) -> Attribute:
    """The element type of a tensor."""
    return cast(TensorType[Attribute], value.type).element_type


def _inline(op: GenericOp, block: Block, inputs: Sequence[SSAValue]) -> SSAValue:
    """Clones the body of `op` to the end of `block`; returns what it yields.

    A body that reads its output's element, a reduction, reads the last argument of `block`.
    """
    source = op.body.block
    arguments: list[SSAValue] = [*inputs, block.args[-1]]
    values: dict[SSAValue, SSAValue] = dict(zip(source.args, arguments, strict=True))
    for inner in source.ops:
        if isinstance(inner, YieldOp):
            return values.get(inner.operands[0], inner.operands[0])
        block.add_op(inner.clone(values))
    raise AssertionError("a linalg.generic body ends in linalg.yield")
