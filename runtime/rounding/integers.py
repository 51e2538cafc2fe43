"""Integers of 32 bits and conversions, on values with errors.

Integer arithmetic wraps around and does not round: an error of an integer is what rounding ahead of
a conversion, or a comparison in doubt, makes of it. A condition is 1 or 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import i1, i32
from xdsl.ir import Attribute, Operation

from npu.runtime.reference.frame import Frame, Handler
from npu.runtime.reference.scalars import compare_integers, divide_integers, shift_down
from npu.runtime.rounding import arithmetic
from npu.runtime.rounding.pairs import UNIT, Doubles, Pairs, pairs

Whole = NDArray[np.int64]

EXACT = 2.0**24
"""Every integer up to this one is a float."""

LOWEST, HIGHEST = -(2.0**31), 2.0**31 - 1
"""The range of 32 bits."""


def wrapped(value: Whole, error: Doubles, type_: Attribute) -> Pairs:
    """An integer result in the range of its type; in doubt where the error crosses an end of it."""
    if type_ == i1:
        return pairs((value % 2).astype(np.float64), np.minimum(error, 1.0))
    crosses = (error > 0) & ((np.abs(value.astype(np.float64)) + error) > HIGHEST)
    return pairs(
        value.astype(np.int32).astype(np.float64), np.where(crosses, np.inf, error), error == 0
    )


def whole(a: Pairs) -> Whole:
    """The values as integers, so that products wrap as those of 32 bits do."""
    return np.nan_to_num(a["value"]).astype(np.int64)


def _sum(combine: Callable[[Whole, Whole], Whole]) -> Handler:
    def handler(op: Operation, frame: Frame) -> None:
        a, b = (frame.array(x) for x in op.operands)
        value = combine(whole(a), whole(b))
        frame.set(op, wrapped(value, a["error"] + b["error"], op.results[0].type))

    return handler


def add_integers(a: Pairs, b: Pairs) -> Pairs:
    """a + b of 32 bits, where what float64 itself rounded is no error."""
    return wrapped(whole(a) + whole(b), np.floor(a["error"] + b["error"]), i32)


def multiply_integers(a: Pairs, b: Pairs, type_: Attribute = i32) -> Pairs:
    """a * b, wrapped around."""
    left, right = np.abs(a["value"]), np.abs(b["value"])
    error = arithmetic.times(a["error"], right) + arithmetic.times(left, b["error"])
    error = error + arithmetic.times(a["error"], b["error"])
    return wrapped(whole(a) * whole(b), error, type_)


def _product(op: Operation, frame: Frame) -> None:
    a, b = (frame.array(x) for x in op.operands)
    frame.set(op, multiply_integers(a, b, op.results[0].type))


def _bits(combine: Callable[[Whole, Whole], Whole]) -> Handler:
    """andi, ori, xori; in doubt where an operand is."""

    def handler(op: Operation, frame: Frame) -> None:
        a, b = (frame.array(x) for x in op.operands)
        doubtful = (a["error"] > 0) | (b["error"] > 0)
        doubt = 1.0 if op.results[0].type == i1 else np.inf
        value = combine(whole(a), whole(b))
        frame.set(op, wrapped(value, np.where(doubtful, doubt, 0.0), op.results[0].type))

    return handler


def _quotient(combine: Callable[[Whole, Whole], Whole]) -> Handler:
    """divsi, remsi; in doubt where an operand is, and where it is by 0."""

    def handler(op: Operation, frame: Frame) -> None:
        a, b = (frame.array(x) for x in op.operands)
        doubtful = (a["error"] > 0) | (b["error"] > 0) | (b["value"] == 0)
        value = combine(whole(a), whole(b))
        frame.set(op, wrapped(value, np.where(doubtful, np.inf, 0.0), op.results[0].type))

    return handler


def _absolute(op: Operation, frame: Frame) -> None:
    a = frame.array(op.operands[0])
    frame.set(op, wrapped(np.abs(whole(a)), a["error"], op.results[0].type))


def _compared(op: Operation, frame: Frame) -> None:
    """A condition: 1 or 0, with an error of 1 where the operands' errors decide."""
    compare = cast(arith.CmpiOp, op)
    a, b = (frame.array(x) for x in op.operands)
    sides = [whole(a), whole(b)]
    if op.operands[0].type == i1:
        sides = [side.astype(np.bool_) for side in sides]
    value = compare_integers(compare.predicate.value.data, *sides).astype(np.float64)
    room = a["error"] + b["error"]
    doubtful = (room > 0) & ~(np.abs(a["value"] - b["value"]) > room)
    frame.set(op, pairs(value, np.where(doubtful, 1.0, 0.0)))


def _to_float(op: Operation, frame: Frame) -> None:
    """sitofp, uitofp: rounds integers beyond 24 bits."""
    a = frame.array(op.operands[0])
    value = a["value"]
    if op.operands[0].type == i1 and isinstance(op, arith.SIToFPOp):
        value = -value
    elif op.operands[0].type != i1 and isinstance(op, arith.UIToFPOp):
        value = np.where(value < 0, value + 2.0**32, value)
    rounds = np.abs(value) + a["error"] > EXACT
    rounding = np.where(rounds, UNIT * (np.abs(value) + a["error"]), 0.0)
    frame.set(op, pairs(value, a["error"] + rounding))


def _to_integer(op: Operation, frame: Frame) -> None:
    """fptosi: towards zero; anything where the float is none of 32 bits."""
    a = frame.array(op.operands[0])
    value = np.trunc(a["value"])
    ends = [np.trunc(a["value"] + sign * a["error"]) for sign in (-1, 1)]
    error = np.maximum(value - ends[0], ends[1] - value)
    inside = (ends[0] >= LOWEST) & (ends[1] <= HIGHEST)
    value = np.clip(np.nan_to_num(value), LOWEST, HIGHEST)
    frame.set(op, pairs(value, np.where(inside, error, np.inf)))


def _extended(op: Operation, frame: Frame) -> None:
    a = frame.array(op.operands[0])
    sign = -1.0 if isinstance(op, arith.ExtSIOp) else 1.0
    frame.set(op, pairs(sign * a["value"], a["error"]))


def _truncated(op: Operation, frame: Frame) -> None:
    a = frame.array(op.operands[0])
    frame.set(op, wrapped(whole(a), np.where(a["error"] > 0, 1.0, 0.0), op.results[0].type))


INTEGERS: dict[type[Operation], Handler] = {
    arith.AddiOp: _sum(np.add),
    arith.SubiOp: _sum(np.subtract),
    arith.MuliOp: _product,
    arith.DivSIOp: _quotient(divide_integers),
    arith.RemSIOp: _quotient(np.fmod),
    math.AbsIOp: _absolute,
    arith.AndIOp: _bits(np.bitwise_and),
    arith.OrIOp: _bits(np.bitwise_or),
    arith.XOrIOp: _bits(np.bitwise_xor),
    arith.ShLIOp: _bits(np.left_shift),
    arith.ShRSIOp: _bits(np.right_shift),
    arith.ShRUIOp: _bits(shift_down),
    arith.CmpiOp: _compared,
    arith.SIToFPOp: _to_float,
    arith.UIToFPOp: _to_float,
    arith.FPToSIOp: _to_integer,
    arith.ExtUIOp: _extended,
    arith.ExtSIOp: _extended,
    arith.TruncIOp: _truncated,
}
"""How each operation on integers is executed on values with errors."""
