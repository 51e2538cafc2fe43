"""Constants go where they are used: each ``linalg.generic`` defines its own scalars.

Before:
    %c = arith.constant 1.5 : f64
    %0 = linalg.generic ... ins(%a, %splat) { ^bb0(%x, %s, %out): %t = arith.truncf %c : f64 to f32
    ... }
After:
    %0 = linalg.generic ... ins(%a) { ^bb0(%x, %out): %t = arith.constant 1.5 : f32 ... }

A generic that only spreads one constant becomes ``linalg.fill``. Conversions of constants are
computed here, which is what removes f64 and integers from imported programs.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import AnyFloat, ArrayAttr, Float32Type, FloatAttr, IntegerAttr, i1
from xdsl.dialects.linalg.ops import FillOp, GenericOp, YieldOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from npu.frontend.stage0.generics import is_contraction, map_results, positions
from npu.frontend.stage0.origins import copy_origin
from npu.frontend.stage0.results import set_operands

CONVERSIONS = (arith.TruncFOp, arith.ExtFOp, arith.SIToFPOp, arith.UIToFPOp)

Scalar = FloatAttr[AnyFloat] | IntegerAttr
"""A constant number."""


def inline_constants(function: func.FuncOp) -> None:
    """Apply the rewrite to every ``linalg.generic`` of ``function``, in place."""
    for op in list(function.body.block.ops):
        if isinstance(op, GenericOp):
            _inline_operands(op)
            _inline_captures(op)
            _fold_conversions(op.body.block)
            _to_fill(op)


def scalar_of(value: SSAValue) -> Scalar | None:
    """The scalar that ``value`` holds everywhere, if it is a constant or filled with one."""
    owner = value.owner
    if isinstance(owner, FillOp):
        return scalar_of(owner.inputs[0])
    if not isinstance(owner, arith.ConstantOp):
        return None
    constant = owner.value
    return constant if isinstance(constant, FloatAttr | IntegerAttr) else None


def _inline_operands(op: GenericOp) -> None:
    """Replace inputs that are constants by constants in the body."""
    block = op.body.block
    dropped = _constant_inputs(op)
    for i, scalar in dropped.items():
        block.args[i].replace_all_uses_with(_define(block, scalar))
    if not dropped:
        return
    maps = list(op.indexing_maps)
    for i in sorted(dropped, reverse=True):
        block.erase_arg(block.args[i])
        del maps[i]
    inputs = [value for i, value in enumerate(op.inputs) if i not in dropped]
    set_operands(op, inputs, list(op.outputs))
    op.properties["indexing_maps"] = ArrayAttr(maps)


def _constant_inputs(op: GenericOp) -> dict[int, Scalar]:
    """The inputs to replace, with their values.

    The last operand that walks a loop stays, since nothing else says how long the loop is.
    """
    found: dict[int, Scalar] = {}
    walked = [set(positions(results)) for results in map_results(op)]
    is_product = is_contraction(op)
    for i, value in enumerate(op.inputs):
        scalar = scalar_of(value)
        others = {dim for j, dims in enumerate(walked) if j != i and j not in found for dim in dims}
        if scalar is not None and walked[i] - {None} <= others and not (is_product and walked[i]):
            found[i] = scalar
    return found


def _inline_captures(op: GenericOp) -> None:
    """Define in the body the constants that it reads from outside."""
    block = op.body.block
    defined: dict[SSAValue, SSAValue] = {}
    for inner in list(block.ops):
        for i, operand in enumerate(inner.operands):
            if operand.owner is block or _inside(operand.owner, block):
                continue
            scalar = scalar_of(operand)
            if scalar is None:
                continue
            if operand not in defined:
                defined[operand] = _define(block, scalar)
            inner.operands[i] = defined[operand]


def _inside(owner: Operation | Block, block: Block) -> bool:
    return isinstance(owner, Operation) and owner.parent is block


def _define(block: Block, scalar: Scalar) -> SSAValue:
    """A new constant at the head of ``block``."""
    constant = arith.ConstantOp(scalar)
    Rewriter.insert_op(constant, InsertPoint.at_start(block))
    return constant.result


def _fold_conversions(block: Block) -> None:
    """Compute conversions of constants, each rounded once; what is too large is infinite."""
    for op in list(block.ops):
        type_ = op.results[0].type if op.results else None
        if not isinstance(op, CONVERSIONS) or not isinstance(type_, AnyFloat):
            continue
        scalar = scalar_of(op.operands[0])
        if scalar is not None:
            number = _number(scalar, type_)
            if isinstance(op, arith.UIToFPOp) and scalar.type == i1:
                number = abs(number)
            Rewriter.replace_op(op, arith.ConstantOp(FloatAttr(number, type_)))
    for op in reversed(list(block.ops)):
        if isinstance(op, arith.ConstantOp) and not op.result.uses:
            Rewriter.erase_op(op)


def _number(scalar: Scalar, type_: AnyFloat) -> float:
    """The value as a float that rounds to ``type_`` as the number itself does."""
    value = scalar.value.data
    if isinstance(value, int) and isinstance(type_, Float32Type) and abs(value) < 2**63:
        return float(np.int64(value).astype(np.float32))
    return float(value)


def _to_fill(op: GenericOp) -> None:
    """A body that yields nothing but one constant is a fill."""
    last = op.body.block.last_op
    if op.inputs or not isinstance(last, YieldOp) or len(last.operands) != 1:
        return
    scalar = scalar_of(last.operands[0])
    if scalar is None:
        return
    constant = arith.ConstantOp(scalar)
    fill = FillOp([constant.result], list(op.outputs), [r.type for r in op.results])
    copy_origin(op, fill)
    Rewriter.replace_op(op, [constant, fill])
