"""Numbers for what elementwise work computes: values of equal expressions have equal numbers."""

from __future__ import annotations

from collections.abc import Hashable

from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import BlockArgument, Operation, SSAValue

from npu.passes.group.iteration_space import reduction_loops


class ValueNumbers:
    """Numbers in the order of asking."""

    def __init__(self) -> None:
        self._of_value: dict[SSAValue, int] = {}
        self._of_expression: dict[Hashable, int] = {}

    def scalar(self, value: SSAValue) -> int:
        """The number of a scalar in the body of a `linalg.generic`."""
        if value not in self._of_value:
            self._of_value[value] = self._number(self._expression(value))
        return self._of_value[value]

    def _expression(self, value: SSAValue) -> Hashable:
        if isinstance(value, BlockArgument):
            op = value.block.parent_op()
            assert isinstance(op, GenericOp)
            map_ = op.indexing_maps.data[value.index].data
            return (map_, self._tensor(op.operands[value.index]))
        op = value.owner
        assert isinstance(op, Operation)
        operands = tuple(self.scalar(operand) for operand in op.operands)
        return (op.name, tuple(sorted(op.properties.items())), operands)

    def _tensor(self, tensor: SSAValue) -> int:
        op = tensor.owner
        if not isinstance(op, GenericOp) or reduction_loops(op):
            return self._number(tensor)
        last = op.body.block.last_op
        assert last is not None
        return self._number((op.indexing_maps.data[-1].data, self.scalar(last.operands[0])))

    def _number(self, key: Hashable) -> int:
        return self._of_expression.setdefault(key, len(self._of_expression))
