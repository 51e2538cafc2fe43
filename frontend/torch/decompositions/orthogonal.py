"""Orthogonal factors of matrices, by reflections, and singular values, by rotations.

Elements are pairs of f32 from one factorisation to the next, and results are rounded once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.matrices import (
    beside,
    column,
    eye,
    lower_part,
    paired,
    stepped,
    upper_part,
)
from npu.frontend.torch.free_vectors import eigenvectors, singular_vectors

aten: Any = torch.ops.aten

SWEEPS = 12
"""Turns of every pair of rows towards each other: rows of f64 are orthogonal after about ten."""


def _reflectors(a: Tensor) -> Tensor:
    """What `qr` leaves of pairs: columns as rows, and their factors behind them."""
    rows = a.mT
    *batch, count, _ = rows.shape
    whole = beside(paired(rows), column(torch.zeros(count), batch))
    return stepped(whole, "qr", min(a.shape[-2:]))


def geqrf(a: Tensor) -> tuple[Tensor, Tensor]:
    """Reflectors below the upper factor, and their factors."""
    if a.numel() == 0:
        return NotImplemented
    found, size = _reflectors(a).select(-1, 0), a.shape[-2]
    return found[..., :size].mT, found[..., : min(a.shape[-2:]), size]


def _turned(reflectors: Tensor, rows: Tensor, *, back: bool) -> Tensor:
    """Rows of pairs (..., count, size, 2), reflected in order or the last first."""
    steps, count = reflectors.shape[-3], rows.shape[-3]
    more = column(torch.zeros(count), rows.shape[:-3])
    rows = beside(rows, more)
    batch = cast(Any, torch).broadcast_shapes(reflectors.shape[:-3], rows.shape[:-3])
    parts = [one.expand(*batch, *one.shape[-3:]) for one in (reflectors, rows)]
    found = stepped(torch.cat(parts, -3), "turn" + "_back" * back, steps)
    return found[..., steps:, :-1, :]


def qr(a: Tensor, mode: str = "reduced") -> Any:
    """The orthogonal and the upper factor."""
    rows, columns = a.shape[-2:]
    if a.numel() == 0:
        return NotImplemented
    steps, found = min(rows, columns), _reflectors(a)
    upper = upper_part(found.select(-1, 0)[..., :rows].mT)
    if mode == "r":
        return a.new_empty(0), upper[..., :steps, :]
    count = rows if mode == "complete" else steps
    turned = _turned(found[..., :steps, :, :], paired(eye(count, rows)), back=True)
    return turned.select(-1, 0).mT, upper[..., :count, :]


def _given(a: Tensor, factors: Tensor) -> Tensor:
    """Reflectors that are given below a diagonal, as rows of pairs."""
    steps = factors.shape[-1]
    return beside(paired(a[..., :steps].mT), column(factors, factors.shape[:-1]))


def householder_product(a: Tensor, factors: Tensor) -> Tensor:
    """The first columns of the product of the reflectors below a's diagonal."""
    rows, columns = a.shape[-2:]
    if a.numel() == 0:
        return a.clone()
    if factors.shape[-1] == 0:
        return eye(rows, columns).expand(a.shape).clone()
    start = paired(eye(columns, rows))
    return _turned(_given(a, factors), start, back=True).select(-1, 0).mT


def ormqr(
    a: Tensor, factors: Tensor, other: Tensor, left: bool = True, transpose: bool = False
) -> Tensor:
    """The product of the reflectors below a's diagonal, or its transpose, times another matrix."""
    if other.numel() == 0 or factors.shape[-1] == 0:
        return other.clone()
    rows = paired(other.mT if left else other)
    found = _turned(_given(a, factors), rows, back=left != transpose).select(-1, 0)
    return found.mT if left else found


def _lengths(rows: Tensor) -> Tensor:
    """Pairs: the lengths of rows of pairs that are turned until they are orthogonal."""
    *batch, count, _, _ = rows.shape
    whole = beside(rows, column(torch.zeros(count), batch))
    return stepped(whole, "rotate", SWEEPS)[..., -1, :]


def svd(a: Tensor, full_matrices: bool = False, compute_uv: bool = True, **_: object) -> Any:
    """The singular values, the largest first; export asks for vectors that nobody reads, too."""
    if a.numel() == 0:
        return NotImplemented
    values = _lengths(paired(a.mT if a.shape[-2] > a.shape[-1] else a)).select(-1, 0)
    values = torch.sort(values, -1, descending=True)[0]
    nothing = a.new_empty(0), a.new_empty(0)
    u, vh = singular_vectors(a, full_matrices) if compute_uv else nothing
    return u, values, vh


def eigh(a: Tensor, uplo: str = "L", compute_v: bool = True) -> Any:
    """The eigenvalues of a symmetric matrix, the least first.

    With as much on its diagonal as a row sums up to, none of them is negative: they are lengths.
    """
    if a.numel() == 0:
        return NotImplemented
    turned = a.mT if uplo == "U" else a
    whole = lower_part(turned) + lower_part(turned, -1).mT
    shift = torch.amax(torch.sum(torch.abs(whole), -1), -1)
    more = eye(a.shape[-1], a.shape[-1]) * shift.unsqueeze(-1).unsqueeze(-1)
    found = _lengths(torch.stack((whole, more), -1))
    values = (found.select(-1, 0) - shift.unsqueeze(-1)) + found.select(-1, 1)
    return torch.sort(values, -1)[0], eigenvectors(a) if compute_v else a.new_empty(0)


ORTHOGONAL: dict[Any, Callable[..., Any]] = {
    aten.geqrf.default: geqrf,
    aten.linalg_qr.default: qr,
    aten.linalg_householder_product.default: householder_product,
    aten.ormqr.default: ormqr,
    aten._linalg_svd.default: svd,
    aten._linalg_eigh.default: eigh,
}
"""Operators that make rows of matrices orthogonal."""
