"""PyTorch's maximum, minimum and clamp become maxima and minima in which NaN wins.

Upstream writes them as a comparison and a choice, which loses NaN: `maximum` that of its first
operand, `clamp` any.

Before:
    %b = arith.cmpf ogt, %x, %y : f32
    %r = arith.select %b, %x, %y : f32
After:
    %r = arith.maximumf %x, %y : f32

Only operations imported from these three PyTorch operators (`LOWERED_FROM`) are rewritten: in
others a comparison and a choice mean what they say. The attribute is removed from all.
"""

from __future__ import annotations

from xdsl.dialects import arith, func
from xdsl.dialects.builtin import StringAttr
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Block, Operation
from xdsl.rewriter import Rewriter

from npu.frontend.stage0.origins import LOWERED_FROM

OPERATORS = frozenset({"aten.maximum", "aten.minimum", "aten.clamp"})

GREATER = frozenset({2, 3, 9, 10})
LESS = frozenset({4, 5, 11, 12})
"""Numbers of `arith.cmpf`'s predicates: ogt, oge, ugt, uge; olt, ole, ult, ule."""


def let_nan_win(function: func.FuncOp) -> None:
    """Apply the rewrite to every ``linalg.generic`` of ``function``, in place."""
    for op in function.body.block.ops:
        origin = op.attributes.pop(LOWERED_FROM, None)
        if not isinstance(op, GenericOp) or not isinstance(origin, StringAttr):
            continue
        if origin.data in OPERATORS:
            _rewrite(op.body.block)


def _rewrite(block: Block) -> None:
    for op in list(block.ops):
        extremum = _extremum_of(op)
        if extremum is not None:
            Rewriter.replace_op(op, extremum)
    for op in reversed(list(block.ops)):
        if isinstance(op, arith.CmpfOp) and not op.result.uses:
            Rewriter.erase_op(op)


def _extremum_of(op: Operation) -> arith.MaximumfOp | arith.MinimumfOp | None:
    """The maximum or minimum that ``op`` chooses, or None if it is no such choice."""
    if not isinstance(op, arith.SelectOp) or not isinstance(op.cond.owner, arith.CmpfOp):
        return None
    compared = op.cond.owner
    sides = (compared.lhs, compared.rhs)
    predicate = compared.predicate.value.data
    if (op.lhs, op.rhs) == sides:
        takes_greater = predicate in GREATER
    elif (op.rhs, op.lhs) == sides:
        takes_greater = predicate in LESS
    else:
        return None
    if predicate not in GREATER | LESS:
        return None
    return arith.MaximumfOp(*sides) if takes_greater else arith.MinimumfOp(*sides)
