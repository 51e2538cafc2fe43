"""Which operations share a group: greedy, in program order.

Each `linalg.generic` joins the group of one of its producers if it may, the nearest producer first,
and otherwise opens a group. It may join

- the group of a contraction, as its epilogue, if it is elementwise over exactly the contraction's
  result and writes it in the same order of dimensions;
- another group, if all operations have one iteration space, reduce over the same innermost
  dimensions or not at all, and loop over all the dimensions that are not reduced;

and in both cases only if no value would have to leave the group and come back (a cycle).
`linalg.fill` has no group of its own unless its values leave: it goes with those who read it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.ir import Block, Operation

from npu.passes.group_contraction import Contraction, contraction_of
from npu.passes.iteration_space import (
    ConflictError,
    IterationSpace,
    build,
    reduction_loops,
    result_loops,
)


@dataclass
class Group:
    """Operations that become one kernel, in program order."""

    ops: list[Operation]
    contraction: Contraction | None
    needs: set[int] = field(default_factory=set[int])
    """Numbers of the nodes (groups and single operations) whose values it reads."""


@dataclass
class Assignment:
    """The nodes of a function's dependence graph; each operation belongs to one."""

    nodes: list[Group | Operation]
    node_of: dict[Operation, int]

    def needs(self, number: int) -> set[int]:
        """The nodes whose values a node reads."""
        node = self.nodes[number]
        if isinstance(node, Group):
            return node.needs
        return self.producers(node) - {number}

    def producers(self, op: Operation) -> set[int]:
        """The nodes that define the operands of `op`."""
        owners = [operand.owner for operand in op.operands]
        return {self.node_of[o] for o in owners if isinstance(o, Operation) and o in self.node_of}

    def reaches(self, start: int, goal: int) -> bool:
        """Whether node `start` needs node `goal`, directly or through others."""
        pending, seen = [start], {start}
        while pending:
            number = pending.pop()
            if number == goal:
                return True
            new = self.needs(number) - seen
            seen |= new
            pending.extend(sorted(new))
        return False


def assign(block: Block) -> Assignment:
    """Assigns every operation of the function body but its terminator to a node."""
    found = Assignment([], {})
    for op in block.ops:
        if op is block.last_op:
            continue
        number = _home(op, found) if isinstance(op, GenericOp) else None
        if number is None:
            found.nodes.append(Group([], contraction_of(op)) if _computes(op) else op)
            number = len(found.nodes) - 1
        found.node_of[op] = number
        node = found.nodes[number]
        if isinstance(node, Group):
            node.needs |= found.producers(op) - {number}
            node.ops.append(op)
    return found


def _computes(op: Operation) -> bool:
    """Whether an operation needs a kernel: a generic, or a fill that others than those read."""
    if isinstance(op, FillOp):
        return any(not isinstance(use.operation, GenericOp) for use in op.results[0].uses)
    return isinstance(op, GenericOp)


def _home(op: GenericOp, found: Assignment) -> int | None:
    """The node of the nearest producer whose group `op` may join."""
    if contraction_of(op) is not None:
        return None
    producers = found.producers(op)
    for number in sorted(producers, reverse=True):
        node = found.nodes[number]
        if not isinstance(node, Group) or not _fits(op, node):
            continue
        if not any(found.reaches(other, number) for other in producers - {number}):
            return number
    return None


def _fits(op: GenericOp, group: Group) -> bool:
    if group.contraction is not None:
        return _fits_epilogue(op, group)
    return _fits_rows(op, group)


def _fits_epilogue(op: GenericOp, group: Group) -> bool:
    """Elementwise over the contraction's result, in its order."""
    assert group.contraction is not None
    if reduction_loops(op):
        return False
    root = group.contraction.op
    try:
        space = build([*group.ops, op], root, share_inputs=False)
    except ConflictError:
        return False
    return space.result_dims(op) == space.result_dims(root)


def _fits_rows(op: GenericOp, group: Group) -> bool:
    """One iteration space, the same reduced innermost dimensions, all parallel dimensions."""
    ops = [*group.ops, op]
    reductions = [o for o in ops if reduction_loops(o)]
    try:
        space = build(ops, reductions[0] if reductions else None)
    except ConflictError:
        return False
    reduced = {d for d, is_reduced in enumerate(space.reduced) if is_reduced}
    parallel = set(range(len(space.reduced))) - reduced
    if any(set(space.op_dims[o]) - reduced != parallel for o in ops):
        return False
    return not reductions or all(_keeps_rows(o, space, reduced) for o in ops)


def _keeps_rows(op: Operation, space: IterationSpace, reduced: set[int]) -> bool:
    """Whether `op` works on whole rows: all reduced dimensions or none, innermost, in order."""
    dims = space.op_dims[op]
    reduces = {dims[d] for d in reduction_loops(op)}
    is_whole = reduces in (set[int](), reduced) and reduced & set(dims) in (set[int](), reduced)
    result = space.result_dims(op)
    return is_whole and list(result) == sorted(result) and _reduces_innermost(op)


def _reduces_innermost(op: Operation) -> bool:
    """Whether the reduced loops are the last ones."""
    return max(result_loops(op), default=-1) < min(
        reduction_loops(op), default=len(result_loops(op))
    )
