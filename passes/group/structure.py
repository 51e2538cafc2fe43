"""What a group computes as a value to compare: equal for groups that differ in names only.

Body, types and attributes count, constants by their bits. Names of values and of the group, source
locations, and the PyTorch operators and lines it stands for do not. Equal groups tile alike, so
they are mapped once and share one kernel.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from xdsl.ir import Attribute, Block, Operation, SSAValue

from npu.dialects.npu import GroupOp
from npu.passes.group.prepare import LINE, ORIGIN

_NAMES = (ORIGIN, LINE)
"""Attributes of an operation that say where it comes from."""

_Numbers = dict[SSAValue, int]
"""Values by the order in which they are defined."""


def structure_of(group: GroupOp) -> Hashable:
    """The body of `group` with values as numbers; its mapping is not in it."""
    return _block(group.body.block, {})


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
