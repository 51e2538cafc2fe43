"""Loops, index mathematics, launches, groups, and the array and vector operations."""

from __future__ import annotations

import itertools
from math import prod
from typing import cast

import numpy as np
from xdsl.dialects import affine, scf
from xdsl.ir import Operation
from xdsl.traits import SymbolTable

from npu.dialects import npu
from npu.runtime.reference.frame import Array, Frame, Handler, refuse
from npu.runtime.reference.types import element_type, shape_of


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


def _launch(op: Operation, frame: Frame) -> None:
    """Each core runs the kernel with a scratchpad of its own.

    A kernel without `npu.parallel` has no work items to deal out, so one core runs it.
    """
    launch = cast(npu.LaunchOp, op)
    kernel = SymbolTable.lookup_symbol(frame.module, launch.kernel)
    if not isinstance(kernel, npu.KernelOp):
        raise refuse(op, f"no kernel is called {launch.kernel}", "the name of an npu.kernel")
    arguments = [frame.array(v) for v in launch.arguments]
    dealt = any(isinstance(o, npu.ParallelOp) for o in kernel.body.block.ops)
    for core in range(frame.cores if dealt else 1):
        own = Frame(
            frame.module, frame.handlers, frame.cores, core, _scratchpad(kernel), frame.views
        )
        own.run_block(kernel.body.block, *arguments)


def _scratchpad(kernel: npu.KernelOp) -> Array | None:
    """Bytes up to the end of the last placed buffer, all of them a part of some NaN."""
    ends = [
        o.offset.value.data
        + element_type(o.buffer.type).itemsize * int(np.prod(shape_of(o.buffer.type)))
        for o in kernel.walk()
        if isinstance(o, npu.AllocOp) and o.offset is not None
    ]
    return np.full(max(ends), 0xFF, np.uint8) if ends else None


def _group(op: Operation, frame: Frame) -> None:
    group = cast(npu.GroupOp, op)
    frame.set(op, *frame.run_block(group.body.block, *map(frame.get, group.inputs)))


def _compute(op: Operation, frame: Frame) -> None:
    compute = cast(npu.ComputeOp, op)
    frame.run_block(compute.body.block, *map(frame.get, compute.operands))


def _preload(op: Operation, frame: Frame) -> None:
    """The array keeps a copy: later writes to the scratchpad do not reach it."""
    source = frame.array(cast(npu.PreloadOp, op).source)
    k, n = prod(source.shape[:-1]), source.shape[-1]
    frame.set(op, source.reshape(k, n).copy())


def _matmul(op: Operation, frame: Frame) -> None:
    """Sums over k in order from +0, product and sum each rounded; then added to the accumulator.

    Without rows, columns or weight rows it does nothing, as the device library.
    """
    matmul = cast(npu.MatmulOp, op)
    rows, weights = frame.array(matmul.rows), frame.array(matmul.weights)
    if matmul.window_step is not None and rows.size:
        rows = _windows(rows, weights.shape[0], matmul.window_step.value.data)
    target = frame.array(matmul.accumulator)
    m, (k, n) = rows.shape[:-1], weights.shape
    if rows.shape[-1] != k or target.shape != (*m, n):
        raise refuse(
            op, f"{rows.shape} times {weights.shape} into {target.shape}", "m x k, k x n, m x n"
        )
    if rows.size == 0 or weights.size == 0:
        return
    result = np.zeros(target.shape, target.dtype)
    for one in range(k):
        result += rows[..., one : one + 1] * weights[one]
    keep = matmul.accumulate is not None and bool(frame.get(matmul.accumulate))
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
    npu.LaunchOp: _launch,
    npu.GroupOp: _group,
    npu.ComputeOp: _compute,
    npu.PreloadOp: _preload,
    npu.MatmulOp: _matmul,
}
"""How each operation that contains or drives others is executed."""
