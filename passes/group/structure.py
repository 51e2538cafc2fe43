"""What a group computes as a value to compare: equal for groups that differ in names only.

Body, types and attributes count, constants by their bits. Names of values and of the group, source
locations, and the PyTorch operators and lines it stands for do not. Equal groups tile alike, so
they are mapped once and share one kernel.

`work_of` says the same of operations that are no group yet: equal ones become equal groups.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from xdsl.dialects import arith, tensor
from xdsl.dialects.linalg.ops import FillOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from npu.dialects.npu import GroupOp
from npu.passes.group.copies import LINE, ORIGIN

_NAMES = (ORIGIN, LINE)
"""Attributes of an operation that say where it comes from."""

_Numbers = dict[SSAValue, int]
"""Values by the order in which they are defined."""


def structure_of(group: GroupOp) -> Hashable:
    """The body of `group` with values as numbers; its mapping is not in it."""
    return structure_of_body(group.work)


def structure_of_body(block: Block) -> Hashable:
    """The body of a group, as `structure_of` gives it."""
    return _block(block, {})


_LOOKED_INTO = (FillOp, tensor.EmptyOp, arith.ConstantOp, tensor.PadOp)
"""What stands outside of a group and may go into it with those who read it."""


def work_of(ops: Sequence[Operation], results: Sequence[SSAValue]) -> Hashable:
    """What `ops`, which define `results` among others, make of tensors from outside of them."""
    numbers: _Numbers = {}
    found: list[Hashable] = []
    for op in ops:
        outside = tuple(_outside(value, numbers) for value in op.operands)
        found.append((outside, _operation(op, numbers)))
    return tuple(found), tuple(numbers[value] for value in results)


def _outside(value: SSAValue, numbers: _Numbers) -> Hashable:
    """What is known of an operand the first time that it is read."""
    if value in numbers:
        return None
    owner = value.owner
    if not isinstance(owner, _LOOKED_INTO):
        _define((value,), numbers)
        return value.type
    read = tuple(_outside(operand, numbers) for operand in owner.operands)
    return read, _operation(owner, numbers)


def _block(block: Block, numbers: _Numbers) -> Hashable:
    _define(block.args, numbers)
    types = tuple(argument.type for argument in block.args)
    return types, tuple(_operation(op, numbers) for op in block.ops)


def _operation(op: Operation, numbers: _Numbers) -> Hashable:
    operands = tuple(numbers[value] for value in op.operands)
    blocks = tuple(_block(block, numbers) for region in op.regions for block in region.blocks)
    _define(op.results, numbers)
    return (
        op.name,
        operands,
        tuple(op.result_types),
        _sorted(op.properties),
        _sorted(op.attributes),
        blocks,
    )


def _define(values: Iterable[SSAValue], numbers: _Numbers) -> None:
    for value in values:
        numbers[value] = len(numbers)


def _sorted(attributes: Mapping[str, Attribute]) -> tuple[tuple[str, Attribute], ...]:
    return tuple((key, attributes[key]) for key in sorted(attributes) if key not in _NAMES)
