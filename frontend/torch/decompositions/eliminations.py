"""Eliminations: LU and Cholesky factors of matrices, and what is solved by them.

Elements are pairs of f32 from one factorisation to the next, and results are rounded once. What
PyTorch refuses when it meets the values (a singular matrix, one that is not positive definite)
gives infinities or NaN here; where an operator tells by a number, it does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.matrices import (
    beside,
    column,
    diagonal_of,
    eye,
    lower_part,
    paired,
    stepped,
    upper_part,
)

aten: Any = torch.ops.aten


def _first_of(holds: Tensor) -> Tensor:
    """One more than the first place of the last dimension where a condition holds; 0 for none."""
    count = holds.shape[-1]
    if count == 0:
        return torch.zeros(holds.shape[:-1], dtype=torch.int32)
    places = torch.where(holds, torch.arange(1, count + 1, dtype=torch.int32), count + 1)
    first = torch.amin(places, -1)
    return torch.where(first > count, 0, first).to(torch.int32)


def _lu(a: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Both factors in one matrix, pivots counted from 1, and the rows' own places."""
    *batch, rows, columns = a.shape
    steps = min(rows, columns)
    if a.numel() == 0:
        return a.clone(), a.new_zeros((*batch, steps), dtype=torch.int32), a.new_zeros(batch)
    places = column(torch.arange(rows), batch)
    found = stepped(beside(paired(a), places, torch.zeros_like(places)), "lu", steps)
    found = found.select(-1, 0)
    pivots = found[..., :steps, columns + 1].to(torch.int32) + 1
    return found[..., :columns], pivots, found[..., columns]


def lu_factor(a: Tensor, *, pivot: bool = True, check_errors: bool = False) -> Any:
    """Both factors in one matrix, pivots, and where the upper one has its first 0 (from 1)."""
    del check_errors
    if not pivot:
        return NotImplemented
    found, pivots, _ = _lu(a)
    return found, pivots, _first_of(diagonal_of(found) == 0)


def _apart(found: Tensor, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The permutation, the lower and the upper factor of an `_lu`."""
    rows, columns = found.shape[-2:]
    steps = min(rows, columns)
    permutation = torch.arange(rows).to(torch.float32).unsqueeze(1) == places.unsqueeze(-2)
    lower = lower_part(found[..., :steps], -1) + eye(rows, steps)
    return permutation.to(torch.float32), lower, upper_part(found[..., :steps, :])


def lu(a: Tensor, *, pivot: bool = True) -> Any:
    """The permutation, the lower and the upper factor."""
    if not pivot or a.numel() == 0:
        return NotImplemented
    found, _, places = _lu(a)
    return _apart(found, places)


def lu_unpack(
    found: Tensor, pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True
) -> Any:
    """The same of both factors in one matrix, and pivots."""
    if found.numel() == 0 or not (unpack_data and unpack_pivots):
        return NotImplemented
    *batch, rows, _ = found.shape
    places = _exchanged(column(torch.arange(rows), batch), pivots)[..., 0, 0]
    return _apart(found, places)


def _exchanged(x: Tensor, pivots: Tensor, *, back: bool = False) -> Tensor:
    """Rows of pairs, exchanged as pivots say, in order or the last first."""
    rows, steps = x.shape[-3], pivots.shape[-1]
    others = torch.constant_pad_nd(pivots.to(torch.float32) - 1, [0, rows - steps])
    whole = beside(x, column(others, others.shape[:-1]))
    return stepped(whole, "exchange" + "_back" * back, steps)[..., :-1, :]


def det(a: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The product of the upper factor's diagonal, with the sign of the permutation."""
    found, pivots, _ = _lu(a)
    return torch.prod(diagonal_of(found), -1) * _sign(pivots), found, pivots


def _sign(pivots: Tensor) -> Tensor:
    """-1 for an odd number of exchanges, 1 for an even one."""
    places = torch.arange(1, pivots.shape[-1] + 1, dtype=torch.int32)
    count = torch.sum((pivots != places).to(torch.int32), -1)
    return torch.where(torch.remainder(count, 2) == 0, 1.0, -1.0)


def slogdet(a: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The determinant's sign, and the logarithm of its size."""
    found, pivots, _ = _lu(a)
    diagonal = diagonal_of(found)
    sign = torch.prod(torch.sign(diagonal), -1) * _sign(pivots)
    return sign, torch.sum(torch.log(torch.abs(diagonal)), -1), found, pivots


def _solved(a: Tensor, b: Tensor) -> Tensor:
    """The solution x of a x = b, of numbers."""
    size = a.shape[-1]
    whole = beside(paired(a), paired(b))
    return stepped(whole, "solve", size)[..., size:, :].select(-1, 0)


def solve(a: Tensor, b: Tensor, *, left: bool = True, check_errors: bool = False) -> Any:
    """The solution of a x = b (x a = b); both factors, pivots and where the upper one has a 0."""
    found, pivots, info = lu_factor(a if left else a.mT, check_errors=check_errors)
    is_vector = b.dim() == 1 or b.shape == a.shape[:-1]
    b = b.unsqueeze(-1) if is_vector else b
    x = _solved(a, b) if left else _solved(a.mT, b.mT).mT
    return x.squeeze(-1) if is_vector else x, found, pivots, info


def inverse(a: Tensor, *, check_errors: bool = False) -> tuple[Tensor, Tensor]:
    """The inverse, and where the upper factor has its first 0."""
    info = lu_factor(a, check_errors=check_errors)[2]
    return _solved(a, eye(a.shape[-1], a.shape[-1])), info


def _divided(a: Tensor, b: Tensor, *, upper: bool, unit: bool = False) -> Tensor:
    """The solution x of a x = b for pairs b; of the matrix a, one triangle counts."""
    size = a.shape[-1]
    if upper:
        a, b = a.flip(-2, -1), b.flip(-3)
    a = lower_part(a, -1) + eye(size, size) if unit else lower_part(a)
    x = stepped(beside(paired(a), b), "divide", size)[..., size:, :]
    return x.flip(-3) if upper else x


def solve_triangular(
    a: Tensor, b: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """The solution of a x = b (x a = b)."""
    if not left:
        a, b, upper = a.mT, b.mT, not upper
    x = _divided(a, paired(b), upper=upper, unit=unitriangular).select(-1, 0)
    return x if left else x.mT


def triangular_solve(
    b: Tensor, a: Tensor, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> tuple[Tensor, Tensor]:
    """The solution of a x = b, and a copy of a."""
    turned, is_upper = (a.mT, not upper) if transpose else (a, upper)
    x = _divided(turned, paired(b), upper=is_upper, unit=unitriangular)
    return x.select(-1, 0), a.clone()


def lu_solve(
    found: Tensor, pivots: Tensor, b: Tensor, *, left: bool = True, adjoint: bool = False
) -> Tensor:
    """The solution of a x = b (x a = b, with the adjoint of a) by a's factors and pivots."""
    if not left:
        b, adjoint = b.mT, not adjoint
    x = paired(b)
    if adjoint:
        x = _divided(found.mT, x, upper=False)
        x = _divided(found.mT, x, upper=True, unit=True)
        x = _exchanged(x, pivots, back=True)
    else:
        x = _divided(found, _exchanged(x, pivots), upper=False, unit=True)
        x = _divided(found, x, upper=True)
    x = x.select(-1, 0)
    return x if left else x.mT


def cholesky_ex(
    a: Tensor, *, upper: bool = False, check_errors: bool = False
) -> tuple[Tensor, Tensor]:
    """The triangular factor of a symmetric matrix, and the first minor that is not positive."""
    del check_errors
    whole = upper_part(a) + upper_part(a, 1).mT if upper else lower_part(a) + lower_part(a, -1).mT
    found = stepped(paired(whole), "ldl", a.shape[-1]).select(-1, 0)
    diagonal = diagonal_of(found)
    factor = upper_part(found) / torch.sqrt(diagonal).unsqueeze(-1)
    return factor if upper else factor.mT, _first_of(torch.logical_not(diagonal > 0))


def cholesky(a: Tensor, upper: bool = False) -> Tensor:
    """The triangular factor alone."""
    return cholesky_ex(a, upper=upper)[0]


def cholesky_solve(b: Tensor, factor: Tensor, upper: bool = False) -> Tensor:
    """The solution of a x = b by a's triangular factor."""
    first, second = (factor.mT, factor) if upper else (factor, factor.mT)
    x = _divided(first, paired(b), upper=False)
    return _divided(second, x, upper=True).select(-1, 0)


def cholesky_inverse(factor: Tensor, upper: bool = False) -> Tensor:
    """The inverse by the triangular factor."""
    return cholesky_solve(eye(factor.shape[-1], factor.shape[-1]), factor, upper)


ELIMINATIONS: dict[Any, Callable[..., Any]] = {
    aten.linalg_lu_factor_ex.default: lu_factor,
    aten.linalg_lu.default: lu,
    aten.lu_unpack.default: lu_unpack,
    aten.linalg_lu_solve.default: lu_solve,
    aten._linalg_det.default: det,
    aten._linalg_slogdet.default: slogdet,
    aten._linalg_solve_ex.default: solve,
    aten.linalg_inv_ex.default: inverse,
    aten.linalg_solve_triangular.default: solve_triangular,
    aten.triangular_solve.default: triangular_solve,
    aten.linalg_cholesky_ex.default: cholesky_ex,
    aten.cholesky.default: cholesky,
    aten.cholesky_solve.default: cholesky_solve,
    aten.cholesky_inverse.default: cholesky_inverse,
}
"""Operators that factor a matrix, or solve by a factored one."""
