"""Factorisations of matrices of pairs (`npu.dialects.factor`), by the steps that code takes.

Products are rounded ahead of differences and sums go one by one, as in `npu.codegen.factor`: the
result is that of the code in every bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from npu.dialects.factor import ELIMINATIONS, EXCHANGES, PIVOTED, ROTATION, Factor

Doubles = NDArray[np.float64]
"""Matrices (count, rows, width)."""


def factored(pairs: NDArray[Any], factor: Factor) -> NDArray[Any]:
    """What `factor` makes of matrices of pairs (..., rows * width, 2)."""
    whole = np.asarray(pairs, np.float64).sum(-1)
    x = whole.reshape(-1, factor.rows, factor.width)
    with np.errstate(all="ignore"):
        if factor.kind in ELIMINATIONS:
            _eliminate(x, factor)
        elif factor.kind == ROTATION:
            for _ in range(factor.columns):
                _sweep(x)
        elif factor.kind == "qr":
            _reflect(x, factor)
        else:
            order = range(factor.columns)
            for k in reversed(order) if factor.kind.endswith("_back") else order:
                if factor.kind in EXCHANGES:
                    other = np.clip(x[:, k, -1], 0, factor.rows - 1).astype(np.int64)
                    _exchange(x, factor, k, other)
                else:
                    _turn(x, factor, k, factor.columns)
        first = x.astype(np.float32)
        second = (x - first).astype(np.float32)
    second = np.where(np.isnan(second), np.float32(0), second)
    return np.stack([first, second], -1).reshape(pairs.shape)


def _eliminate(x: Doubles, factor: Factor) -> None:
    used = factor.used
    for k in range(factor.columns):
        if factor.kind in PIVOTED:
            sizes = np.abs(x[:, k:, k])
            at = k + np.argmax(np.where(np.isnan(sizes), -1.0, sizes), 1)
            _exchange(x, factor, k, at)
            if factor.kind == "lu":
                x[:, k, -1] = at
        pivot = x[:, k, k, None]
        if factor.kind in ("lu", "ldl"):
            rows = list(range(k + 1, factor.rows))
            x[:, rows, k] = np.where(pivot == 0, 0.0, x[:, rows, k] / pivot)
        else:
            rows = [i for i in range(factor.rows) if i != k]
            x[:, k, k:used] = x[:, k, k:used] / pivot
        product = x[:, rows, k, None] * x[:, k, None, k + 1 : used]
        x[:, rows, k + 1 : used] = x[:, rows, k + 1 : used] - product


def _exchange(x: Doubles, factor: Factor, k: int, other: NDArray[np.int64]) -> None:
    """Exchanges what moves of rows `k` and `other` of each matrix."""
    matrices, moved = np.arange(len(x)), factor.moved
    here, there = x[:, k, :moved].copy(), x[matrices, other, :moved].copy()
    x[matrices, other, :moved] = here
    x[:, k, :moved] = there


def _reflect(x: Doubles, factor: Factor) -> None:
    used = factor.used
    for k in range(factor.columns):
        alpha, behind = x[:, k, k].copy(), x[:, k, k + 1 : used]
        square = _added(np.zeros(len(x)), behind * behind)
        length = np.copysign(np.sqrt(alpha * alpha + square), alpha)
        is_done = square == 0
        beta = np.where(is_done, alpha, -length)
        scale = np.where(is_done, 1.0, alpha - beta)
        x[:, k, k + 1 : used] = behind / scale[:, None]
        x[:, k, k] = beta
        x[:, k, used] = np.where(is_done, 0.0, (beta - alpha) / beta)
        _turn(x, factor, k, k + 1)


def _turn(x: Doubles, factor: Factor, k: int, first: int) -> None:
    """Reflects the rows from `first` on by the reflector of row k."""
    used = factor.used
    v, t = x[:, k, None, k + 1 : used], x[:, k, None, used]
    rows = x[:, first:, k + 1 : used]
    times = _added(x[:, first:, k], rows * v) * t
    x[:, first:, k] = x[:, first:, k] - times
    x[:, first:, k + 1 : used] = rows - times[..., None] * v


def _sweep(x: Doubles) -> None:
    """Turns all pairs of rows so that they are orthogonal, and notes their lengths."""
    rows = x[..., :-1]
    for p in range(x.shape[1]):
        for q in range(p + 1, x.shape[1]):
            a, b = rows[:, p].copy(), rows[:, q].copy()
            both = _dot(a, b)
            ratio = (_dot(b, b) - _dot(a, a)) / (both + both)
            tangent = np.copysign(1.0, ratio) / (np.abs(ratio) + np.sqrt(1.0 + ratio * ratio))
            tangent = np.where(both == 0, 0.0, tangent)
            cosine = 1.0 / np.sqrt(1.0 + tangent * tangent)
            sine, cosine = (cosine * tangent)[:, None], cosine[:, None]
            rows[:, p] = a * cosine - b * sine
            rows[:, q] = a * sine + b * cosine
    x[..., -1] = np.sqrt(_dot(rows, rows))


def _dot(a: Doubles, b: Doubles) -> Doubles:
    return _added(np.zeros(a.shape[:-1]), a * b)


def _added(start: Doubles, terms: Doubles) -> Doubles:
    """`start` and the terms of the last axis, one after another."""
    whole = np.concatenate([start[..., None], terms], -1)
    return np.add.accumulate(whole, -1)[..., -1]
