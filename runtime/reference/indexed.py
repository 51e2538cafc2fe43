"""Gathers and scatters on tensors."""

from __future__ import annotations

from typing import cast

import numpy as np
from xdsl.ir import Operation, SSAValue

from npu.dialects import npu
from npu.dialects.npu.gather import IndexedOp
from npu.runtime.reference.frame import Array, Frame, Handler, refuse
from npu.runtime.reference.transfers import scatter_in_order


def indices_of(op: IndexedOp, given: Array, extent: int) -> Array:
    """Indices from 0 up to `extent`. Raises UserError for one that is outside."""
    from_end = op.from_end is not None
    numbers = given.astype(np.int64)
    indices = np.where(numbers < 0, numbers + extent, numbers) if from_end else numbers
    outside = np.flatnonzero((indices < 0) | (indices >= extent))
    if outside.size:
        at = int(outside[0])
        least = -extent if from_end else 0
        raise refuse(op, f"index {numbers[at]} at position {at}", f"{least} to {extent - 1}")
    return indices


def _taken(op: IndexedOp, table: Array, indices: SSAValue, frame: Frame) -> Array:
    return indices_of(op, frame.array(indices), table.shape[op.dim.value.data])


def _gather(op: Operation, frame: Frame) -> None:
    gather = cast(npu.GatherOp, op)
    table = frame.array(gather.table)
    indices = _taken(gather, table, gather.indices, frame)
    frame.set(op, table.take(indices, gather.dim.value.data))


def _scatter(op: Operation, frame: Frame) -> None:
    scatter = cast(npu.ScatterOp, op)
    dim = scatter.dim.value.data
    result = frame.array(scatter.table).copy()
    indices = _taken(scatter, result, scatter.indices, frame)
    at = np.ix_(*(indices if d == dim else np.arange(n) for d, n in enumerate(result.shape)))
    combine = None if scatter.combine is None else scatter.combine.data
    scatter_in_order(result, at, frame.array(scatter.rows), dim, combine)
    frame.set(op, result)


def _lookup(op: Operation, frame: Frame) -> None:
    """An index outside takes an end of the table."""
    lookup = cast(npu.LookupOp, op)
    table, given = frame.array(lookup.table), frame.array(lookup.indices)
    numbers = given.astype(np.int64)
    if lookup.from_end is not None:
        numbers = np.where(numbers < 0, numbers + table.size, numbers)
    frame.array(lookup.out)[...] = table[np.clip(numbers, 0, table.size - 1)]


def _ends(op: Operation, frame: Frame) -> None:
    ends = cast(npu.EndsOp, op)
    given = frame.array(ends.indices)
    frame.array(ends.ends)[...] = [given.min(initial=2**31 - 1), given.max(initial=-(2**31))]


HANDLERS: dict[type[Operation], Handler] = {
    npu.GatherOp: _gather,
    npu.ScatterOp: _scatter,
    npu.LookupOp: _lookup,
    npu.EndsOp: _ends,
}
"""How each of them is executed."""
