"""Views of a kernel resolved to rectangles of the buffer they look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from xdsl.dialects import memref
from xdsl.dialects.builtin import DYNAMIC_INDEX, MemRefType
from xdsl.ir import Operation, SSAValue

from npu.dialects import npu
from npu.dialects.views import kept_dims, offsets_of, sizes_of, steps_of
from npu.passes.tog.cases import combinations
from npu.passes.tog.errors import refuse
from npu.passes.tog.index import IndexValues
from npu.passes.tog.linear import Linear
from npu.passes.tog.minimum import Minimum, NoFormError, number


@dataclass(frozen=True)
class View:
    """A rectangle of `root`: in each of its dimensions a first element and a size."""

    root: SSAValue
    """The result of an `npu.alloc`."""

    offsets: tuple[Minimum, ...]
    sizes: tuple[Minimum, ...]
    """Elements from the first one to the last one, those between the view's steps included."""

    counts: tuple[Minimum, ...]
    """Elements of the view."""

    dims: tuple[int, ...]
    """Which dimension of `root` each dimension of the view is; the others have size 1."""

    is_stepped: bool = False
    """Whether it leaves out elements of its rectangle."""

    @property
    def type(self) -> MemRefType[Any]:
        """The type of `root`."""
        return cast(MemRefType[Any], self.root.type)

    @property
    def shape(self) -> tuple[Minimum, ...]:
        """The size of each dimension of the view itself."""
        return tuple(self.counts[dim] for dim in self.dims)


class Views:
    """The views of one kernel."""

    def __init__(self, index: IndexValues) -> None:
        self._index = index
        self._known: dict[SSAValue, View] = {}

    def of(self, value: SSAValue, user: Operation) -> View:
        """What a memref looks at; `user` is named where that cannot be told. Raises UserError."""
        if value not in self._known:
            self._known[value] = self._resolve(value, user)
        return self._known[value]

    def dynamic_sizes(self, value: SSAValue, user: Operation) -> list[Minimum]:
        """The sizes of the dynamic dimensions of a memref, in order: what the ABI passes."""
        shape = cast(MemRefType[Any], value.type).get_shape()
        sizes = self.of(value, user).shape
        return [s for extent, s in zip(shape, sizes, strict=True) if extent == DYNAMIC_INDEX]

    def size(self, size: int | SSAValue, op: Operation) -> Minimum:
        """The size, as 0 where it is negative: a piece past the end of a partial tile is empty."""
        found = self._index.of(size, op)
        if found.bounds(self._index.ranges)[0] >= 0:
            return found
        domains = {iv: self._index.domains[iv] for iv in sorted(found.ivs())}
        cases = combinations([found], domains)
        is_ever_negative = bool(cases) and cases[0] < (0,)
        return replace(found, clamped=True) if is_ever_negative else found

    def _resolve(self, value: SSAValue, user: Operation) -> View:
        op = value.owner
        if isinstance(op, npu.AllocOp):
            return _whole(value)
        if isinstance(op, memref.SubviewOp):
            return self._subview(op)
        made_by = op.name if isinstance(op, Operation) else "a region's argument"
        return refuse(
            user,
            "R4",
            f"a view comes from {made_by}; expected memref.subview of an npu.alloc",
        )

    def _subview(self, op: memref.SubviewOp) -> View:
        source = self.of(op.source, op)
        steps = steps_of(op)
        if source.is_stepped or any(step < 1 for step in steps):
            refuse(op, "R4", "a view with steps is taken of one without, and they are positive")
        offsets, sizes, counts = list(source.offsets), list(source.sizes), list(source.counts)
        walked = zip(source.dims, offsets_of(op), sizes_of(op), steps, strict=True)
        for dim, offset, size, step in walked:
            start = self._index.of(offset, op)
            counts[dim] = self.size(size, op)
            try:
                offsets[dim] = offsets[dim].plus(start, self._index.ranges)
                sizes[dim] = self._span(counts[dim], step)
            except NoFormError as error:
                refuse(op, "R1", f"an offset or a size is {error}")
        dims = tuple(source.dims[kept] for kept in kept_dims(op))
        is_stepped = any(step != 1 for step in steps)
        return View(source.root, tuple(offsets), tuple(sizes), tuple(counts), dims, is_stepped)

    def _span(self, count: Minimum, step: int) -> Minimum:
        """Elements from the first to the last of `count` elements. Raises NoFormError."""
        if step == 1:
            return count
        if count.bounds(self._index.ranges)[0] < 1:
            raise NoFormError("that of a view with steps that may be empty")
        ranges = self._index.ranges
        return count.times(step, ranges).plus(number(1 - step), ranges)


def _whole(root: SSAValue) -> View:
    """All of a buffer."""
    shape = cast(MemRefType[Any], root.type).get_shape()
    sizes = tuple(Minimum((Linear(extent),)) for extent in shape)
    return View(root, tuple(number(0) for _ in shape), sizes, sizes, tuple(range(len(shape))))
