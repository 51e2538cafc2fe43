"""What stands at the ends of a contraction, by the rule `ends` of `join.py`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith
from xdsl.dialects.linalg.ops import GenericOp, YieldOp
from xdsl.ir import Block, BlockArgument

from npu.passes.group.contraction import contraction_of
from npu.passes.group.fuse import is_elementwise
from npu.passes.group.iteration_space import reduction_loops


def makes_rows(works: Sequence[Block]) -> bool:
    """Whether a producer is elementwise work, and its consumer a contraction."""
    producer, consumer = map(_generics, works)
    return all(map(is_elementwise, producer)) and any(map(contraction_of, consumer))


def is_maximum_behind(works: Sequence[Block]) -> bool:
    """Whether a producer is one contraction, and its consumer the maximum along its rows.

    What follows of that maximum for each row is part of it.
    """
    producer, consumer = map(_generics, works)
    if sum(1 for op in producer if contraction_of(op) is not None) != 1 or not consumer:
        return False
    if any(reduction_loops(op) for op in producer if contraction_of(op) is None):
        return False
    first, *others = consumer
    is_direct = len(first.inputs) == 1 and isinstance(first.inputs[0], BlockArgument)
    rows = len(first.iterator_types) - len(reduction_loops(first))
    is_of_rows = all(is_elementwise(op) and len(op.iterator_types) == rows for op in others)
    return is_direct and _is_maximum(first) and is_of_rows


def _is_maximum(op: GenericOp) -> bool:
    """Whether a reduction keeps the greatest element itself."""
    last = op.body.block.last_op
    assert isinstance(last, YieldOp)
    source = last.operands[0].owner
    is_alone = isinstance(source, arith.MaximumfOp) and source is op.body.block.first_op
    return bool(reduction_loops(op)) and is_alone


def _generics(block: Block) -> list[GenericOp]:
    return [op for op in block.ops if isinstance(op, GenericOp)]
