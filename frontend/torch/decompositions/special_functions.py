"""Special functions: one scalar operation each, or made of such and of others."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from npu.frontend.torch.scalar_ops import of_one, of_two

aten = torch.ops.aten

Operand = Tensor | float


def _floats(x: Operand, y: Operand) -> tuple[Tensor, Tensor]:
    """Both as tensors of float32."""
    kind = torch.result_type(x, y)
    kind = kind if kind.is_floating_point else torch.float32
    one, two = (
        each.to(kind) if isinstance(each, Tensor) else torch.full((), each, dtype=kind)
        for each in (x, y)
    )
    return one, two


def zeta(x: Operand, y: Operand) -> Tensor:
    """The sum of (y + k)^-x; for y < 0 and a whole x it goes through the sum over all whole k.

    That is what is summed from the fraction f of y upwards and from 1 - f, and what lies below y is
    summed from 1 - y.
    """
    x, y = _floats(x, y)
    below = torch.floor(y)
    sign = torch.where(torch.remainder(x, 2.0) == 0, 1.0, -1.0)
    other = of_two("npu.zeta", x, (below + 1.0) - y) - of_two("npu.zeta", x, 1.0 - y)
    lower = of_two("npu.zeta", x, y - below) + sign * other
    lower = torch.where(x == torch.floor(x), lower, math.nan)
    lower = torch.where(y == below, math.inf, lower)
    lower = torch.where(x < 1.0, math.nan, torch.where(x == 1.0, math.inf, lower))
    return torch.where(y < 0, lower, of_two("npu.zeta", x, y))


def polygamma(n: int, x: Tensor) -> Tensor:
    """The n-th derivative of digamma: n! zeta(n + 1, x), with the sign of (-1)^(n + 1)."""
    x = x if x.is_floating_point() else x.to(torch.float32)
    if n == 0:
        return torch.digamma(x)
    factor = math.exp(math.lgamma(n + 1.0)) if n < _FACTORIALS else math.inf
    return zeta(float(n + 1), x) * (factor if n % 2 else -factor)


_FACTORIALS = 35
"""From 35! on a factorial is infinite in float32."""


def spherical_j0(x: Tensor) -> Tensor:
    """sin(x) / x: 1 at 0, and 0 at infinity."""
    x = x if x.is_floating_point() else x.to(torch.float32)
    whole = torch.where(x == 0, 1.0, torch.sin(x) / x)
    return torch.where(torch.isinf(x), 0.0, whole)


def _chebyshev(
    near: Callable[[Tensor, Tensor, Tensor], Tensor], *, is_shifted: bool
) -> Callable[[Operand, Operand], Tensor]:
    """A polynomial of x, or of 2 x - 1, whose degree, a number or data, is rounded towards zero.

    `near` gives it of an |x|, a degree and a sign: that of x. Of a negative degree it is 0.
    """

    def polynomial(x: Operand, n: Operand) -> Tensor:
        x, n = _floats(x, n)
        x = x + x - 1.0 if is_shifted else x
        n = torch.trunc(n)
        sign = torch.where(x < 0, -1.0, 1.0)
        odd = torch.where(torch.remainder(n, 2.0) != 0, sign, 1.0)
        found = odd * near(torch.abs(x), n, sign)
        return torch.where(n < 0, 0.0, torch.where(torch.isnan(x), x, found))

    return polynomial


def _waves(
    size: Tensor,
    times: Tensor,
    wave: Callable[[Tensor], Tensor],
    growth: Callable[[Tensor], Tensor],
) -> Tensor:
    """The wave of times acos(size), beyond 1 the growth of times acosh(size)."""
    inside = wave(times * torch.acos(torch.clamp(size, max=1.0)))
    beyond = growth(times * torch.acosh(torch.clamp(size, min=1.0)))
    return torch.where(size <= 1.0, inside, beyond)


def _first_kind(size: Tensor, n: Tensor, sign: Tensor) -> Tensor:
    """T: cos(n acos x)."""
    del sign
    return _waves(size, n, torch.cos, torch.cosh)


def _second_kind(size: Tensor, n: Tensor, sign: Tensor) -> Tensor:
    """U: sin((n + 1) t) / sin(t) with t = acos x; n + 1 at 1."""
    del sign
    above = _waves(size, n + 1.0, torch.sin, torch.sinh)
    below = _waves(size, torch.full_like(n, 1.0), torch.sin, torch.sinh)
    return torch.where(size == 1.0, n + 1.0, above / below)


def _third(size: Tensor, n: Tensor) -> Tensor:
    """cos((n + 1/2) t) / cos(t / 2)."""
    above = _waves(size, n + 0.5, torch.cos, torch.cosh)
    return above / _waves(size, torch.full_like(n, 0.5), torch.cos, torch.cosh)


def _fourth(size: Tensor, n: Tensor) -> Tensor:
    """sin((n + 1/2) t) / sin(t / 2); 2 n + 1 at 1."""
    above = _waves(size, n + 0.5, torch.sin, torch.sinh)
    below = _waves(size, torch.full_like(n, 0.5), torch.sin, torch.sinh)
    return torch.where(size == 1.0, n + n + 1.0, above / below)


def _third_kind(size: Tensor, n: Tensor, sign: Tensor) -> Tensor:
    """V, which is W of -x but for the sign."""
    return torch.where(sign > 0, _third(size, n), _fourth(size, n))


def _fourth_kind(size: Tensor, n: Tensor, sign: Tensor) -> Tensor:
    """W, which is V of -x but for the sign."""
    return torch.where(sign > 0, _fourth(size, n), _third(size, n))


_KINDS = {"t": _first_kind, "u": _second_kind, "v": _third_kind, "w": _fourth_kind}


def _chebyshevs() -> dict[Any, Callable[..., Any]]:
    """Every form of the eight operators."""
    found: dict[Any, Callable[..., Any]] = {}
    for letter, near in _KINDS.items():
        for shifted in ("", "shifted_"):
            op = getattr(aten, f"special_{shifted}chebyshev_polynomial_{letter}")
            rule = _chebyshev(near, is_shifted=bool(shifted))
            found |= dict.fromkeys((op.default, op.x_scalar, op.n_scalar), rule)
    return found


SPECIAL_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    aten.lgamma.default: of_one("npu.lgamma"),
    aten.digamma.default: of_one("npu.digamma"),
    aten.polygamma.default: polygamma,
    aten.special_zeta.default: zeta,
    aten.special_zeta.self_scalar: zeta,
    aten.special_zeta.other_scalar: zeta,
    aten.special_erfcx.default: of_one("npu.erfcx"),
    aten.erfinv.default: of_one("npu.erfinv"),
    aten.special_ndtri.default: of_one("npu.ndtri"),
    aten.special_bessel_j0.default: of_one("npu.bessel_j0"),
    aten.special_bessel_j1.default: of_one("npu.bessel_j1"),
    aten.special_bessel_y0.default: of_one("npu.bessel_y0"),
    aten.special_bessel_y1.default: of_one("npu.bessel_y1"),
    aten.special_spherical_bessel_j0.default: spherical_j0,
    aten.i0.default: of_one("npu.i0"),
    aten.special_i0e.default: of_one("npu.i0e"),
    aten.special_i1.default: of_one("npu.i1"),
    aten.special_i1e.default: of_one("npu.i1e"),
    aten.special_modified_bessel_i0.default: of_one("npu.i0"),
    aten.special_modified_bessel_i1.default: of_one("npu.i1"),
    aten.special_modified_bessel_k0.default: of_one("npu.k0"),
    aten.special_modified_bessel_k1.default: of_one("npu.k1"),
    aten.special_scaled_modified_bessel_k0.default: of_one("npu.k0e"),
    aten.special_scaled_modified_bessel_k1.default: of_one("npu.k1e"),
    **_chebyshevs(),
}
