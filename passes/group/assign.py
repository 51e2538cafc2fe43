"""Which operations share a group: greedy, in program order.

Each `linalg.generic` joins the group of one of its producers if it may, the nearest producer first,
or that of a sibling, a reduction over the same dimensions of the same tensor, which is then loaded
once, and otherwise opens a group. It may join

- the group of a contraction, as its epilogue, if it is elementwise over exactly the contraction's
  result and writes it in the same order of dimensions;
- another group, if all operations have one iteration space, reduce over the same innermost
  dimensions or not at all, and loop over all the dimensions that are not reduced;

and in both cases only if no value would have to leave the group and come back (a cycle), and an
epilogue only if that does not store one more tensor for a reduction to load.
A sort is alone in its group: its rows may have to be cut (`npu.passes.group.sort`).
With programs of row work (`programs.py`) an operation of one never joins the group of another.
`linalg.fill` has no group of its own unless its values leave or an array multiplies with them: it
goes with those who read it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.ir import Block, Operation

from npu.dialects.order import takes_pairs
from npu.passes.group.access import is_windowed
from npu.passes.group.contraction import Contraction, contraction_of
from npu.passes.group.iteration_space import reduction_loops, result_loops
from npu.passes.group.node_order import NodeOrder
from npu.passes.group.programs import Programs
from npu.passes.group.siblings import siblings
from npu.passes.group.space import GroupSpace


@dataclass
class Group:
    """Operations that become one kernel, in program order."""

    ops: list[Operation]
    contraction: Contraction | None
    space: GroupSpace
    first_reduction: Operation | None = None
    results: dict[tuple[int, ...], None] = field(default_factory=dict)
    """The dimensions of results, outermost first: each order that occurs, once."""
    is_innermost: bool = True
    """Whether every operation reduces its last loops, or none."""
    program: int | None = None
    """The program of row work that some of the operations belong to."""

    def reduced_by(self, op: Operation) -> tuple[int, ...]:
        """The dimensions over which an operation of the group reduces."""
        return tuple(self.space.dims_of[op][loop] for loop in reduction_loops(op))

    def add(self, op: Operation) -> None:
        """Takes in an operation that fits."""
        dims = self.space.dims_for(op)
        assert dims is not None, "it fits"
        self.ops.append(op)
        self.space.add(op, dims)
        self.results[self.space.result_dims(op)] = None
        self.is_innermost = self.is_innermost and _reduces_innermost(op)
        if self.first_reduction is None and reduction_loops(op):
            self.first_reduction = op


@dataclass
class Assignment:
    """The nodes of a function's dependence graph; each operation belongs to one."""

    nodes: list[Group | Operation] = field(default_factory=list[Group | Operation])
    node_of: dict[Operation, int] = field(default_factory=dict[Operation, int])
    order: NodeOrder = field(default_factory=NodeOrder)
    programs: Programs = field(default_factory=dict[Operation, int])
    """Of operations that are to be in one, if rows are not fused."""

    def needs(self, number: int) -> set[int]:
        """The nodes whose values a node reads."""
        return self.order.needs[number]

    def producers(self, op: Operation) -> set[int]:
        """The nodes that define the operands of `op`."""
        owners = [operand.owner for operand in op.operands]
        return {self.node_of[o] for o in owners if isinstance(o, Operation) and o in self.node_of}

    def new_node(self, node: Group | Operation) -> int:
        """The number of a new node."""
        self.nodes.append(node)
        return self.order.add()

    def put(self, op: Operation, number: int) -> None:
        """Makes `op` part of a node."""
        for other in sorted(self.producers(op)):
            self.order.need(number, other)
        self.node_of[op] = number
        node = self.nodes[number]
        if isinstance(node, Group):
            node.add(op)
            node.program = self.programs.get(op, node.program)

    def keeps_apart(self, op: Operation, group: Group) -> bool:
        """Whether an operation and a group belong to two programs."""
        mine = self.programs.get(op, group.program)
        return group.program is not None and mine != group.program


def assign(block: Block, programs: Programs | None = None) -> Assignment:
    """Assigns every operation of the function body but its terminator to a node.

    `programs` says which operations must not share a group.
    """
    found = Assignment(programs=programs or {})
    for op in block.ops:
        if op is block.last_op:
            continue
        number = _home(op, found) if isinstance(op, GenericOp) else None
        found.put(op, found.new_node(_node_of(op)) if number is None else number)
    return found


def _node_of(op: Operation) -> Group | Operation:
    """A node of its own for an operation: a group if it needs a kernel."""
    if not _computes(op):
        return op
    contraction = contraction_of(op)
    return Group([], contraction, GroupSpace(share_inputs=contraction is None))


def _computes(op: Operation) -> bool:
    """Whether an operation needs a kernel: a generic, or a fill that must be a tensor in DRAM."""
    if isinstance(op, FillOp):
        uses = [(use.operation, use.index) for use in op.results[0].uses]
        return any(not isinstance(user, GenericOp) or is_loaded(user, i) for user, i in uses)
    return isinstance(op, GenericOp)


def is_loaded(op: Operation, index: int) -> bool:
    """Whether operand `index` of `op` is loaded from DRAM: arrays multiply it, or a window does."""
    if not isinstance(op, GenericOp) or index >= len(op.inputs):
        return False
    return contraction_of(op) is not None or is_windowed(op, index)


def _home(op: GenericOp, found: Assignment) -> int | None:
    """The node whose group `op` may join: the nearest producer's, or else the nearest sibling's."""
    if contraction_of(op) is not None or takes_pairs(op):
        return None
    producers = found.producers(op)
    alike = {found.node_of[one] for one in siblings(op) if one in found.node_of} - producers
    for number in (*sorted(producers, reverse=True), *sorted(alike, reverse=True)):
        node = found.nodes[number]
        if not isinstance(node, Group) or takes_pairs(node.ops[0]):
            continue
        if found.keeps_apart(op, node) or not _fits(op, node) or _stores_twice(op, node):
            continue
        if not any(found.order.reaches(other, number) for other in producers - {number}):
            return number
    return None


def _stores_twice(op: GenericOp, group: Group) -> bool:
    """Whether an epilogue would store what it reads as well as what it makes of it.

    So it is where others read the operand, too, and only reductions, which are no epilogues, read
    the result: they had better make it of the operand as they load that. A layer norm behind a
    residual stays in one kernel so.
    """
    if group.contraction is None:
        return False
    inside = set(group.ops)
    shared = any(v.owner in inside and not v.has_one_use() for v in op.inputs)
    users = [use.operation for use in op.results[0].uses]
    return shared and bool(users) and all(bool(reduction_loops(user)) for user in users)


def _fits(op: GenericOp, group: Group) -> bool:
    dims = group.space.dims_for(op)
    if dims is None:
        return False
    if group.contraction is not None:
        return _fits_epilogue(op, dims, group, group.contraction)
    return _fits_rows(op, dims, group)


def _fits_epilogue(
    op: GenericOp, dims: tuple[int, ...], group: Group, contraction: Contraction
) -> bool:
    """Elementwise over the contraction's result, in its order."""
    result = tuple(dims[loop] for loop in result_loops(op))
    return not reduction_loops(op) and result == group.space.result_dims(contraction.op)


def _fits_rows(op: GenericOp, dims: tuple[int, ...], group: Group) -> bool:
    """One iteration space, the same reduced innermost dimensions, all parallel dimensions."""
    mine = {dims[loop] for loop in reduction_loops(op)}
    old = set(range(group.space.count))
    if group.first_reduction is not None:
        reduced = set(group.reduced_by(group.first_reduction))
        is_row = set(dims) in (old, old - reduced) and mine in (set[int](), reduced)
        return is_row and _keeps_order(op, dims, group, group.space.dims_of[group.first_reduction])
    # So far all operations loop over all dimensions.
    if not mine:
        return set(dims) == old
    new = set(dims) - old
    is_row = old <= set(dims) and (mine == new or (not new and mine <= old))
    return is_row and group.is_innermost and _keeps_order(op, dims, group, dims)


def _keeps_order(
    op: GenericOp, dims: tuple[int, ...], group: Group, walked: tuple[int, ...]
) -> bool:
    """Whether results have their dimensions as the first reduction walks them, reduced ones last.

    Those of the group's operations are looked at with its first reduction, and hold from then on.
    """
    rank = {dim: place for place, dim in enumerate(walked)}
    results = [tuple(dims[loop] for loop in result_loops(op))]
    if group.first_reduction is None:
        results += group.results
    in_order = all(list(one) == sorted(one, key=rank.__getitem__) for one in results)
    return in_order and _reduces_innermost(op)


def _reduces_innermost(op: Operation) -> bool:
    """Whether the reduced loops are the last ones."""
    return max(result_loops(op), default=-1) < min(
        reduction_loops(op), default=len(result_loops(op))
    )
