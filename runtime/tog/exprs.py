"""Stored expressions of the `tog` dialect to expressions of the simulator."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

from xdsl.dialects.builtin import AffineMapAttr
from xdsl.ir import SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
)

from npu.dialects.tog.iterations import bounds_of, range_of_loop
from npu.togsim.graph import Add, Const, Expr, FloorDiv, Iv, Min, Mod, Mul, Product


class Expressions:
    """The expressions of one graph; knows the loops' names and bounds."""

    def __init__(self) -> None:
        self._names: dict[SSAValue, str] = {}
        self._ends: dict[SSAValue, tuple[int, int]] = {}

    def enter_loop(self, iv: SSAValue, name: str, lower: int, upper: int, step: int) -> None:
        """Makes a loop's induction variable known."""
        self._names[iv] = name
        self._ends[iv] = range_of_loop(lower, upper, step)

    def value(self, stored: AffineMapAttr, ivs: Sequence[SSAValue]) -> Expr:
        """An address, slot or first element: the minimum of the stored sums."""
        parts = [self._expr(result, ivs) for result in stored.data.results]
        total = parts[0]
        for part in parts[1:]:
            total = Min(total, part)
        return total

    def size(self, stored: AffineMapAttr, ivs: Sequence[SSAValue]) -> Expr:
        """A size: as `value`, but 0 instead of a negative number (rule TE4 of the dialect)."""
        total = self.value(stored, ivs)
        ends = [self._ends[iv] for iv in ivs]
        if all(bounds_of(result, ends)[0] >= 0 for result in stored.data.results):
            return total
        return Add(total, Mul(Min(total, Const(0)), -1))

    def product(self, stored: Iterable[AffineMapAttr], ivs: Sequence[SSAValue]) -> Expr:
        """The size of several dimensions taken as one."""
        number = 1
        others: list[Expr] = []
        for size in (self.size(one, ivs) for one in stored):
            if isinstance(size, Const):
                number *= size.value
            else:
                others.append(size)
        if not others:
            return Const(number)
        total = reduce(Product, others)
        return total if number == 1 else Mul(total, number)

    def _expr(self, expr: AffineExpr, ivs: Sequence[SSAValue]) -> Expr:
        match expr:
            case AffineConstantExpr(value):
                return Const(value)
            case AffineDimExpr(position):
                return Iv(self._names[ivs[position]])
            case AffineBinaryOpExpr(AffineBinaryOpKind.Add, lhs, rhs):
                return Add(self._expr(lhs, ivs), self._expr(rhs, ivs))
            case AffineBinaryOpExpr(kind, lhs, AffineConstantExpr(factor)) if kind in _MAKERS:
                return _MAKERS[kind](self._expr(lhs, ivs), factor)
            case _:
                raise ValueError(f"{expr} is no expression of a tile-operation graph")


_MAKERS: Mapping[AffineBinaryOpKind, type[Mul | FloorDiv | Mod]] = {
    AffineBinaryOpKind.Mul: Mul,
    AffineBinaryOpKind.FloorDiv: FloorDiv,
    AffineBinaryOpKind.Mod: Mod,
}
