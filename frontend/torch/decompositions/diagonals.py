"""Diagonals of matrices: what lies on one is every (columns + 1)-th element of the matrix."""

from __future__ import annotations

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.joins import slice_scatter

aten = torch.ops.aten


def diagonal(x: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal that starts ``offset`` columns to the right, as the last dimension."""
    matrices = x.movedim((dim1, dim2), (-2, -1))
    *others, rows, columns = matrices.shape
    flat = matrices.reshape([*others, rows * columns])
    start, end = _ends(rows, columns, offset)
    return flat[..., start : end : columns + 1] if start < end else flat.narrow(-1, 0, 0)


def _ends(rows: int, columns: int, offset: int) -> tuple[int, int]:
    """The first element of a diagonal in a flattened matrix, and the one behind its last."""
    start = offset if offset >= 0 else -offset * columns
    count = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    return start, start + (count - 1) * (columns + 1) + 1 if count else start


def diagonal_scatter(
    x: Tensor, source: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """``x`` with ``source`` on a diagonal."""
    matrices = x.movedim((dim1, dim2), (-2, -1))
    *others, rows, columns = matrices.shape
    flat = matrices.reshape([*others, rows * columns])
    start, end = _ends(rows, columns, offset)
    found = slice_scatter(flat, source, -1, start, end, columns + 1)
    return found.reshape(matrices.shape).movedim((-2, -1), (dim1, dim2)).clone()


def diag_embed(x: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Square matrices of zeros with the last dimension of ``x`` on a diagonal."""
    *others, count = x.shape
    extent = count + abs(offset)
    first = offset if offset >= 0 else -offset * extent
    apart = aten.constant_pad_nd(x.unsqueeze(-1), [0, extent], 0)
    flat = apart.reshape([*others, count * (extent + 1)])
    behind = extent * extent - first - count * (extent + 1)
    matrices = aten.constant_pad_nd(flat, [first, behind], 0).reshape([*others, extent, extent])
    rank = matrices.dim()
    # transposed where the first of the dimensions is the later one
    return matrices.movedim((-2, -1), (dim1 % rank, dim2 % rank)).clone()


def trace(x: Tensor) -> Tensor:
    """The sum of the diagonal."""
    return diagonal(x).sum()
