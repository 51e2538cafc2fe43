"""Operators that scans, sorting and factorisations are written in.

They pass upstream as calls of functions without a body.
"""

from __future__ import annotations

import torch
from torch import Tensor

from npu.dialects.factor import Factor
from npu.runtime.reference.factor import factored

SCAN = "npu.scan.default"
SORT_PAIRS = "npu.sort_pairs.default"
BITS_OF, FROM_BITS = "npu.bits_of.default", "npu.from_bits.default"
FACTOR = "npu.factor.default"
ORDERED = (SCAN, SORT_PAIRS, FACTOR, BITS_OF, FROM_BITS)

_SCANS = {
    "add": lambda x, dim: torch.cumsum(x, dim, dtype=x.dtype),
    "mul": lambda x, dim: torch.cumprod(x, dim, dtype=x.dtype),
    "max": lambda x, dim: torch.cummax(x, dim).values,
    "min": lambda x, dim: torch.cummin(x, dim).values,
}


@torch.library.custom_op("npu::scan", mutates_args=())
def scan(x: Tensor, dim: int, kind: str) -> Tensor:
    """What `kind` (add, mul, max, min) makes of the values up to each, along `dim`."""
    return _SCANS[kind](x, dim).contiguous()


def _scan_shape(x: Tensor, dim: int, kind: str) -> Tensor:  # noqa: ARG001
    return x.new_empty(x.shape)


scan.register_fake(_scan_shape)


@torch.library.custom_op("npu::sort_pairs", mutates_args=())
def sort_pairs(pairs: Tensor) -> Tensor:
    """Rows of pairs (rows, length, 2) as integers of 64 bits, low half first, in order.

    The length is a power of two.
    """
    whole = pairs.to(torch.int64)
    ordered = torch.sort(whole.select(-1, 1) * 2**32 + whole.select(-1, 0), -1).values
    halves = [ordered % 2**32, torch.div(ordered, 2**32, rounding_mode="floor")]
    return torch.stack(halves, -1).to(pairs.dtype)


@torch.library.custom_op("npu::factor", mutates_args=())
def factor(pairs: Tensor, kind: str, rows: int, width: int, columns: int) -> Tensor:
    """Matrices of pairs (count, rows * width, 2) in steps (`npu.dialects.factor`)."""
    made = factored(pairs.float().numpy(), Factor(kind, rows, width, columns))
    return torch.from_numpy(made).to(pairs.dtype)


@torch.library.custom_op("npu::bits_of", mutates_args=())
def bits_of(x: Tensor) -> Tensor:
    """The bits of float32 numbers, as int32."""
    return x.to(torch.float32).contiguous().view(torch.int32).clone()


@torch.library.custom_op("npu::from_bits", mutates_args=())
def from_bits(x: Tensor) -> Tensor:
    """The float32 numbers that have the bits `x`."""
    return x.to(torch.int32).contiguous().view(torch.float32).clone()


sort_pairs.register_fake(lambda pairs: pairs.new_empty(pairs.shape))
bits_of.register_fake(lambda x: x.new_empty(x.shape, dtype=torch.int32))
factor.register_fake(lambda pairs, kind, rows, width, columns: pairs.new_empty(pairs.shape))  # noqa: ARG005
from_bits.register_fake(lambda x: x.new_empty(x.shape, dtype=torch.float32))
