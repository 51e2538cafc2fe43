"""Cycles of vector code by counting instructions, ahead of any code: what an estimate starts from.

An operation walks lines of its innermost dimension; where its operands lie in one run, lines join.
A strip of a line fills the datapath, p elements, in one cycle; a machine has several units of each
kind, and lines, or registers of a group, keep them busy side by side:

    cycles = calls + lines * (ceil(line / p) * instructions / units + loop + gathering)

Instructions are those of `codegen/`, counted in its code where a function is expanded; the timing
model (docs/timing-model-vector.md) takes a cycle for each, and one more for a loop's branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, prod

from npu.passes.map.problem import Problem, Stage, VectorOp

LOOP = 1.0
"""Cycles of a line besides its strips: the loop's branch, addresses meanwhile."""

GATHERING = 6.0
"""Cycles to add up the lanes of a line: reduce, move to a scalar, test for NaN, store."""


def vector_cycles(problem: Problem, stage: Stage, tile: Sequence[float]) -> float:
    """Cycles of one call of a stage's vector code on a tile."""
    return sum(_of_op(problem, op, tile) for op in stage.vector_ops)


def _of_op(problem: Problem, op: VectorOp, tile: Sequence[float]) -> float:
    device = problem.device
    sizes = [tile[d] for d in problem.memory_order if d in op.dims] or [1.0]
    line = prod(sizes) if op.is_one_run else sizes[-1]
    lines = prod(sizes) / line
    strips = ceil(line / device.vector_elements)
    extra = LOOP + (GATHERING if op.gathers else 0.0)
    return lines * (strips * op.instructions / device.vector_units + extra)
