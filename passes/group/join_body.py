"""The group that does what a producer and its one consumer do."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Block, Region, SSAValue

from npu.dialects.npu import GroupOp, YieldOp
from npu.dialects.origin import Origin
from npu.passes.group.fuse import fuse_elementwise
from npu.passes.group.prepare import erase_dead

Wiring = tuple[int | None, ...]
"""For each operand of a consumer, the producer's result that it is; None for another tensor."""


def wiring(producer: GroupOp, consumer: GroupOp) -> Wiring:
    """What of a producer a consumer reads, and where."""
    number: dict[SSAValue, int] = {value: i for i, value in enumerate(producer.outputs)}
    return tuple(number.get(value) for value in consumer.inputs)


def kept(producer: GroupOp, consumer: GroupOp) -> tuple[int, ...]:
    """The results of a producer that others than the consumer read."""
    return tuple(
        number
        for number, value in enumerate(producer.outputs)
        if any(use.operation is not consumer for use in value.uses)
    )


def joined(name: str, producer: GroupOp, consumer: GroupOp, body: Region | None) -> GroupOp:
    """A new group with the results of `consumer`, and behind them what else reads of `producer`.

    The two stay as they are.
    """
    wires = wiring(producer, consumer)
    others = [value for value, wire in zip(consumer.inputs, wires, strict=True) if wire is None]
    inputs = [*producer.inputs, *others]
    left = [producer.outputs[number].type for number in kept(producer, consumer)]
    types = [*consumer.outputs.types, *left]
    result = GroupOp(name, inputs, types, body, joined_origin(producer, consumer))
    result.location = producer.location
    return result


def with_body(group: GroupOp, owner: GroupOp) -> GroupOp:
    """Puts a group with the body of `owner`, which loses it, into the place of `group`."""
    body = owner.detach_region(0)
    new = GroupOp(group.sym_name.data, list(group.inputs), group.outputs.types, body, group.origin)
    new.location = group.location
    block = group.parent_block()
    assert block is not None
    block.insert_op_before(new, group)
    for old, value in zip(group.outputs, new.outputs, strict=True):
        old.replace_all_uses_with(value)
    group.detach()
    group.erase()
    return new


def joined_origin(producer: GroupOp, consumer: GroupOp) -> Origin:
    """Where the work of both comes from."""
    first, second = producer.origin, consumer.origin
    ops = dict.fromkeys((*first.torch_ops, *second.torch_ops))
    lines = dict.fromkeys((*first.torch_lines, *second.torch_lines))
    return Origin(tuple(ops), tuple(lines))


def joined_body(producer: GroupOp, consumer: GroupOp, works: Sequence[Block]) -> Block:
    """A body that does what two groups do, whose own ones are `works`, as `joined` has operands."""
    first, second = works  # the same one, where a group repeats the one that it reads
    block = Block()
    made = _copied(first, block, {})
    wires = zip(second.args, wiring(producer, consumer), strict=True)
    given: dict[SSAValue, SSAValue] = {
        argument: made[wire] for argument, wire in wires if wire is not None
    }
    results = _copied(second, block, given)
    block.add_op(YieldOp([*results, *(made[number] for number in kept(producer, consumer))]))
    fuse_elementwise(block)
    erase_dead(block)
    return block


def _copied(source: Block, block: Block, values: dict[SSAValue, SSAValue]) -> list[SSAValue]:
    """Appends the body `source` to `block`; returns what it yields.

    `values` has what stands for arguments; those it lacks are new arguments of `block`.
    """
    for argument in source.args:
        if argument not in values:
            values[argument] = block.insert_arg(argument.type, len(block.args))
            values[argument].name_hint = argument.name_hint
    for op in source.ops:
        if isinstance(op, YieldOp):
            return [values[value] for value in op.operands]
        block.add_op(op.clone(values))
    raise AssertionError("a group's body ends in npu.yield")
