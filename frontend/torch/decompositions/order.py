"""Sorting and what rests on it: sort, topk, kthvalue, medians.

A value and its place become one integer of 64 bits: the high half is a key that grows with the
value (NaN above all; both zeros alike), the low half is twice the place, plus 1 for -0.0. All of
them differ, so that any sorting is stable, and values come back bit by bit, but for the kinds of
NaN (its key is the bits of one). The largest first is the complement of the key. The pairs of 32
bits are the last dimension of a tensor, the place first.

Rows are filled up to a power of two with what comes last. A few of a long row are those of the few
of its blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.rows import shaped
from npu.frontend.torch.ordered_ops import bits_of, from_bits, sort_pairs

BLOCK = 4096
"""Values of a block of which the first few are taken: fits the scratchpad of every machine."""

LOWEST, HIGHEST = -(2**31), 2**31 - 1
INFINITE = 0x7F800000
"""The bits of infinity: those of a NaN are greater, but for the sign."""

Found = tuple[Tensor, Tensor]
"""Values, and their places."""


def sort(x: Tensor, dim: int = -1, descending: bool = False) -> Found:
    """All values along ``dim`` in order, equal ones in the order of their places."""
    return _along(x, dim, lambda rows: _first(rows, rows.shape[1], descending=descending))


def sort_stable(
    x: Tensor, *, stable: bool | None = None, dim: int = -1, descending: bool = False
) -> Found:
    """`sort`, which is stable in any case."""
    del stable
    return sort(x, dim, descending)


def topk(x: Tensor, k: int, dim: int = -1, largest: bool = True, *_: bool, **__: bool) -> Found:
    """The ``k`` largest or smallest values, in order whether that is asked for or not."""
    return _along(x, dim, lambda rows: _first(rows, k, descending=largest))


def kthvalue(x: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Found:
    """The ``k``-th smallest value; k counts from 1."""

    def find(rows: Tensor) -> Found:
        values, places = _first(rows, k, descending=False)
        return values[:, k - 1 :], places[:, k - 1 :]

    return _one_along(x, dim, find, keepdim=keepdim)


def median_dim(x: Tensor, dim: int = -1, keepdim: bool = False) -> Found:
    """The lower one of the middle; NaN, and the first place of one, where there is any."""
    return _one_along(x, dim, lambda rows: _median(rows, skips_nan=False), keepdim=keepdim)


def nanmedian_dim(x: Tensor, dim: int = -1, keepdim: bool = False) -> Found:
    """The lower one of the middle of what is not NaN."""
    return _one_along(x, dim, lambda rows: _median(rows, skips_nan=True), keepdim=keepdim)


def mode(x: Tensor, dim: int = -1, keepdim: bool = False) -> Found:
    """The least of the most frequent values of each row, and its last place; NaN equals nothing.

    A sort brings equal values together; where their runs begin and end is a search.
    """

    def find(rows: Tensor) -> Found:
        values, places = sort(rows, 1)
        ends = torch.searchsorted(values, values, right=True)
        best = torch.argmax(ends - torch.searchsorted(values, values), 1, keepdim=True)
        last = torch.gather(ends, 1, best) - 1
        return torch.gather(values, 1, best), torch.gather(places, 1, last)

    return _one_along(x, dim, find, keepdim=keepdim)


def of_everything(find: Callable[..., Found]) -> Callable[[Tensor], Tensor]:
    """The value alone, of all elements."""
    return lambda x: find(x.reshape(-1), 0)[0] if x.numel() else NotImplemented


def _along(x: Tensor, dim: int, find: Callable[[Tensor], Found]) -> Found:
    """What ``find`` finds in rows, for those along ``dim``."""
    if x.dtype is torch.bool:
        values, places = _along(x.to(torch.int32), dim, find)
        return values != 0, places
    if x.dim() == 0:
        values, places = _along(x.reshape(1), 0, find)
        return values.reshape(()), places.reshape(())
    dim = dim % x.dim()
    if x.numel() == 0:
        return NotImplemented
    moved = x.movedim(dim, -1)
    values, places = find(shaped(moved, (math.prod(moved.shape[:-1]), x.shape[dim])))
    shape = (*moved.shape[:-1], values.shape[1])
    return shaped(values, shape).movedim(-1, dim), shaped(places, shape).movedim(-1, dim)


def _one_along(x: Tensor, dim: int, find: Callable[[Tensor], Found], *, keepdim: bool) -> Found:
    """`_along` of one value of each row."""
    found: Any = _along(x, dim, find)
    if found is NotImplemented or keepdim or x.dim() == 0:
        return found
    return found[0].squeeze(dim), found[1].squeeze(dim)


def _first(rows: Tensor, count: int, *, descending: bool) -> Found:
    """The first ``count`` of each row, in order."""
    if count == 0:
        return rows[:, :0], torch.zeros((rows.shape[0], 0), dtype=torch.int64)
    pairs = _sorted(_pairs(rows, descending=descending), count)
    return _found(pairs, rows.dtype, descending=descending)


def _sorted(pairs: Tensor, count: int) -> Tensor:
    """The first ``count`` of pairs (rows, length, 2), in order."""
    rows, length, _ = pairs.shape
    while length > 2 * BLOCK and 2 * count <= BLOCK:
        blocks = -(-length // BLOCK)
        cut = _filled(pairs, blocks * BLOCK).reshape(rows * blocks, BLOCK, 2)
        pairs = sort_pairs(cut)[:, :count].reshape(rows, blocks * count, 2)
        length = blocks * count
    whole = 2 ** max(1, math.ceil(math.log2(length)))
    return sort_pairs(_filled(pairs, whole))[:, :count]


def _filled(pairs: Tensor, length: int) -> Tensor:
    """Rows of ``length`` pairs, with more that come last."""
    more = length - pairs.shape[1]
    return torch.constant_pad_nd(pairs, [0, 0, 0, more], HIGHEST) if more else pairs


def _pairs(rows: Tensor, *, descending: bool) -> Tensor:
    """Place and key of each value of ``rows`` (rows, length), as (rows, length, 2).

    Both are made for both halves, each of which takes one: that is one kernel.
    """
    count = rows.shape[1]
    wide = rows.unsqueeze(2).expand(*rows.shape, 2)
    places = torch.arange(0, 2 * count, 2, dtype=torch.int32).unsqueeze(1)
    if rows.is_floating_point():
        bits = bits_of(wide)
        magnitude = bits & HIGHEST
        keys = torch.where(magnitude == 0, 0, _turned(bits))
        keys = torch.where(magnitude > INFINITE, HIGHEST - 1, keys)
        places = places + (bits == LOWEST).to(torch.int32)
    else:
        keys = wide.to(torch.int32)
    if descending:
        keys = torch.bitwise_not(keys)
    is_key = torch.arange(2, dtype=torch.int32) == 1
    return torch.where(is_key, keys, places)


def _turned(bits: Tensor) -> Tensor:
    """Bits of floats so that they compare as integers, and back: negative ones turn around."""
    return bits ^ ((bits >> 31) & HIGHEST)


def _found(pairs: Tensor, dtype: torch.dtype, *, descending: bool) -> Found:
    """The values and the places in pairs (rows, count, 2).

    All of it hangs together by the place's lowest bit, which says -0.0: that is one kernel.
    """
    places, keys = pairs.select(2, 0), pairs.select(2, 1)
    is_negative_zero = places & 1
    places = ((places ^ is_negative_zero) >> 1).to(torch.int64)
    if dtype.is_floating_point:
        keys = torch.where(is_negative_zero != 0, 0 if descending else -1, keys)
    if descending:
        keys = torch.bitwise_not(keys)
    if not dtype.is_floating_point:
        return keys.to(dtype), places
    return from_bits(_turned(keys)), places


def _median(rows: Tensor, *, skips_nan: bool) -> Found:
    """The middle of each row, as (rows, 1)."""
    count = rows.shape[1]
    pairs = _sorted(_pairs(rows, descending=False), count)
    middle = (count - 1) // 2
    if not rows.is_floating_point():
        found = pairs[:, middle : middle + 1]
    else:
        missing = torch.sum(torch.isnan(rows).to(torch.int32), 1).to(torch.int32)
        left = count - missing
        if skips_nan:
            at = torch.div((left - 1).clamp(min=0), 2, rounding_mode="trunc")
        else:
            at = torch.where(missing > 0, left, middle)
        is_it = torch.arange(count, dtype=torch.int32) == at.unsqueeze(1)
        found = torch.amax(torch.where(is_it.unsqueeze(2), pairs, LOWEST), 1).unsqueeze(1)
    return _found(found, rows.dtype, descending=False)
