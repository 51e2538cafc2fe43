"""A group's body as it is planned: its operations and the dimensions that they loop over."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.ir import Block, Operation, SSAValue

from npu.dialects.npu import GroupOp
from npu.passes.group.contraction import Contraction, only_contraction
from npu.passes.group.iteration_space import IterationSpace, build


@dataclass(frozen=True)
class Body:
    """What a group computes."""

    block: Block
    ops: tuple[Operation, ...]
    """`linalg.generic` and `linalg.fill`, in order; not the fill that starts a contraction."""
    contraction: Contraction | None
    space: IterationSpace

    @staticmethod
    def of(group: GroupOp) -> Body:
        """The body of a group made by `npu-group`."""
        block = group.work
        every = [op for op in block.ops if isinstance(op, GenericOp | FillOp)]
        contraction = only_contraction(every)
        root = None if contraction is None else contraction.op
        start = None if root is None else root.operands[-1].owner
        ops = tuple(op for op in every if op is not start)
        return Body(block, ops, contraction, build(ops, root, share_inputs=root is None))

    def rewritten(self, block: Block) -> Body:
        """The body `block`, which computes the same of the same arguments, without a contraction.

        Its dimensions keep their numbers.
        """
        ops = tuple(op for op in block.ops if isinstance(op, GenericOp | FillOp))
        found = build(ops)
        old, new = _dims_at_border(self.block, self.space), _dims_at_border(block, found)
        number = dict(zip(new, old, strict=True))
        dims = {op: tuple(number[dim] for dim in loops) for op, loops in found.op_dims.items()}
        space = IterationSpace(self.space.extents, self.space.reduced, dims)
        return Body(block, ops, None, space)

    def needs_vector_code(self, op: Operation) -> bool:
        """Whether the arrays leave an operation to the vector unit."""
        return self.contraction is None or op is not self.contraction.op


def _dims_at_border(block: Block, space: IterationSpace) -> list[int]:
    """The dimensions of what a body reads and yields, one tensor behind the other."""
    assert block.last_op is not None
    found: list[int] = []
    for value in block.args:
        found += _dims_read(value, space)
    for value in block.last_op.operands:
        assert isinstance(value.owner, Operation)
        found += space.result_dims(value.owner)
    return found


def _dims_read(value: SSAValue, space: IterationSpace) -> tuple[int, ...]:
    """The dimensions of a tensor from outside, as any of its readers walks them."""
    use = next((use for use in value.uses if use.operation in space.op_dims), None)
    return () if use is None else space.operand_dims(use.operation, use.index)
