"""Fourier transforms as products of matrices, which the arrays do.

A row of n numbers meets the matrix of the powers of a root of unity. A long one is a table of a
rows and b columns (n = a * b): columns are transformed, turned, then rows (Cooley and Tukey, 1965).
Matrices are made in float64 of angles that are reduced in whole numbers, and rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from npu.configs.errors import UserError

DIRECT = 512
"""The longest row that meets one matrix, where a longer one can be cut."""

LONGEST = 4096
"""The longest row that meets one matrix where it cannot be cut, as its length is a prime."""

Parts = tuple[Tensor, Tensor]
"""Real and imaginary parts, of one shape."""


def c2c(
    real: Tensor, imag: Tensor | None, dims: Sequence[int], normalization: int, *, forward: bool
) -> Parts:
    """The transform of complex numbers along ``dims``; without ``imag``, of real ones.

    ``normalization`` is PyTorch's: 0 none, 1 by the root of the elements, 2 by their number.
    """
    found: tuple[Tensor, Tensor | None] = (real, imag)
    for dim in dims:
        found = _along(*found, dim % real.dim(), normalization, forward=forward)
    assert found[1] is not None
    return found[0], found[1]


def r2c(x: Tensor, dims: Sequence[int], normalization: int, *, onesided: bool) -> Parts:
    """The transform of real numbers; ``onesided`` leaves out the mirrored half of the last dim."""
    last = dims[-1] % x.dim()
    real, imag = _along(x, None, last, normalization, forward=True)
    if onesided:
        half = x.shape[last] // 2 + 1
        real, imag = real.narrow(last, 0, half), imag.narrow(last, 0, half)
    return c2c(real, imag, dims[:-1], normalization, forward=True)


def c2r(real: Tensor, imag: Tensor, dims: Sequence[int], normalization: int, size: int) -> Tensor:
    """The inverse of a onesided transform: ``size`` real numbers in the last of ``dims``."""
    last = dims[-1] % real.dim()
    real, imag = c2c(real, imag, dims[:-1], normalization, forward=False)
    half, mirrored = size // 2 + 1, (size + 1) // 2 - 1
    real, imag = real.narrow(last, 0, half), imag.narrow(last, 0, half)
    # the first number and the one in the middle have no imaginary part, whatever is given
    numbers = torch.arange(half).reshape([-1 if d == last else 1 for d in range(real.dim())])
    imag = torch.where((numbers == 0) | (numbers * 2 == size), 0.0, imag)
    if mirrored:
        real = torch.cat((real, real.narrow(last, 1, mirrored).flip(last)), last)
        imag = torch.cat((imag, -imag.narrow(last, 1, mirrored).flip(last)), last)
    return _along(real, imag, last, normalization, forward=False)[0]


def _along(
    real: Tensor, imag: Tensor | None, dim: int, normalization: int, *, forward: bool
) -> Parts:
    """The transform along one dimension."""
    shape, size = list(real.shape), real.shape[dim]
    order = [d for d in range(real.dim()) if d != dim] + [dim]
    back = [order.index(d) for d in range(real.dim())]
    moved = [shape[d] for d in order]

    def rows(x: Tensor) -> Tensor:
        return x.permute(order).reshape(-1, size)

    factor = (1.0, size**-0.5, 1.0 / size)[normalization]
    found = _rows(rows(real), None if imag is None else rows(imag), factor, forward=forward)
    first, second = (one.reshape(moved).permute(back) for one in found)
    return first, second


def _rows(real: Tensor, imag: Tensor | None, factor: float, *, forward: bool) -> Parts:
    """The transform of each row of (rows, n), times a factor."""
    size = real.shape[1]
    high = _largest_divisor(size) if size > DIRECT else 1
    if high == 1:
        if size > LONGEST:
            raise UserError(
                f"a Fourier transform of {size:,} values: a prime above {LONGEST:,} cannot be cut "
                "into shorter ones; pad the values to a number with small factors"
            )
        return _times(real, imag, _roots(size, size, size, factor, forward=forward))
    low = size // high

    def columns(x: Tensor) -> Tensor:
        return x.reshape(-1, high, low).transpose(1, 2).reshape(-1, high)

    real, imag = _rows(columns(real), None if imag is None else columns(imag), 1.0, forward=forward)
    cos, sin = _roots(low, high, size, 1.0, forward=forward)
    real, imag = real.reshape(-1, low, high), imag.reshape(-1, low, high)
    real, imag = real * cos - imag * sin, real * sin + imag * cos
    turned = [one.transpose(1, 2).reshape(-1, low) for one in (real, imag)]
    found = _rows(turned[0], turned[1], factor, forward=forward)
    first, second = (one.reshape(-1, high, low).transpose(1, 2).reshape(-1, size) for one in found)
    return first, second


def _largest_divisor(size: int) -> int:
    """The largest divisor up to the root of ``size``."""
    return next(one for one in range(math.isqrt(size), 0, -1) if size % one == 0)


def _roots(rows: int, columns: int, size: int, factor: float, *, forward: bool) -> Parts:
    """Cosine and sine of the turns of row times column over ``size``, backwards for ``forward``."""
    turns = torch.arange(rows).unsqueeze(1) * torch.arange(columns) % size
    angles = turns.to(torch.float64) * (2 * math.pi / size)
    sine = torch.sin(angles) * (-factor if forward else factor)
    return (torch.cos(angles) * factor).to(torch.float32), sine.to(torch.float32)


def _times(real: Tensor, imag: Tensor | None, roots: Parts) -> Parts:
    """Rows times a matrix of complex numbers."""
    cos, sin = roots
    if imag is None:
        return torch.mm(real, cos), torch.mm(real, sin)
    first = torch.mm(real, cos) - torch.mm(imag, sin)
    return first, torch.mm(real, sin) + torch.mm(imag, cos)
