"""Rows that are reduced in runs: bags of embeddings, segments.

A run is given by where it starts. Each row counts the starts up to its place, which is the number
of its run, and is scattered there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.indexing import embedding

aten = torch.ops.aten

SUM, MEAN, MAX = 0, 1, 2

_START = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "max": -math.inf, "min": math.inf}
"""What is made of no row."""

_REDUCE = {"sum": "sum", "mean": "sum", "prod": "prod", "max": "amax", "min": "amin"}


def embedding_bag(
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: bool = False,
    mode: int = SUM,
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int = -1,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The sum, mean or maximum of the rows of each bag; those of `padding_idx` are left out.

    Also the bag of each row and what counts in each bag; where maxima are is not told (zeros).
    """
    del scale_grad_by_freq, sparse
    count = offsets.shape[0] - int(include_last_offset)
    width = weight.shape[1]
    if 0 in (count, indices.shape[0], width):
        return NotImplemented
    bags = _runs(offsets[:count], indices.shape[0])
    rows = embedding(weight, indices)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(1)
    is_kept = torch.full(indices.shape, True)
    if padding_idx >= 0:
        is_kept = indices != padding_idx
        other = -math.inf if mode == MAX else 0.0
        rows = torch.where(is_kept.unsqueeze(1), rows, other)
    numbers = torch.zeros((count,), dtype=torch.int64)
    sizes = numbers.index_add(0, bags, is_kept.to(torch.int64))
    if mode == MAX:
        out = _gathered(rows, bags, count, "amax", -math.inf)
        out = torch.where((sizes > 0).unsqueeze(1), out, 0.0)
    else:
        out = _gathered(rows, bags, count, "sum", 0.0)
    if mode == MEAN:
        out = out / sizes.clamp(min=1).to(out.dtype).unsqueeze(1)
    return out, bags, sizes, torch.zeros_like(sizes)


def _runs(starts: Tensor, length: int) -> Tensor:
    """The number of the run that each of `length` places is in."""
    places = torch.arange(length, dtype=starts.dtype)
    return torch.searchsorted(starts, places, right=True) - 1


def _gathered(rows: Tensor, runs: Tensor, count: int, reduce: str, start: float) -> Tensor:
    """Rows (n, ...) reduced by the run (n,) that each is in, from `start` on."""
    into = torch.full((count, *rows.shape[1:]), start, dtype=rows.dtype)
    if reduce == "sum":
        return into.index_add(0, runs, rows)
    return into.index_reduce(0, runs, rows, reduce)


def segment_reduce(
    data: Tensor,
    reduce: str,
    *,
    lengths: Tensor | None = None,
    indices: Tensor | None = None,
    offsets: Tensor | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: float | None = None,
) -> Tensor:
    """Each segment of dimension 0 reduced; one without rows gives `initial`, or what is neutral."""
    del unsafe
    given = lengths if offsets is None else offsets
    if indices is not None or given is None or axis or given.dim() != 1 or 0 in data.shape:
        return NotImplemented
    if offsets is None:
        ends = torch.cumsum(given, 0)
        starts, sizes = ends - given, given
    else:
        starts, sizes = given[:-1], given[1:] - given[:-1]
    count = starts.shape[0]
    if count == 0:
        return NotImplemented
    start = _START[reduce] if initial is None else float(initial)
    # Rows behind the last segment go nowhere.
    runs = torch.searchsorted(starts + sizes, _places(data, starts), right=True)
    out = _gathered(data, runs, count + 1, _REDUCE[reduce], start)[:count]
    if reduce != "mean":
        return out
    wide = sizes.reshape([-1, *[1] * (data.dim() - 1)])
    empty = math.nan if initial is None else float(initial)
    return torch.where(wide > 0, out / wide.clamp(min=1).to(out.dtype), empty)


def _places(data: Tensor, like: Tensor) -> Tensor:
    return torch.arange(data.shape[0], dtype=like.dtype)


BAGS: dict[Any, Callable[..., Any]] = {
    aten._embedding_bag_forward_only.default: embedding_bag,
    aten._embedding_bag.default: embedding_bag,
    aten.segment_reduce.default: segment_reduce,
}
"""By the operator."""
