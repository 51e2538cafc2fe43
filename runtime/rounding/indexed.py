"""Gathers and scatters of values with errors: what moves keeps its error, what is combined adds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import i32
from xdsl.ir import Operation

from npu.dialects import npu
from npu.dialects.npu.gather import IndexedOp
from npu.runtime.reference.frame import Frame, Handler
from npu.runtime.rounding import arithmetic
from npu.runtime.rounding.integers import add_integers, multiply_integers, whole
from npu.runtime.rounding.pairs import Pairs
from npu.runtime.rounding.scalars import MAXIMA

COMBINES: dict[tuple[str, bool], Callable[[Pairs, Pairs], Pairs]] = {
    ("add", False): arithmetic.add,
    ("mul", False): arithmetic.multiply,
    ("max", False): MAXIMA[arith.MaximumfOp],
    ("min", False): MAXIMA[arith.MinimumfOp],
    ("add", True): add_integers,
    ("mul", True): multiply_integers,
    ("max", True): arithmetic.extremum(np.maximum, -0.0),
    ("min", True): arithmetic.extremum(np.minimum, 0.0),
}
"""What a scatter makes of what is there and what it brings, of floats and of integers."""


def _taken(op: IndexedOp, indices: Pairs, extent: int) -> tuple[Any, bool]:
    """Indices, and whether they are in doubt: then any element may be meant.

    One that is outside has been moved by the errors of an earlier stage: a program whose own
    indices are outside ends before its values are judged.
    """
    numbers = whole(indices)
    if op.from_end is not None:
        numbers = np.where(numbers < 0, numbers + extent, numbers)
    inside = np.clip(numbers, 0, extent - 1)
    return inside, bool((indices["error"] > 0).any() or (inside != numbers).any())


def _in_doubt(values: Pairs) -> Pairs:
    values["error"] = np.inf
    return values


def _gather(op: Operation, frame: Frame) -> None:
    gather = cast(npu.GatherOp, op)
    dim, table = gather.dim.value.data, frame.array(gather.table)
    indices, doubtful = _taken(gather, frame.array(gather.indices), table.shape[dim])
    found = table.take(indices, dim)
    frame.set(op, _in_doubt(found) if doubtful else found)


def _scatter(op: Operation, frame: Frame) -> None:
    scatter = cast(npu.ScatterOp, op)
    dim, result = scatter.dim.value.data, frame.array(scatter.table).copy()
    indices, doubtful = _taken(scatter, frame.array(scatter.indices), result.shape[dim])
    rows, combine = frame.array(scatter.rows), _combine_of(scatter)
    for position, index in enumerate(indices):
        place = (slice(None),) * dim + (index,)
        new = rows[(slice(None),) * dim + (position,)]
        result[place] = combine(result[place], new)
    frame.set(op, _in_doubt(result) if doubtful else result)


def _combine_of(op: npu.ScatterOp) -> Callable[[Pairs, Pairs], Pairs]:
    if op.combine is None:
        return lambda _, new: new
    is_whole = cast(Any, op.table.type).element_type == i32
    return COMBINES[op.combine.data, is_whole]


HANDLERS: dict[type[Operation], Handler] = {npu.GatherOp: _gather, npu.ScatterOp: _scatter}
"""How each of them is executed."""
