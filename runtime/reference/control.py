"""Loops, index mathematics, groups, and the array and vector operations."""

from __future__ import annotations

import itertools
from math import prod
from typing import cast

import numpy as np
from xdsl.dialects import affine, scf
from xdsl.ir import Operation

from npu.dialects import npu
from npu.runtime.reference.frame import Array, Frame, Handler, refuse
from npu.runtime.reference.halves import numbers


def _for(op: Operation, frame: Frame) -> None:
    loop = cast(scf.ForOp, op)
    if loop.iter_args:
        raise refuse(op, "loop-carried values", "no iter_args (docs/design.md section 4, rule 2)")
    low, high, step = (int(frame.get(v)) for v in (loop.lb, loop.ub, loop.step))
    if step < 1:
        raise refuse(op, f"a step of {step}", "a positive step")
    for index in range(low, high, step):
        frame.run_block(loop.body.block, index)


def _affine(op: Operation, frame: Frame) -> None:
    """The least of the map's results; `affine.apply` has just one."""
    map_ = cast("affine.ApplyOp | affine.MinOp", op).map.data
    numbers = [int(frame.get(v)) for v in op.operands]
    dims, symbols = numbers[: map_.num_dims], numbers[map_.num_dims :]
    frame.set(op, min(e.eval(dims, symbols) for e in map_.results))


def _parallel(op: Operation, frame: Frame) -> None:
    """The work items of this frame's core: every `cores`-th in row-major order."""
    parallel = cast(npu.ParallelOp, op)
    items = itertools.product(*(range(*bounds) for bounds in parallel.bounds))
    for item in itertools.islice(items, frame.core, None, frame.cores):
        frame.run_block(parallel.body.block, *item)


def _group(op: Operation, frame: Frame) -> None:
    group = cast(npu.GroupOp, op)
    frame.set(op, *frame.run_block(group.work, *map(frame.get, group.inputs)))


def _compute(op: Operation, frame: Frame) -> None:
    compute = cast(npu.ComputeOp, op)
    frame.run_block(compute.body.block, *map(frame.get, compute.operands))


def _preload(op: Operation, frame: Frame) -> None:
    """The array keeps a copy: later writes to the scratchpad do not reach it."""
    frame.set(op, frame.array(cast(npu.PreloadOp, op).source).copy())


def _matmul(op: Operation, frame: Frame) -> None:
    matmul = cast(npu.MatmulOp, op)
    rows, weights = frame.array(matmul.rows), frame.array(matmul.weights)
    target = frame.array(matmul.accumulator)
    result = product(matmul, rows, weights, target)
    if rows.size and weights.size:
        put(result, target, keep=keeps(matmul, frame))


def product(matmul: npu.MatmulOp, rows: Array, weights: Array, target: Array) -> Array:
    """What the array gives out: sums over k in order from +0, product and sum each rounded."""
    rows, weights = numbers(rows), numbers(weights)
    k, n = prod(weights.shape[:-1]), weights.shape[-1]
    weights = weights.reshape(k, n)
    if matmul.window_step is not None and rows.size and weights.size:
        rows = _windows(rows, k, matmul.window_step.value.data)
    m = rows.shape[:-1]
    if rows.shape[-1] != k or target.shape != (*m, n):
        found = f"{rows.shape} times {weights.shape} into {target.shape}"
        raise refuse(matmul, found, "m x k, k x n, m x n")
    result = np.zeros(target.shape, target.dtype)
    for one in range(k):
        result += rows[..., one : one + 1] * weights[one]
    return result


def keeps(matmul: npu.MatmulOp, frame: Frame) -> bool:
    """Whether the result is added to the accumulator."""
    return matmul.accumulate is not None and bool(frame.get(matmul.accumulate))


def put(result: Array, target: Array, *, keep: bool) -> None:
    """Adds to the accumulator or overwrites it."""
    target[...] = target + result if keep else result


def _windows(rows: Array, k: int, step: int) -> Array:
    """Runs of `k` elements, all channels of some positions, `step` positions apart."""
    *outer, positions, channels = rows.shape
    lines = rows.reshape(*outer, positions * channels)
    return np.lib.stride_tricks.sliding_window_view(lines, k, -1)[..., :: step * channels, :]


HANDLERS: dict[type[Operation], Handler] = {
    scf.ForOp: _for,
    affine.ApplyOp: _affine,
    affine.MinOp: _affine,
    npu.ParallelOp: _parallel,
    npu.GroupOp: _group,
    npu.ComputeOp: _compute,
    npu.PreloadOp: _preload,
    npu.MatmulOp: _matmul,
}
"""How each operation that contains or drives others is executed."""
