"""Groups of one gather or scatter: what moves by indices that are data stands alone."""

from __future__ import annotations

from xdsl.ir import Block, Region

from npu.dialects.npu import GroupOp, YieldOp
from npu.dialects.npu.gather import INDEXED_OPS, IndexedOp


def is_indexed(op: object) -> bool:
    """Whether an operation is a gather or a scatter on tensors."""
    return isinstance(op, tuple(INDEXED_OPS))


def indexed_work(group: GroupOp) -> IndexedOp | None:
    """The gather or scatter that a group consists of; None for other groups."""
    return indexed_in(group.work)


def indexed_in(block: Block) -> IndexedOp | None:
    """The gather or scatter that the body of a group consists of."""
    first = block.first_op
    return first if isinstance(first, IndexedOp) else None


def indexed_body(op: IndexedOp) -> Region:
    """The body of the group of a gather or a scatter, on block arguments for its operands."""
    block = Block(arg_types=[operand.type for operand in op.operands])
    for argument, operand in zip(block.args, op.operands, strict=True):
        argument.name_hint = operand.name_hint
    copy = op.clone()
    copy.operands = list(block.args)
    block.add_ops([copy, YieldOp(list(copy.results))])
    return Region(block)
