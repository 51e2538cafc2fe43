"""Expressions and accesses of one `tog` operation, from minima to attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from npu.dialects.tog import RectangleAttr, WalkDim
from npu.dialects.tog.indexed import indices
from npu.dialects.tog.walk_dims import bounds
from npu.passes.tog.errors import refuse
from npu.passes.tog.linear import Atom, DivAtom, IvAtom, Linear, ModAtom
from npu.passes.tog.minimum import Minimum
from npu.passes.tog.views import View


@dataclass(frozen=True)
class Rectangle:
    """What an operation touches of one slot of a buffer."""

    buffer: SSAValue
    """The `npu.alloc`'s result."""

    slot: Minimum
    lo: tuple[Minimum, ...]
    size: tuple[Minimum, ...]

    @property
    def minima(self) -> tuple[Minimum, ...]:
        """All its expressions."""
        return (self.slot, *self.lo, *self.size)


def rectangle_of(view: View, user: Operation, *, may_step: bool = False) -> Rectangle:
    """The rectangle a scratchpad view covers. Raises UserError where it is not in one slot (R5).

    Only where it `may_step` the view may leave out elements of it (R4).
    """
    if view.is_stepped and not may_step:
        refuse(user, "R4", "only the rows of a matmul are a view with steps")
    if view.sizes[0].constant != 1 or len(view.offsets[0].forms) != 1:
        refuse(user, "R5", "a view must lie in exactly one slot of its buffer")
    return Rectangle(view.root, view.offsets[0], view.offsets[1:], view.sizes[1:])


@dataclass(frozen=True)
class Within:
    """Where a dimension of a walk lies in a tensor's: element i is index `first` + i * `step`.

    What is not from 0 up to `extent` does not exist: it is filled on load and dropped on store.
    """

    first: Minimum
    """A single form."""

    extent: int
    step: int = 1


@dataclass(frozen=True)
class ByIndex:
    """The indices of a dimension of a walk: number `first` + i of those in an argument."""

    source: SSAValue
    """The argument of the kernel that they are loaded from."""

    first: Minimum
    """A single form."""

    extent: int

    rectangle: Rectangle
    """Where they lie in the scratchpad."""


class Encoder:
    """Turns minima into affine maps over the induction variables that one operation needs."""

    def __init__(self, minima: Iterable[Minimum], ivs: Mapping[int, SSAValue]) -> None:
        self._numbers = sorted({iv for one in minima for iv in one.ivs()})
        self.ivs = [ivs[number] for number in self._numbers]
        """The operation's induction variables, outermost first."""

    def expression(self, minimum: Minimum) -> AffineMapAttr:
        """The stored form."""
        results = tuple(self._sum(form) for form in minimum.forms)
        return AffineMapAttr(AffineMap(len(self._numbers), 0, results))

    def dim(self, size: Minimum, stride: int, within: Within | ByIndex | None = None) -> WalkDim:
        """A dimension of a walk: `size` elements, each `stride` bytes behind the one before.

        With `within`, `stride` is as many times the bytes between neighbours as its step says.
        """
        if isinstance(within, ByIndex):
            first = self.expression(within.first)
            return WalkDim(self.expression(size), stride, indices(first, within.extent))
        if within is None:
            return WalkDim(self.expression(size), stride)
        first = self.expression(within.first)
        return WalkDim(self.expression(size), stride, bounds(first, within.extent, within.step))

    def access(
        self, rectangle: Rectangle, buffers: Mapping[SSAValue, SSAValue]
    ) -> tuple[SSAValue, RectangleAttr]:
        """The buffer of the graph and the stored rectangle."""
        stored = RectangleAttr(
            self.expression(rectangle.slot),
            ArrayAttr([self.expression(one) for one in rectangle.lo]),
            ArrayAttr([self.expression(one) for one in rectangle.size]),
        )
        return buffers[rectangle.buffer], stored

    def _sum(self, form: Linear) -> AffineExpr:
        total = AffineExpr.constant(0)
        for atom, factor in form.terms:
            total = total + self._atom(atom) * factor
        return total + form.constant

    def _atom(self, atom: Atom) -> AffineExpr:
        match atom:
            case IvAtom(index):
                return AffineExpr.dimension(self._numbers.index(index))
            case DivAtom(form, divisor):
                return self._sum(form) // divisor
            case ModAtom(form, divisor):
                return self._sum(form) % divisor
