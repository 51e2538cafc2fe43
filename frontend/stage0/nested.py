"""A whole that is a part of one along the same dimension and nothing else gives its parts to it.

Before:
    %0 = tensor.concat dim(1) %a, %b
    %1 = tensor.concat dim(1) %0, %c
After:
    %1 = tensor.concat dim(1) %a, %b, %c
"""

from __future__ import annotations

from xdsl.dialects import func
from xdsl.dialects.tensor import ConcatOp
from xdsl.ir import SSAValue
from xdsl.rewriter import Rewriter


def join_nested(function: func.FuncOp) -> None:
    """Apply the rewrite to ``function`` from top to bottom, in place."""
    for op in list(function.body.block.ops):
        if isinstance(op, ConcatOp):
            nested = [inner for part in op.inputs if (inner := _nested(part, op))]
            op.operands = [one for part in op.inputs for one in _parts(part, op)]
            for inner in nested:
                Rewriter.erase_op(inner)


def _parts(part: SSAValue, whole: ConcatOp) -> list[SSAValue]:
    """What stands for a part."""
    inner = _nested(part, whole)
    return [part] if inner is None else list(inner.inputs)


def _nested(part: SSAValue, whole: ConcatOp) -> ConcatOp | None:
    """The whole along the dimension of ``whole`` that a part is, for it alone."""
    owner = part.owner
    is_nested = isinstance(owner, ConcatOp) and owner.dim == whole.dim and part.has_one_use()
    return owner if is_nested else None
