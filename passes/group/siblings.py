"""Reductions over the same dimensions of the same tensor, as a maximum and a sum of each row.

In one group they load the tensor once. Before:

    %max = npu.group ins(%x) { reduction over d1 }
    %sum = npu.group ins(%x) { reduction over d1 }

After:

    %max, %sum = npu.group ins(%x) { both }

Limitations: the tensor is walked by all loops, without windows, and is read by both as it is:
elementwise work on it makes a tensor of its own, until `npu.passes.group.fuse` has run.
"""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Operation

from npu.passes.group.access import is_windowed
from npu.passes.group.iteration_space import operand_loops, reduction_loops


def siblings(op: GenericOp) -> Iterator[Operation]:
    """The operations that reduce the same dimensions of an input of ``op``, itself among them."""
    if not reduction_loops(op):
        return
    for index, value in enumerate(op.inputs):
        walk = _whole_walk(op, index)
        if walk is not None:
            for use in value.uses:
                if _whole_walk(use.operation, use.index) == walk:
                    yield use.operation


def _whole_walk(op: Operation, index: int) -> tuple[bool, ...] | None:
    """Of each dimension of an input that all loops of ``op`` walk, whether it is reduced.

    None for other operands, and for what is read through windows.
    """
    if not isinstance(op, GenericOp) or index >= len(op.inputs) or is_windowed(op, index):
        return None
    loops = operand_loops(op, index)
    if len(loops) < len(op.iterator_types):
        return None
    reduced = reduction_loops(op)
    return tuple(loop in reduced for loop in loops)
