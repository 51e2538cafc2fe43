"""Cheap elementwise work that several operations of a group read is repeated for each of them.

Each copy then goes into its reader (`group_fuse`). So a row from which its mean is subtracted is
not stored and read again, by a loop of its own: the readers subtract, which is one instruction.

Before:
    %d = linalg.generic ins(%x, %mean) { subf }
    %s = linalg.generic ins(%d) { a sum of squares };  %n = linalg.generic ins(%d, %factor) { mulf }
After:
    %s = linalg.generic ins(%x, %mean) { subf, a sum of squares }
    %n = linalg.generic ins(%x, %mean, %factor) { subf, mulf }
"""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.dialects.linalg.ops import GenericOp, YieldOp
from xdsl.ir import Block, Operation, SSAValue

from npu.passes.group.access import reads_windows
from npu.passes.group.contraction import contraction_of
from npu.passes.group.fuse import is_elementwise
from npu.passes.group.iteration_space import operand_loops

MOST_OPERATIONS = 2
"""Additions, subtractions and products that are repeated rather than stored and read back."""

_CHEAP = (arith.AddfOp, arith.SubfOp, arith.MulfOp)


def repeat_cheap(block: Block) -> bool:
    """Gives each reader a copy of its own, in place, readers first; whether anything was copied."""
    has_copied = False
    for op in reversed(list(block.ops)):
        if is_elementwise(op) and _is_repeated(op):
            _copy_for_readers(op)
            has_copied = True
    return has_copied


def _is_repeated(op: GenericOp) -> bool:
    """Whether several operations read `op`, all of which can take it in, and it is cheap."""
    readers = _readers(op)
    if len(readers) < 2 or _cost(op) > MOST_OPERATIONS:
        return False
    return all(_takes_in(reader, op.results[0]) for reader in readers)


def _readers(op: GenericOp) -> list[Operation]:
    """The operations that read the result, each once."""
    return list(dict.fromkeys(use.operation for use in op.results[0].uses))


def _cost(op: GenericOp) -> int:
    """The operations of `op` and of what it is computed of, more than any limit if not cheap."""
    count = len(op.iterator_types)
    whole = [v for i, v in enumerate(op.inputs) if len(operand_loops(op, i)) == count]
    body = [o for o in op.body.block.ops if not isinstance(o, arith.ConstantOp | YieldOp)]
    if len(whole) > 1 or not all(isinstance(o, _CHEAP) for o in body):
        return MOST_OPERATIONS + 1
    cost = len(body)
    if cost > MOST_OPERATIONS or not whole or not is_elementwise(whole[0].owner):
        return cost
    return cost + _cost(whole[0].owner)


def _takes_in(reader: Operation, value: SSAValue) -> bool:
    """Whether `value` is an input that walks every loop of `reader`, which is no contraction."""
    if not isinstance(reader, GenericOp) or contraction_of(reader) is not None:
        return False
    if reads_windows(reader):
        return False
    count = len(reader.iterator_types)
    return value not in reader.outputs and all(
        len(operand_loops(reader, index)) == count
        for index, operand in enumerate(reader.inputs)
        if operand is value
    )


def _copy_for_readers(op: GenericOp) -> None:
    """A copy ahead of each reader but the last in the program, which keeps the original."""
    result = op.results[0]
    for reader in _readers(op)[1:]:
        copy = op.clone()
        op.parent_block().insert_op_before(copy, op)  # pyright: ignore[reportOptionalMemberAccess]
        for index, operand in enumerate(reader.operands):
            if operand is result:
                reader.operands[index] = copy.results[0]
