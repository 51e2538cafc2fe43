"""The iteration space of a group that grows by one operation at a time.

It is that of `iteration_space.build` for the same operations, kept while they come: every operation
of a group loops over all the group's parallel dimensions, so that one more can give loops to
dimensions or add some, but never make two of them one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.ir import Operation, SSAValue

from npu.passes.group.access import is_windowed
from npu.passes.group.iteration_space import loop_extents, operand_loops, result_loops, shape_of


@dataclass
class GroupSpace:
    """The dimensions of the loops of a group's operations."""

    share_inputs: bool
    """Whether operations that read one outside tensor loop together; as `build` has it."""

    dims_of: dict[Operation, tuple[int, ...]] = field(default_factory=dict)
    """The dimension of each loop of an operation."""

    count: int = 0
    """Dimensions so far."""

    _inputs: dict[SSAValue, tuple[int, ...]] = field(default_factory=dict)
    """The dimensions in which an outside tensor was read first."""

    def dims_for(self, op: Operation) -> tuple[int, ...] | None:
        """The dimension of each loop of `op`, new ones included; None if two would be the same."""
        loops: list[int | None] = [None] * len(loop_extents(op))
        for index, operand in enumerate(op.operands):
            owner = operand.owner
            if isinstance(owner, Operation) and owner in self.dims_of:
                if is_windowed(op, index):
                    return None
                walked = zip(operand_loops(op, index), self.result_dims(owner), strict=True)
                for loop, dim in walked:
                    if not _may_be(loops, loop, dim):
                        return None
                    loops[loop] = dim
        if self.share_inputs:
            self._share(op, loops)
        new = iter(range(self.count, self.count + len(loops)))
        return tuple(next(new) if dim is None else dim for dim in loops)

    def add(self, op: Operation, dims: tuple[int, ...]) -> None:
        """Takes `op` into the group; `dims` are what `dims_for` said."""
        self.dims_of[op] = dims
        self.count = max(self.count, *(dim + 1 for dim in dims), 0)
        for index, operand in enumerate(op.operands[:-1]):
            is_shared = shape_of(operand) and not is_windowed(op, index)
            if is_shared and operand.owner not in self.dims_of:
                self._inputs.setdefault(operand, tuple(dims[d] for d in operand_loops(op, index)))

    def result_dims(self, op: Operation) -> tuple[int, ...]:
        """The dimensions of the result of `op`, outermost first."""
        return tuple(self.dims_of[op][loop] for loop in result_loops(op))

    def _share(self, op: Operation, loops: list[int | None]) -> None:
        """Gives loops that walk an outside tensor its dimensions, where nothing contradicts."""
        for index, operand in enumerate(op.operands[:-1]):
            known = self._inputs.get(operand)
            if known is None or is_windowed(op, index):
                continue
            pairs = list(zip(operand_loops(op, index), known, strict=True))
            if all(_may_be(loops, loop, dim) for loop, dim in pairs):
                for loop, dim in pairs:
                    loops[loop] = dim


def _may_be(loops: list[int | None], loop: int, dim: int) -> bool:
    """Whether a loop may get a dimension: it has it, or has none and no other loop has it."""
    return loops[loop] == dim or (loops[loop] is None and dim not in loops)
