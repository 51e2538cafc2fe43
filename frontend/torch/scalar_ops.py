"""`npu::scalar1` and `npu::scalar2`: scalar operations by name, which upstream does not lower.

They pass through it as calls (`npu.frontend.upstream.own_operators`) and become elementwise work
with the operation of that name (`npu.frontend.stage0.own_scalars`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

aten = torch.ops.aten

SCALAR = ("npu.scalar1.default", "npu.scalar2.default")

_ONE: dict[str, Callable[[Tensor], Tensor]] = {
    "npu.erfc": torch.erfc,
    "math.trunc": torch.trunc,
    "npu.erfcx": torch.special.erfcx,
    "npu.erfinv": torch.special.erfinv,
    "npu.ndtri": torch.special.ndtri,
    "npu.lgamma": torch.lgamma,
    "npu.digamma": torch.digamma,
    "npu.bessel_j0": torch.special.bessel_j0,
    "npu.bessel_j1": torch.special.bessel_j1,
    "npu.bessel_y0": torch.special.bessel_y0,
    "npu.bessel_y1": torch.special.bessel_y1,
    "npu.i0": torch.special.i0,
    "npu.i0e": torch.special.i0e,
    "npu.i1": torch.special.i1,
    "npu.i1e": torch.special.i1e,
    "npu.k0": torch.special.modified_bessel_k0,
    "npu.k0e": torch.special.scaled_modified_bessel_k0,
    "npu.k1": torch.special.modified_bessel_k1,
    "npu.k1e": torch.special.scaled_modified_bessel_k1,
}

_TWO: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "npu.fmod": torch.fmod,
    "npu.zeta": torch.special.zeta,
    "math.copysign": torch.copysign,
    "arith.shli": torch.bitwise_left_shift,
    "arith.shrsi": torch.bitwise_right_shift,
}


@torch.library.custom_op("npu::scalar1", mutates_args=())
def scalar1(x: Tensor, name: str) -> Tensor:
    """The operation `name` of each element of `x`."""
    return _ONE[name](x)


@torch.library.custom_op("npu::scalar2", mutates_args=())
def scalar2(x: Tensor, y: Tensor, name: str) -> Tensor:
    """The operation `name` of two tensors of one type and shape."""
    return _TWO[name](x, y)


scalar1.register_fake(lambda x, name: x.new_empty(x.shape))  # noqa: ARG005
scalar2.register_fake(lambda x, y, name: x.new_empty(x.shape))  # noqa: ARG005


def of_one(name: str) -> Callable[[Tensor], Tensor]:
    """A decomposition into `scalar1`; integers become floats."""
    return lambda x: scalar1(x if x.is_floating_point() else x.to(torch.float32), name)


def of_two(name: str, x: Tensor, y: Tensor) -> Tensor:
    """`scalar2` of two tensors of one type, whose shapes go together."""
    x, y = torch.broadcast_tensors(x, y)
    return scalar2(x, y, name)


OPERATORS: dict[Any, Callable[..., Tensor]] = {
    aten.erfc.default: of_one("npu.erfc"),
}
"""Operators that are one such operation."""
