"""A group's body as it is planned: its operations and the dimensions that they loop over."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.ir import Block, Operation, SSAValue

from npu.dialects.npu import GroupOp
from npu.passes.group.contraction import Contraction, contractions_of
from npu.passes.group.iteration_space import IterationSpace, build, reduction_loops


@dataclass(frozen=True)
class Body:
    """What a group computes."""

    block: Block
    ops: tuple[Operation, ...]
    """`linalg.generic` and `linalg.fill`, in order; not the fill that starts a contraction."""
    contractions: tuple[Contraction, ...]
    """By the dimensions of the group, in order."""
    space: IterationSpace

    @staticmethod
    def of(group: GroupOp) -> Body:
        """The body of a group made by `npu-group`."""
        return Body.of_block(group.work)

    @staticmethod
    def of_block(block: Block) -> Body:
        """As `of`. Raises `ConflictError` if the operations have no common iteration space."""
        every = [op for op in block.ops if isinstance(op, GenericOp | FillOp)]
        found = contractions_of(every)
        starts = {contraction.op.operands[-1].owner for contraction in found}
        ops = tuple(op for op in every if op not in starts)
        roots = [contraction.op for contraction in found]
        alone = ops[:1] == tuple(roots) and not any(map(reduction_loops, ops[1:]))
        space = build(ops, roots[0] if roots else None, share_inputs=not alone)
        return Body(block, ops, tuple(c.on(space.op_dims[c.op]) for c in found), space)

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
        return Body(block, ops, (), space)

    def needs_vector_code(self, op: Operation) -> bool:
        """Whether the arrays leave an operation to the vector unit."""
        return all(op is not contraction.op for contraction in self.contractions)


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
