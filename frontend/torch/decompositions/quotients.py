"""Remainders and rounded quotients, powers of integers, shifts, and signs.

Those of floats are PyTorch's own: a remainder is exact, a quotient rounded down is what is left of
the dividend without it, over the divisor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from npu.frontend.torch.scalar_ops import of_two

aten = torch.ops.aten

BITS = 32
"""Of the integers that kernels compute with."""

Operand = Tensor | float


def _alike(x: Operand, y: Operand) -> tuple[Tensor, Tensor]:
    """Both as tensors of the type that PyTorch gives their result."""
    kind = torch.result_type(x, y)
    one, two = (
        each.to(kind) if isinstance(each, Tensor) else torch.full((), each, dtype=kind)
        for each in (x, y)
    )
    return one, two


def fmod(x: Operand, y: Operand) -> Tensor:
    """What division towards zero leaves, with the sign of ``x``; of integers by their quotient."""
    x, y = _alike(x, y)
    if x.is_floating_point():
        return of_two("npu.fmod", x, y)
    return x - torch.div(x, y, rounding_mode="trunc") * y


def remainder(x: Operand, y: Operand) -> Tensor:
    """What division downwards leaves, with the sign of ``y``."""
    one, two = _alike(x, y)
    if one.is_floating_point():
        left = of_two("npu.fmod", one, two)
        return torch.where((left != 0) & ((two < 0) != (left < 0)), left + two, left)
    if isinstance(x, Tensor):
        return NotImplemented
    return torch.remainder(one.expand(two.shape), two)


def divide(x: Tensor, y: Tensor, rounding_mode: str | None = None) -> Tensor:
    """Quotients that are rounded, and others as they are."""
    one, two = _alike(x, y)
    if one.is_floating_point() or one.dtype is torch.bool:
        if rounding_mode == "floor":
            return _rounded_down(one, two)
        return torch.trunc(x / y) if rounding_mode == "trunc" else x / y
    return _divide_integers(x, y, rounding_mode)


def _rounded_down(x: Tensor, y: Tensor) -> Tensor:
    left = of_two("npu.fmod", x, y)
    quotient = (x - left) / y
    quotient = torch.where((left != 0) & ((y < 0) != (left < 0)), quotient - 1.0, quotient)
    whole = torch.floor(quotient)
    whole = torch.where(quotient - whole > 0.5, whole + 1.0, whole)
    return torch.where(y == 0, x / y, whole)


def _divide_integers(x: Tensor, y: Tensor, rounding_mode: str | None) -> Tensor:
    """Rounded down: what is left of ``x`` without the remainder has a whole quotient.

    Quotients towards zero stay as they are.
    """
    if rounding_mode == "trunc":
        return NotImplemented
    if rounding_mode is None:
        return x / y
    kind = torch.result_type(x, y)
    if kind in (torch.int8, torch.uint8, torch.int16):  # the difference may leave its range
        return torch.div(x.to(torch.int32), y, rounding_mode="floor").to(kind)
    return torch.div(x - torch.remainder(x, y), y, rounding_mode="trunc")


def power(x: Operand, y: Operand) -> Tensor:
    """x^y of two tensors, or of a number and a tensor."""
    one, two = _alike(x, y)
    if not one.is_floating_point():
        return _power_of_integers(x if isinstance(x, int) else one, two)
    operands = [each for each in (x, y) if isinstance(each, Tensor)]
    if all(each.dtype is one.dtype for each in operands):
        return NotImplemented
    return torch.pow(one, two) if isinstance(x, Tensor) else aten.pow.Scalar(x, two)


def _power_of_integers(x: Tensor | int, y: Tensor) -> Tensor:
    """By squares, wrapped around; one over more than 1 is 0."""
    result = torch.full((), 1, dtype=y.dtype)
    for bit, square in enumerate(_squares(x)):
        result = torch.where(_holds(y, 1 << bit), result * square, result)
    turned = torch.where(_holds(y, 1), -1, 1)
    if isinstance(x, Tensor):
        below = torch.where(x == 1, 1, torch.where(x == -1, turned, 0))
    else:
        below = turned if x == -1 else int(x == 1)
    return torch.where(y < 0, below, result).to(y.dtype)


def _squares(x: Tensor | int) -> Iterator[Tensor | int]:
    """x, x^2, x^4 and so on; of a number wrapped around here."""
    for _ in range(BITS - 1):
        yield x
        x = x * x
        if isinstance(x, int):
            x = (x + 2 ** (BITS - 1)) % 2**BITS - 2 ** (BITS - 1)


def _holds(y: Tensor, bit: int) -> Tensor:
    """Whether a bit is set."""
    return torch.bitwise_and(y, torch.full((), bit, dtype=y.dtype)) != 0


def shift_left(x: Operand, by: Operand) -> Tensor:
    """Bits moved up; all of them are gone by 32 or more, and by what is negative."""
    one, two = _alike(x, by)
    moved = of_two("arith.shli", one, two.clamp(0, BITS - 1))
    return torch.where((two >= 0) & (two < BITS), moved, 0)


def shift_right(x: Operand, by: Operand) -> Tensor:
    """Bits moved down, the sign into their places."""
    one, two = _alike(x, by)
    most = torch.where(two < 0, BITS - 1, two.clamp(0, BITS - 1))
    return of_two("arith.shrsi", one, most)


def copysign(x: Tensor, y: Operand) -> Tensor:
    """The magnitude of ``x`` with the sign of ``y``, of zeros and NaN too."""
    sign = y if isinstance(y, Tensor) else torch.full((), y)
    return of_two("math.copysign", x.to(torch.float32), sign.to(torch.float32))


def signbit(x: Tensor) -> Tensor:
    """Whether there is a sign, of zeros and NaN too."""
    if x.is_floating_point():
        return of_two("math.copysign", torch.full((), 1.0), x) < 0
    return x < 0 if x.dtype is not torch.bool else torch.full(x.shape, False)


QUOTIENTS: dict[Any, Callable[..., Tensor]] = {
    aten.fmod.Tensor: fmod,
    aten.fmod.Scalar: fmod,
    aten.remainder.Tensor: remainder,
    aten.remainder.Scalar: remainder,
    aten.remainder.Scalar_Tensor: remainder,
    aten.div.Tensor_mode: divide,
    aten.floor_divide.default: lambda x, y: divide(x, y, "floor"),
    aten.floor_divide.Scalar: lambda x, y: divide(x, _number(x, y), "floor"),
    aten.pow.Tensor_Tensor: power,
    aten.pow.Scalar: power,
    **dict.fromkeys((aten.__lshift__.Scalar, aten.__lshift__.Tensor), shift_left),
    **dict.fromkeys((aten.__rshift__.Scalar, aten.__rshift__.Tensor), shift_right),
    aten.bitwise_left_shift.Tensor: shift_left,
    aten.bitwise_left_shift.Tensor_Scalar: shift_left,
    aten.bitwise_left_shift.Scalar_Tensor: shift_left,
    aten.bitwise_right_shift.Tensor: shift_right,
    aten.bitwise_right_shift.Tensor_Scalar: shift_right,
    aten.bitwise_right_shift.Scalar_Tensor: shift_right,
    aten.copysign.Tensor: copysign,
    aten.copysign.Scalar: copysign,
    aten.signbit.default: signbit,
}


def _number(x: Tensor, y: float) -> Tensor:
    return torch.full((), y, dtype=torch.result_type(x, y))
