"""Recognising contractions: what the systolic arrays compute.

A contraction is a `linalg.generic` that multiplies two tensors and adds up:

    out[b, m, n] += rows[b, m, k] * weights[b, k, n]

with any number (also none) of batch, m and n loops, at least one of m and n, and at least one k
loop, in any order of the operands' own dimensions. The weights are the operand that has the last
dimension of the result, so that results leave the array along the result's rows. Of the result's
other dimensions, batch ones may stand anywhere: `is_strided` says that they do not come first.

Limitations: the last dimension of the result is no batch; m dimensions stand before n dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Block, Operation, SSAValue

from npu.passes.group.iteration_space import operand_loops, reduction_loops, result_loops


@dataclass(frozen=True)
class Contraction:
    """The loops of a contraction by role, and which operand is which."""

    op: GenericOp
    rows: int
    """Operand number of the tensor whose rows stream through the array."""
    weights: int
    """Operand number of the tensor that the array holds."""
    batch: tuple[int, ...]
    m: tuple[int, ...]
    n: tuple[int, ...]
    k: tuple[int, ...]

    @property
    def is_strided(self) -> bool:
        """Whether a result tile of one batch is not contiguous in the result's order of loops.

        Such a result is stored batch by batch, so that no store has to transpose.
        """
        return (*self.batch, *self.m, *self.n) != result_loops(self.op)


def contraction_of(op: Operation) -> Contraction | None:
    """The roles of `op`'s loops if it is a contraction, else None."""
    if not isinstance(op, GenericOp) or len(op.inputs) != 2 or not _multiplies_and_adds(op):
        return None
    first, second = operand_loops(op, 0), operand_loops(op, 1)
    result, k = result_loops(op), reduction_loops(op)
    if not k or not result or any(d not in first or d not in second for d in k):
        return None
    rows, weights = (1, 0) if result[-1] in first and result[-1] not in second else (0, 1)
    row_loops, weight_loops = (second, first) if rows else (first, second)
    batch = tuple(d for d in result if d in first and d in second)
    m = tuple(d for d in result if d in row_loops and d not in weight_loops)
    n = tuple(d for d in result if d in weight_loops and d not in row_loops)
    if (
        not (m or n)
        or result[-1] in batch
        or tuple(d for d in result if d not in batch) != (*m, *n)
    ):
        return None
    return Contraction(op, rows, weights, batch, m, n, k)


def only_contraction(ops: Sequence[Operation]) -> Contraction | None:
    """The contraction among `ops`, if there is one."""
    found = [c for c in map(contraction_of, ops) if c is not None]
    return found[0] if found else None


def _multiplies_and_adds(op: GenericOp) -> bool:
    """Whether the body is exactly `out + a * b`."""
    block = op.body.block
    body = list(block.ops)
    if len(body) != 3 or len(block.args) != 3:
        return False
    multiply, add, last = body
    if not isinstance(multiply, arith.MulfOp) or not isinstance(add, arith.AddfOp):
        return False
    return (
        _same(multiply.operands, (block.args[0], block.args[1]))
        and _same(add.operands, (multiply.result, block.args[2]))
        and tuple(last.operands) == (add.result,)
    )


def _same(found: Sequence[SSAValue], wanted: tuple[SSAValue, SSAValue]) -> bool:
    """Whether two operands are the wanted ones in either order."""
    return tuple(found) in {wanted, wanted[::-1]}


def is_body_of(block: Block, value: SSAValue) -> bool:
    """Whether `value` is an argument of `block` or computed in it."""
    owner = value.owner
    return owner is block or (isinstance(owner, Operation) and owner.parent is block)
