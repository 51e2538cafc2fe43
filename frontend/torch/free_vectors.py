"""Vectors whose signs are free, which export asks for even where only values are read.

They are operators of their own, which the check refuses where somebody reads them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

linalg: Any = torch.linalg


@torch.library.custom_op("npu::singular_vectors", mutates_args=())
def singular_vectors(a: Tensor, full_matrices: bool) -> tuple[Tensor, Tensor]:
    """The vectors of a singular value decomposition, which no kernel computes."""
    u, _, vh = linalg.svd(a, full_matrices)
    return u.contiguous(), vh.contiguous()


@torch.library.custom_op("npu::eigenvectors", mutates_args=())
def eigenvectors(a: Tensor) -> Tensor:
    """The eigenvectors of symmetric matrices, which no kernel computes."""
    return linalg.eigh(a)[1].contiguous()


def _vectors_shape(a: Tensor, full_matrices: bool) -> tuple[Tensor, Tensor]:
    *batch, rows, columns = a.shape
    least = min(rows, columns)
    first, last = (rows, columns) if full_matrices else (least, least)
    return a.new_empty((*batch, rows, first)), a.new_empty((*batch, last, columns))


singular_vectors.register_fake(_vectors_shape)
eigenvectors.register_fake(torch.empty_like)
