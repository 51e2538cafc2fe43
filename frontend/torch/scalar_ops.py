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

_ONE: dict[str, Callable[[Tensor], Tensor]] = {"npu.erfc": torch.erfc, "math.trunc": torch.trunc}

_TWO: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "npu.fmod": torch.fmod,
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


def operator_of_two(name: str) -> Callable[[Tensor, Tensor], Tensor]:
    """A decomposition into `scalar2`; operands of two types are promoted, integers to floats."""

    def decompose(x: Tensor, y: Tensor) -> Tensor:
        kind = torch.result_type(x, y)
        kind = kind if kind.is_floating_point else torch.float32
        return of_two(name, x.to(kind), y.to(kind))

    return decompose


OPERATORS: dict[Any, Callable[..., Tensor]] = {
    aten.erfc.default: of_one("npu.erfc"),
}
"""Operators that are one such operation."""
