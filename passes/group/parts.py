"""Parts of a `tensor.concat`: where in the whole a tensor lies.

A whole is one tensor in DRAM. Seen as `outer x columns`, where all dimensions from the joined one
on are columns, each part is a run of columns. So a tensor that is a part but for reshapes lies in
the whole like this, if one dimension of it starts where the columns of a part do:

    part 4x3x5 at columns 10 of a whole 4x35     seen as 4x7x5, from 2 on in dimension 1
    part 4     at column 2 of a whole 4x7        seen as 28, from 2 on in steps of 7
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects import tensor
from xdsl.ir import SSAValue

from npu.passes.group.iteration_space import shape_of

Reshape = tensor.ExpandShapeOp | tensor.CollapseShapeOp


@dataclass(frozen=True)
class Part:
    """Where a tensor lies in a whole.

    Element i of its dimension `dim` is element first + step * i of the whole in `shape`, which has
    the rank of the tensor and its extents in all other dimensions.
    """

    shape: tuple[int, ...]
    dim: int
    first: int
    step: int

    def box(self, count: int) -> tuple[slice, ...]:
        """The elements of the whole, in `shape`, that are the `count` of dimension `dim`."""
        own = slice(self.first, self.first + self.step * (count - 1) + 1, self.step)
        return tuple(own if d == self.dim else slice(None) for d in range(len(self.shape)))


def part_of(value: SSAValue) -> tuple[tensor.ConcatOp, Part] | None:
    """The whole that a tensor is a part of and nothing else, but for reshapes, and where."""
    end = value
    user = end.get_user_of_unique_use()
    while isinstance(user, Reshape):
        end = user.result
        user = end.get_user_of_unique_use()
    if not isinstance(user, tensor.ConcatOp):
        return None
    place = place_of(user, list(user.inputs).index(end), shape_of(value))
    return None if place is None else (user, place)


def place_of(whole: tensor.ConcatOp, index: int, shape: Sequence[int]) -> Part | None:
    """Where operand `index`, reshaped to `shape`, lies; None where no dimension of it starts."""
    dim = whole.dim.value.data
    outer, columns = _rows(shape_of(whole.result), dim)
    first = sum(_rows(shape_of(one), dim)[1] for one in whole.inputs[:index])
    own = _rows(shape_of(whole.inputs[index]), dim)[1]
    for at, extent in enumerate(shape):
        inner = prod(shape[at + 1 :])
        starts = prod(shape[:at]) == outer and extent * inner == own
        if starts and columns % inner == 0 and first % inner == 0:
            return Part((*shape[:at], columns // inner, *shape[at + 1 :]), at, first // inner, 1)
    if own == 1 and prod(shape) == outer and shape:
        *others, last = shape
        return Part((*others, last * columns), len(others), first, columns)
    return None


def _rows(shape: Sequence[int], dim: int) -> tuple[int, int]:
    """A shape as (outer, columns)."""
    return prod(shape[:dim]), prod(shape[dim:])
