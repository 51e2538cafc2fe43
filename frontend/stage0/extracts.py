"""Values that a body takes out of a tensor, at sums of multiples of loops, become an operand.

Before:
    generic (d0) outs(%0 (d0)) { %i = linalg.index 0 : index ; %j = arith.subi %c4, %i : index
      %v = tensor.extract %x[%j] : tensor<5xf32> ; linalg.yield %v : f32 }
After:
    generic (d0) ins(%x (d0 * -1 + 4)) outs(%0 (d0)) { ^bb0(%v, %out): linalg.yield %v : f32 }

What is taken out elsewhere, as where another tensor says, stays for the check to name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import arith, func
from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, IntegerAttr
from xdsl.dialects.linalg.ops import GenericOp, IndexOp
from xdsl.dialects.tensor import ExtractOp
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.rewriter import Rewriter

from npu.dialects.element_types import element_type
from npu.frontend.stage0.generics import loop_extents
from npu.frontend.stage0.results import set_operands
from npu.frontend.stage0.sums import Sum, sum_of

COMBINED: dict[type[Operation], Callable[[AffineExpr, AffineExpr], AffineExpr]] = {
    arith.AddiOp: lambda a, b: a + b,
    arith.SubiOp: lambda a, b: a + b * -1,
    arith.MuliOp: lambda a, b: a * b,
}


def read_extracts(function: func.FuncOp) -> None:
    """Apply the rewrite to every ``linalg.generic`` of ``function``, in place."""
    for op in function.body.block.ops:
        if not isinstance(op, GenericOp):
            continue
        for inner in list(op.body.block.ops):
            if isinstance(inner, ExtractOp):
                _read(op, inner)


def _read(op: GenericOp, extract: ExtractOp) -> None:
    exprs = [_expression(index) for index in extract.indices]
    sums = [None if expr is None else sum_of(expr) for expr in exprs]
    read = _walked(op, [each for each in sums if each is not None])
    if None in sums or read is None:
        return
    count, loops = len(op.inputs), len(op.iterator_types)
    argument = op.body.block.insert_arg(element_type(extract.tensor.type), count)
    maps = list(op.indexing_maps)
    maps.insert(count, AffineMapAttr(AffineMap(loops, 0, tuple(s.expression for s in read))))
    set_operands(op, [*op.inputs, extract.tensor], list(op.outputs))
    op.properties["indexing_maps"] = ArrayAttr(maps)
    used = [index.owner for index in extract.indices]
    Rewriter.replace_op(extract, [], [argument])
    while used:
        owner = used.pop()
        is_inside = isinstance(owner, Operation) and owner.parent is op.body.block
        if is_inside and not any(result.uses for result in owner.results):
            used += [value.owner for value in owner.operands]
            Rewriter.erase_op(owner)


def _walked(op: GenericOp, sums: Sequence[Sum]) -> list[Sum] | None:
    """Sums with a loop each: upstream writes 0 for the index of a loop of extent 1."""
    used = {loop for each in sums for loop in each.steps}
    units = [n for n, size in enumerate(loop_extents(op)) if size == 1 and n not in used]
    found: list[Sum] = []
    for each in sums:
        if not each.steps and not units:
            return None
        found.append(each if each.steps else Sum({units.pop(0): 1}, each.constant))
    return found


def _expression(index: SSAValue) -> AffineExpr | None:
    """What a value of type index is of the loops; None for what is no sum of multiples."""
    owner = index.owner
    if isinstance(owner, IndexOp):
        return AffineExpr.dimension(owner.dim.value.data)
    if isinstance(owner, arith.ConstantOp) and isinstance(owner.value, IntegerAttr):
        return AffineExpr.constant(owner.value.value.data)
    combine = COMBINED.get(type(owner)) if isinstance(owner, Operation) else None
    if combine is None or not isinstance(owner, Operation):
        return None
    sides = [_expression(side) for side in owner.operands]
    if sides[0] is None or sides[1] is None:
        return None
    return combine(sides[0], sides[1])
