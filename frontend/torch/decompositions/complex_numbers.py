"""Operators on complex numbers, each in terms of the real and the imaginary parts.

A rule takes what the operator takes, a `Pair` in the place of each complex tensor, and gives a
`Pair` or a tensor of floats. What treats both parts alike (`APART`) needs no rule of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.fourier import c2c, c2r, r2c
from npu.frontend.torch.indexed_ops import GATHER

aten: Any = torch.ops.aten


@dataclass(frozen=True)
class Pair:
    """A tensor of complex numbers: two of floats, of its shape."""

    real: Tensor
    imag: Tensor


Rule = Callable[..., Any]


def parts(x: object) -> tuple[Any, Any]:
    """The real and the imaginary part of a pair or a number; what is real has no second."""
    if isinstance(x, Pair):
        return x.real, x.imag
    if isinstance(x, complex):
        return x.real, x.imag
    return x, None


def _wide(x: object, like: Tensor) -> tuple[Tensor, Tensor]:
    """Both parts, zeros for the second of what is real."""
    real, imag = parts(x)
    real = real if isinstance(real, Tensor) else torch.full_like(like, real)
    if imag is None:
        return real, torch.zeros_like(real)
    return real, imag if isinstance(imag, Tensor) else torch.full_like(like, imag)


def _add(a: Any, b: Any, alpha: Any = 1) -> Pair:
    return _sum(a, _times(b, alpha))


def _sub(a: Any, b: Any, alpha: Any = 1) -> Pair:
    return _sum(a, _times(b, -alpha))


def _sum(a: Any, b: Any) -> Pair:
    (ar, ai), (br, bi) = parts(a), parts(b)
    imag = bi if ai is None else ai if bi is None else ai + bi
    real = ar + br
    if isinstance(imag, Tensor):
        return Pair(real, imag.expand(real.shape) if imag.shape != real.shape else imag)
    return Pair(real, torch.full_like(real, imag))


def _times(x: Any, factor: Any) -> Any:
    return x if factor == 1 else _mul(x, factor)


def _mul(a: Any, b: Any) -> Any:
    (ar, ai), (br, bi) = parts(a), parts(b)
    if ai is None and bi is None:
        return ar * br
    if ai is None:
        return Pair(ar * br, ar * bi)
    if bi is None:
        return Pair(ar * br, ai * br)
    return Pair(ar * br - ai * bi, ar * bi + ai * br)


def _div(a: Any, b: Any) -> Pair:
    """Both parts of the divisor over the larger one, so that no square overflows."""
    (ar, ai), (br, bi) = parts(a), parts(b)
    if bi is None:
        return Pair(ar / br, ai / br)
    if not isinstance(bi, Tensor):
        like = ar if isinstance(ar, Tensor) else ai
        br, bi = _wide(b, like)
    scale = torch.maximum(br.abs(), bi.abs())
    br, bi = br / scale, bi / scale
    below = (br * br + bi * bi) * scale
    if ai is None:
        return Pair(ar * br / below, -(ar * bi) / below)
    return Pair((ar * br + ai * bi) / below, (ai * br - ar * bi) / below)


def _reciprocal(x: Pair) -> Pair:
    return _div(1.0, x)


def _abs(x: Pair) -> Tensor:
    """The length, by the larger part: its square alone could overflow. Beside infinity, NaN is too.

    A ratio is not taken of equal parts, of which both may be 0.
    """
    a, b = x.real.abs(), x.imag.abs()
    larger, smaller = torch.maximum(a, b), torch.minimum(a, b)
    ratio = torch.where(larger == smaller, torch.sign(larger), smaller / larger)
    length = larger * torch.sqrt(1.0 + ratio * ratio)
    return torch.where(torch.isinf(a) | torch.isinf(b), float("inf"), length)


def _angle(x: Pair) -> Tensor:
    return torch.atan2(x.imag, x.real)


def _conj(x: Pair) -> Pair:
    return Pair(x.real, -x.imag)


def _neg(x: Pair) -> Pair:
    return Pair(-x.real, -x.imag)


def _exp(x: Pair) -> Pair:
    return _polar(torch.exp(x.real), x.imag)


def _complex(real: Tensor, imag: Tensor) -> Pair:
    return Pair(*torch.broadcast_tensors(real, imag))


def _polar(length: Tensor, angle: Tensor) -> Pair:
    return Pair(length * torch.cos(angle), length * torch.sin(angle))


def _log(x: Pair) -> Pair:
    return Pair(torch.log(_abs(x)), _angle(x))


def _square(x: Pair, _: Any) -> Any:
    return _mul(x, x)


def _product(multiply: Callable[[Tensor, Tensor], Tensor]) -> Rule:
    """The rule of a product of matrices."""

    def rule(a: Any, b: Any) -> Pair:
        (ar, ai), (br, bi) = parts(a), parts(b)
        if ai is None:
            return Pair(multiply(ar, br), multiply(ar, bi))
        if bi is None:
            return Pair(multiply(ar, br), multiply(ai, br))
        real = multiply(ar, br) - multiply(ai, bi)
        return Pair(real, multiply(ar, bi) + multiply(ai, br))

    return rule


def _view_as_complex(x: Tensor) -> Pair:
    return Pair(x.select(-1, 0), x.select(-1, 1))


def _view_as_real(x: Pair) -> Tensor:
    return torch.stack((x.real, x.imag), -1)


def _to_copy(x: Any, dtype: torch.dtype | None = None, **_: object) -> Any:
    """To complex numbers and back; the imaginary part is dropped, as PyTorch does."""
    real, imag = parts(x)
    if dtype is None or dtype.is_complex:
        real = real.to(torch.float32)
        return Pair(real, torch.zeros_like(real) if imag is None else imag)
    return real.to(dtype)


def _full(size: Any, value: Any, **_: object) -> Pair:
    value = complex(value)
    return Pair(torch.full(size, value.real), torch.full(size, value.imag))


def _full_like(x: Any, value: Any, **_: object) -> Pair:
    return _full(list(parts(x)[0].shape), value)


def _equal(a: Any, b: Any) -> Tensor:
    (ar, ai), (br, bi) = parts(a), parts(b)
    zero = 0.0
    return (ar == br) & ((zero if ai is None else ai) == (zero if bi is None else bi))


def _where(condition: Tensor, a: Any, b: Any) -> Pair:
    like = next(one.real for one in (a, b) if isinstance(one, Pair))
    (ar, ai), (br, bi) = _wide(a, like), _wide(b, like)
    return Pair(torch.where(condition, ar, br), torch.where(condition, ai, bi))


def _cat(tensors: Any, dim: int = 0) -> Pair:
    like = next(one.real for one in tensors if isinstance(one, Pair))
    both = [_wide(one, like) for one in tensors]
    return Pair(torch.cat([one[0] for one in both], dim), torch.cat([one[1] for one in both], dim))


def _fft_c2c(x: Pair, dims: Any, normalization: int, forward: bool) -> Pair:
    return Pair(*c2c(x.real, x.imag, dims, normalization, forward=forward))


def _fft_r2c(x: Tensor, dims: Any, normalization: int, onesided: bool) -> Pair:
    return Pair(*r2c(x, dims, normalization, onesided=onesided))


def _fft_c2r(x: Pair, dims: Any, normalization: int, last_dim_size: int) -> Tensor:
    return c2r(x.real, x.imag, dims, normalization, last_dim_size)


RULES: dict[Any, Rule] = {
    aten.add.Tensor: _add,
    aten.sub.Tensor: _sub,
    aten.mul.Tensor: _mul,
    aten.mul.Scalar: _mul,
    aten.div.Tensor: _div,
    aten.div.Scalar: _div,
    aten.reciprocal.default: _reciprocal,
    aten.abs.default: _abs,
    aten.angle.default: _angle,
    aten._conj.default: _conj,
    aten.conj_physical.default: _conj,
    aten._conj_physical.default: _conj,
    aten.neg.default: _neg,
    aten.exp.default: _exp,
    aten.log.default: _log,
    aten.polar.default: _polar,
    aten.complex.default: _complex,
    aten.pow.Tensor_Scalar: _square,
    aten.mm.default: _product(torch.mm),
    aten.bmm.default: _product(torch.bmm),
    aten.view_as_complex.default: _view_as_complex,
    aten.view_as_real.default: _view_as_real,
    aten._to_copy.default: _to_copy,
    aten.full.default: _full,
    aten.full_like.default: _full_like,
    aten.eq.Tensor: _equal,
    aten.where.self: _where,
    aten.cat.default: _cat,
    aten._fft_c2c.default: _fft_c2c,
    aten._fft_r2c.default: _fft_r2c,
    aten._fft_c2r.default: _fft_c2r,
}

APART = frozenset(
    {
        *("aten.view.default", "aten._unsafe_view.default", "aten.reshape.default"),
        *("aten.permute.default", "aten.transpose.int", "aten.t.default", "aten.expand.default"),
        *("aten.unsqueeze.default", "aten.squeeze.default", "aten.squeeze.dim"),
        *("aten.squeeze.dims", "aten.clone.default", "aten.alias.default", "aten.detach.default"),
        *("aten.slice.Tensor", "aten.flip.default", "aten.sum.dim_IntList", GATHER),
        *("aten.constant_pad_nd.default", "aten.lift_fresh_copy.default"),
    }
)
"""Operators of one tensor that do the same with the real and with the imaginary parts."""

CONDITIONS: dict[Any, Callable[..., bool]] = {
    aten.pow.Tensor_Scalar: lambda _, exponent: exponent == 2,
    aten.constant_pad_nd.default: lambda _, __, value=0: value == 0,
}
"""What must hold of the arguments of operators that have a rule for some."""
