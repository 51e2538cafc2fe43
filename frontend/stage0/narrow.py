"""Integers of 64 bits become integers of 32, the widest that kernels compute with.

Before:
    func.func @main(%ids: tensor<4xi64>) { ... %c = arith.constant 1 : i64
      %s = arith.sitofp %i : i64 to f32
After:
    func.func @main(%ids: tensor<4xi32>) { ... %c = arith.constant 1 : i32
      %s = arith.sitofp %i : i32 to f32

Values at the border are checked when a program runs (`npu.frontend.torch.arrays`), constants here.
The ends of the range of 64 bits, from which maxima and minima start, become those of 32.

A float compared with a constant of f64, as upstream writes comparisons with numbers, is compared
with a neighbour of the constant in f32 that decides alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    FloatAttr,
    FunctionType,
    IntegerAttr,
    TensorType,
    f32,
    f64,
    i32,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from npu.configs.errors import UserError
from npu.dialects.element_types import is_tensor
from npu.frontend.places import Places
from npu.frontend.stage0.constants import scalar_of

LOWEST, HIGHEST = -(2**31), 2**31 - 1
"""The range of 32 bits."""

ENDS = {-(2**63): LOWEST, 2**63 - 1: HIGHEST}
"""The ends of the range of 64 bits, and what they become."""

NOT_LESS, NOT_GREATER, EQUAL, DIFFERENT = {3, 4, 10, 11}, {2, 5, 9, 12}, {1, 8}, {6, 13}
"""Numbers of `arith.cmpf`'s predicates: those that need the least f32 of at least the constant
(oge, olt, uge, ult), the greatest of at most it (ogt, ole, ugt, ule), and (in)equality."""


def narrow_integers(function: func.FuncOp, places: Places) -> None:
    """Apply the rewrites to ``function``, in place.

    Raises:
        UserError: constants do not fit 32 bits; all of them are named.
    """
    problems: list[str] = []
    for op in list(function.walk()):
        if isinstance(op, arith.ConstantOp):
            problems += [f"{places.where_is(op)}: {wrong}" for wrong in _constant(op)]
    if problems:
        raise UserError("\n".join(dict.fromkeys(problems)))
    for value in [v for op in function.walk() for v in _values(op)]:
        narrow = _narrowed(value.type)
        if narrow != value.type:
            Rewriter.replace_value_with_new_type(value, narrow)
    inputs, outputs = function.function_type.inputs.data, function.function_type.outputs.data
    function.properties["function_type"] = FunctionType.from_lists(
        [_narrowed(type_) for type_ in inputs], [_narrowed(type_) for type_ in outputs]
    )
    for op in list(function.walk()):
        if isinstance(op, arith.ExtSIOp | arith.ExtUIOp | arith.TruncIOp):
            if op.operands[0].type == op.results[0].type:
                Rewriter.replace_op(op, [], [op.operands[0]])
        elif isinstance(op, arith.CmpfOp):
            _compare_in_f32(op)


def _values(op: Operation) -> Iterator[SSAValue]:
    """The results of an operation and the arguments of its blocks."""
    yield from op.results
    for region in op.regions:
        for block in region.blocks:
            yield from block.args


def _narrowed(type_: Attribute) -> Attribute:
    if type_ == i64:
        return i32
    if is_tensor(type_) and type_.element_type == i64:
        return TensorType(i32, type_.get_shape())
    return type_


def _constant(op: arith.ConstantOp) -> Sequence[str]:
    """Gives a constant 32 bits; what is wrong with it, if it does not fit."""
    value = op.value
    if isinstance(value, IntegerAttr) and value.type == i64:
        number = value.value.data
        number = ENDS.get(number, number)
        if not LOWEST <= number <= HIGHEST:
            return [_too_wide(number)]
        op.properties["value"] = IntegerAttr(number, i32)
    elif isinstance(value, DenseIntOrFPElementsAttr) and value.get_element_type() == i64:
        numbers = [ENDS.get(int(n), int(n)) for n in cast(Any, value).get_values()]
        wide = [n for n in numbers if not LOWEST <= n <= HIGHEST]
        if wide:
            return [_too_wide(wide[0])]
        type_ = TensorType(i32, value.get_shape())
        op.properties["value"] = cast(Any, DenseIntOrFPElementsAttr).from_list(type_, numbers)
    return []


def _too_wide(number: int) -> str:
    return (
        f"the constant {number} does not fit 32 bits, the widest integers that kernels compute "
        f"with; expected {LOWEST} to {HIGHEST}"
    )


def _compare_in_f32(op: arith.CmpfOp) -> None:
    """Compares f32 with f32 where both sides are f32 extended, or one and a constant of f64."""
    sides = [_single(side) for side in op.operands]
    if op.lhs.type != f64 or sides == [None, None]:
        return
    predicate = op.predicate.value.data
    numbers = [scalar_of(side) for side in op.operands]
    for place, number in enumerate(numbers):
        if sides[place] is None:
            found = _neighbour(number, predicate, is_left=place == 0)
            if found is None:
                return
            constant = arith.ConstantOp(FloatAttr(found, f32))
            Rewriter.insert_op(constant, InsertPoint.before(op))
            sides[place] = constant.result
    left, right = cast("list[SSAValue]", sides)
    wide = [side.owner for side in op.operands]
    Rewriter.replace_op(op, arith.CmpfOp(left, right, predicate))
    for owner in dict.fromkeys(wide):
        if isinstance(owner, arith.ExtFOp) and not owner.result.uses:
            Rewriter.erase_op(owner)


def _single(side: SSAValue) -> SSAValue | None:
    """The f32 that a value of f64 is."""
    owner = side.owner
    if isinstance(owner, arith.ExtFOp) and owner.operands[0].type == f32:
        return owner.operands[0]
    return None


def _neighbour(scalar: object, predicate: int, *, is_left: bool) -> float | None:
    """The f32 that a comparison with a constant may use instead; None where there is none."""
    if not isinstance(scalar, FloatAttr):
        return None
    exact = np.float64(cast(Any, scalar).value.data)
    with np.errstate(over="ignore"):
        near = exact.astype(np.float32)
    if near == exact or np.isnan(exact) or predicate in {0, 7, 14, 15}:
        return float(near)
    if predicate in EQUAL | DIFFERENT:
        return float("nan") if predicate in {1, 13} else None
    upwards = (predicate in NOT_LESS) != is_left
    toward = np.float32(np.inf if upwards else -np.inf)
    passed = near > exact if upwards else near < exact
    return float(near if passed else np.nextafter(near, toward))
