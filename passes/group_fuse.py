"""Elementwise operations of one group become one `linalg.generic` with several inputs.

A producer goes into its consumer when all its uses are in that consumer and both loop over the same
elements; so nothing is computed twice and an intermediate that others need stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeGuard, cast

from xdsl.dialects.builtin import AffineMapAttr, TensorType
from xdsl.dialects.linalg.ops import GenericOp, YieldOp
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineMap
from xdsl.rewriter import Rewriter

from npu.passes.iteration_space import operand_loops, reduction_loops, result_loops


def fuse_elementwise(block: Block) -> None:
    """Fuses elementwise producers into elementwise consumers, last consumer first, in place."""
    while True:
        pair = _next_pair(block)
        if pair is None:
            return
        _fuse(*pair)


def _next_pair(block: Block) -> tuple[GenericOp, GenericOp] | None:
    """The last consumer that can take one of its producers, and that producer."""
    for consumer in reversed(list(block.ops)):
        if not _is_elementwise(consumer):
            continue
        for operand in consumer.inputs:
            producer = operand.owner
            if _is_elementwise(producer) and _goes_into(producer, consumer):
                return producer, consumer
    return None


def _is_elementwise(op: object) -> TypeGuard[GenericOp]:
    return isinstance(op, GenericOp) and not reduction_loops(op)


def _goes_into(producer: GenericOp, consumer: GenericOp) -> bool:
    """All uses are inputs of the consumer that walk every loop of it."""
    uses = list(producer.results[0].uses)
    count = len(consumer.iterator_types)
    return all(
        use.operation is consumer
        and use.index < len(consumer.inputs)
        and len(operand_loops(consumer, use.index)) == count
        for use in uses
    )


def _fuse(producer: GenericOp, consumer: GenericOp) -> None:
    """Replaces the consumer by one generic that computes both; the producer disappears."""
    inputs: list[tuple[SSAValue, tuple[int, ...]]] = []
    for index, operand in enumerate(consumer.inputs):
        if operand.owner is not producer:
            _note(inputs, operand, operand_loops(consumer, index))
    reads = [
        operand_loops(consumer, i)
        for i, operand in enumerate(consumer.inputs)
        if operand.owner is producer
    ]
    for read in dict.fromkeys(reads):
        for index, operand in enumerate(producer.inputs):
            _note(inputs, operand, _through(producer, index, read))
    block = Block(arg_types=[*(_element(v) for v, _ in inputs), _element(consumer.outputs[0])])
    computed: dict[tuple[int, ...], SSAValue] = {}
    for read in dict.fromkeys(reads):
        places = [
            inputs.index((value, _through(producer, i, read)))
            for i, value in enumerate(producer.inputs)
        ]
        computed[read] = _inline(producer, block, [block.args[p] for p in places].__getitem__)

    def value_of(index: int) -> SSAValue:
        operand, loops = consumer.inputs[index], operand_loops(consumer, index)
        if operand.owner is producer:
            return computed[loops]
        return block.args[inputs.index((operand, loops))]

    result = _inline(consumer, block, value_of)
    block.add_op(YieldOp(result))
    _replace(producer, consumer, inputs, Region(block))


def _note(
    inputs: list[tuple[SSAValue, tuple[int, ...]]], value: SSAValue, loops: tuple[int, ...]
) -> None:
    """Adds an input unless the same value is read in the same way already."""
    if (value, loops) not in inputs:
        inputs.append((value, loops))


def _through(producer: GenericOp, index: int, read: tuple[int, ...]) -> tuple[int, ...]:
    """The consumer's loops that walk the producer's input, if it reads the result by `read`."""
    written = result_loops(producer)
    return tuple(read[written.index(loop)] for loop in operand_loops(producer, index))


def _element(value: SSAValue) -> Attribute:
    """The element type of a tensor."""
    return cast(TensorType[Attribute], value.type).element_type


def _inline(op: GenericOp, block: Block, value_of: Callable[[int], SSAValue]) -> SSAValue:
    """Clones the body of `op` to the end of `block`; returns what it yields."""
    source = op.body.block
    values: dict[SSAValue, SSAValue] = {source.args[i]: value_of(i) for i in range(len(op.inputs))}
    for inner in source.ops:
        if isinstance(inner, YieldOp):
            return values.get(inner.operands[0], inner.operands[0])
        block.add_op(inner.clone(values))
    raise AssertionError("a linalg.generic body ends in linalg.yield")


def _replace(
    producer: GenericOp,
    consumer: GenericOp,
    inputs: list[tuple[SSAValue, tuple[int, ...]]],
    body: Region,
) -> None:
    """Puts the fused generic in the consumer's place."""
    count = len(consumer.iterator_types)
    maps = [
        AffineMapAttr(AffineMap(count, 0, tuple(map(AffineDimExpr, loops)))) for _, loops in inputs
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
    Rewriter.replace_op(consumer, fused)
    Rewriter.erase_op(producer)
