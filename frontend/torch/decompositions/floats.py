"""Floats by their bits, and the larger and the smaller of two: frexp, nextafter, fmax, clamp."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from npu.frontend.torch.ordered_ops import bits_of, from_bits

aten = torch.ops.aten

_MANTISSA, _BIAS = 23, 126
_SMALLEST_NORMAL = 2.0**-126
_SIGN_AND_MANTISSA, _HALF, _SIGN = -0x7F800001, 0x3F000000, -(2**31)


def frexp(x: Tensor) -> tuple[Tensor, Tensor]:
    """A fraction of at least 1/2 and below 1, and a power of 2; 0, infinities and NaN stay, with 0.

    A denormal is first made a normal number.
    """
    if x.dtype is not torch.float32:
        return NotImplemented
    stays = (x == 0) | torch.logical_not(torch.abs(x) < math.inf)
    is_small = torch.abs(x) < _SMALLEST_NORMAL
    bits = bits_of(torch.where(is_small, x * 2.0**24, x))
    size = torch.bitwise_and(bits, 2**31 - 1)
    power = torch.div(size, 2**_MANTISSA, rounding_mode="trunc") - _BIAS
    power = torch.where(stays, 0, torch.where(is_small, power - 24, power))
    fraction = from_bits((bits & _SIGN_AND_MANTISSA) | _HALF)
    return torch.where(stays, x, fraction), power.to(torch.int32)


def ldexp(x: Tensor, power: Tensor) -> Tensor:
    """x 2^power, where that power itself is a number."""
    kind = x.dtype if x.is_floating_point() else torch.float32
    return x.to(kind) * torch.pow(torch.full((), 2.0), power.to(torch.float32))


def nextafter(x: Tensor, y: Tensor) -> Tensor:
    """The number beside ``x`` towards ``y``: the bits of one more or less."""
    x, y = torch.broadcast_tensors(x, y)
    bits = bits_of(x)
    away = (y > x) == (x > 0)
    moved = from_bits(torch.where(away, bits + 1, bits - 1))
    least = from_bits(torch.where(y > 0, 1, _SIGN + 1).to(torch.int32))
    moved = torch.where(x == 0, least, moved)
    return torch.where(x == y, y, torch.where(torch.isnan(x) | torch.isnan(y), x + y, moved))


def _of_numbers(
    extreme: Callable[[Tensor, Tensor], Tensor],
) -> Callable[[Tensor, Tensor], Tensor]:
    """The extreme of two, or the one that is a number."""

    def choose(x: Tensor, y: Tensor) -> Tensor:
        kind = torch.result_type(x, y)
        x, y = x.to(kind), y.to(kind)
        if not kind.is_floating_point:
            return extreme(x, y)
        found = torch.where(torch.isnan(y), x, extreme(x, y))
        return torch.where(torch.isnan(x), y, found)

    return choose


def clamp(x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    """Between tensors of bounds; where they cross, the upper one."""
    kind = x.dtype
    for bound in (low, high):
        kind = kind if bound is None else torch.promote_types(kind, torch.result_type(x, bound))
    x = x.to(kind)
    x = x if low is None else torch.maximum(x, low.to(kind))
    return x.clone() if high is None else torch.minimum(x, high.to(kind))


def angle(x: Tensor) -> Tensor:
    """Half a turn for what is negative, NaN for NaN, else 0; complex numbers stay."""
    if x.is_complex():
        return NotImplemented
    kind = x.dtype if x.is_floating_point() else torch.float32
    found = torch.where(x < 0, math.pi, 0.0).to(kind)
    return torch.where(torch.isnan(x), x, found) if x.is_floating_point() else found


FLOATS: dict[Any, Callable[..., Any]] = {
    aten.frexp.Tensor: frexp,
    aten.ldexp.Tensor: ldexp,
    aten.nextafter.default: nextafter,
    aten.fmax.default: _of_numbers(torch.maximum),
    aten.fmin.default: _of_numbers(torch.minimum),
    aten.clamp.Tensor: clamp,
    aten.clamp_min.Tensor: clamp,
    aten.clamp_max.Tensor: lambda x, high: clamp(x, None, high),
    aten.angle.default: angle,
}
"""By the operator."""
