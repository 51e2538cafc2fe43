"""The iterations of the loops around a `tog` operation: the values expressions take there.

Bounds are constants, so that a rule can be checked in the first and in the last iteration, which
the simulator will surely run; it checks the others when it comes to them.
"""

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import AffineMapAttr
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
)

from npu.dialects.tog.loops import LoopOp, ParallelOp

Range = tuple[int, int]
"""The smallest and the largest value."""


def range_of_loop(lower: int, upper: int, step: int) -> Range:
    """The values of an induction variable; of a loop without iterations, twice the lower bound."""
    trips = max(1, -(-(upper - lower) // step))
    return lower, lower + (trips - 1) * step


def ranges_around(op: Operation) -> Mapping[SSAValue, Range] | None:
    """The ranges of all induction variables around `op`; None where it is never reached."""
    ranges: dict[SSAValue, Range] = {}
    around = op.parent_op()
    while around is not None:
        if isinstance(around, LoopOp | ParallelOp):
            bounds = [around.bounds] if isinstance(around, LoopOp) else around.bounds
            if any(step < 1 or upper <= lower for lower, upper, step in bounds):
                return None
            for iv, bound in zip(around.body.block.args, bounds, strict=False):
                ranges[iv] = range_of_loop(*bound)
        around = around.parent_op()
    return ranges


def ends_of(ranges: Mapping[SSAValue, Range], ivs: Sequence[SSAValue]) -> list[list[int]]:
    """The values of `ivs` in the first and in the last iteration; once if they are the same."""
    first, last = ([ranges[iv][end] for iv in ivs] for end in (0, 1))
    return [first] if first == last else [first, last]


def value_at(stored: AffineMapAttr, ivs: Sequence[int]) -> int:
    """The value of an expression: the minimum of its sums."""
    return min(result.eval(ivs, []) for result in stored.data.results)


def size_at(stored: AffineMapAttr, ivs: Sequence[int]) -> int:
    """The value of a size, of which a negative one is 0 (rule TE4)."""
    return max(0, value_at(stored, ivs))


def largest(stored: AffineMapAttr, ranges: Sequence[Range]) -> int:
    """A value that an expression never exceeds, given the range of each of its variables."""
    return min(bounds_of(result, ranges)[1] for result in stored.data.results)


def bounds_of(expr: AffineExpr, ranges: Sequence[Range]) -> Range:
    """Two values that a sum stays between, given the range of each variable."""
    match expr:
        case AffineConstantExpr(value):
            return value, value
        case AffineDimExpr(position):
            return ranges[position]
        case AffineBinaryOpExpr(AffineBinaryOpKind.Add, lhs, rhs):
            a, b = bounds_of(lhs, ranges), bounds_of(rhs, ranges)
            return a[0] + b[0], a[1] + b[1]
        case AffineBinaryOpExpr(AffineBinaryOpKind.Mul, lhs, AffineConstantExpr(factor)):
            products = [end * factor for end in bounds_of(lhs, ranges)]
            return min(products), max(products)
        case AffineBinaryOpExpr(AffineBinaryOpKind.FloorDiv, lhs, AffineConstantExpr(divisor)):
            low, high = bounds_of(lhs, ranges)
            return low // divisor, high // divisor
        case AffineBinaryOpExpr(AffineBinaryOpKind.Mod, _, AffineConstantExpr(divisor)):
            return 0, divisor - 1
        case _:
            raise ValueError(f"{expr} is no expression of a tile-operation graph")
