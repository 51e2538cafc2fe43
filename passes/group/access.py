"""Where an operation reads a tensor: per dimension a constant plus multiples of loops.

A convolution of stride 2 reads rows at `2 * d2 + d5 - 1`, where the `- 1` is the padding in front:
`tensor.pad` ahead of an operation moves nothing, it says which elements lie outside of the tensor
and what stands there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import gcd
from typing import Any, cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, i1
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.dialects.tensor import PadOp, YieldOp
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
)


@dataclass(frozen=True)
class Access:
    """The index of one dimension of a tensor."""

    terms: tuple[tuple[int, int], ...]
    """(loop, coefficient), by loop; no coefficient is 0."""

    constant: int = 0

    @property
    def loop(self) -> int | None:
        """The one loop that walks the dimension step by step from 0; None if none does."""
        if self.constant == 0 and len(self.terms) == 1 and self.terms[0][1] == 1:
            return self.terms[0][0]
        return None

    @property
    def step(self) -> int:
        """What all its steps are multiples of; negative if all go down, 1 if there are none."""
        found = gcd(*(coefficient for _, coefficient in self.terms)) or 1
        return -found if self.terms and all(c < 0 for _, c in self.terms) else found

    def renamed(self, dims: Mapping[int, int] | tuple[int, ...]) -> Access:
        """The access with loop l called `dims[l]`."""
        return Access(tuple(sorted((dims[d], c) for d, c in self.terms)), self.constant)

    def shifted(self, by: int) -> Access:
        """The access `by` elements further on."""
        return Access(self.terms, self.constant + by)

    def without(self, dims: Collection[int]) -> Access:
        """Without loops of one iteration, which stay at 0, beside others."""
        kept = tuple((d, c) for d, c in self.terms if d not in dims)
        return Access(kept or self.terms[:1], self.constant)


class NotLinearError(ValueError):
    """An index is no constant plus multiples of loops; the message says what it is."""


def access_of(expr: AffineExpr) -> Access:
    """The access that an index of an affine map is. Raises NotLinearError."""
    terms, constant = _linear(expr)
    return Access(tuple(sorted((d, c) for d, c in terms.items() if c)), constant)


def _linear(expr: AffineExpr) -> tuple[dict[int, int], int]:
    match expr:
        case AffineConstantExpr(value):
            return {}, value
        case AffineDimExpr(position):
            return {position: 1}, 0
        case AffineBinaryOpExpr(AffineBinaryOpKind.Add, lhs, rhs):
            (left, a), (right, b) = _linear(lhs), _linear(rhs)
            both = {d: left.get(d, 0) + right.get(d, 0) for d in (*left, *right)}
            return both, a + b
        case AffineBinaryOpExpr(AffineBinaryOpKind.Mul, lhs, rhs):
            (left, a), (right, b) = _linear(lhs), _linear(rhs)
            if left and right:
                raise NotLinearError(str(expr))
            terms, factor = (left, b) if left else (right, a)
            return {d: c * factor for d, c in terms.items()}, a * b
        case _:
            raise NotLinearError(str(expr))


def accesses_of(op: GenericOp, index: int) -> tuple[Access, ...]:
    """The access of each dimension of operand `index`. Raises NotLinearError."""
    return tuple(map(access_of, op.indexing_maps.data[index].data.results))


def is_windowed(op: Operation, index: int) -> bool:
    """Whether operand `index` is not walked by one loop a dimension: a window, a step, an offset.

    A padded tensor counts as one: it is read where there is nothing.
    """
    if not isinstance(op, GenericOp):
        return False
    if isinstance(op.operands[index].owner, PadOp):
        return True
    results = op.indexing_maps.data[index].data.results
    positions = [r.position for r in results if isinstance(r, AffineDimExpr)]
    return len(positions) != len(results) or len(set(positions)) != len(positions)


def reads_windows(op: GenericOp) -> bool:
    """Whether some input is read through a window, a step, an offset or padding."""
    return any(is_windowed(op, index) for index in range(len(op.inputs)))


@dataclass(frozen=True)
class Read:
    """What an operand reads once padding is seen through."""

    source: SSAValue
    """The tensor that there is."""

    accesses: tuple[Access, ...]
    """By the loops of the operation."""

    fill: float | None
    """What stands outside of the tensor; None where nothing outside is read."""


def read_of(op: GenericOp, index: int) -> Read:
    """What operand `index` of `op` reads."""
    value, accesses = op.operands[index], accesses_of(op, index)
    if not isinstance(value.owner, PadOp):
        return Read(value, accesses, None)
    pad = value.owner
    low = pad.static_low.get_values()
    shifted = tuple(a.shifted(-by) for a, by in zip(accesses, low, strict=True))
    return Read(pad.source, shifted, pad_value(pad))


def pad_value(pad: PadOp) -> float | None:
    """The constant that `pad` fills in; None if it is no constant."""
    last = pad.region.block.last_op
    assert isinstance(last, YieldOp)
    owner = last.operands[0].owner
    if not isinstance(owner, arith.ConstantOp):
        return None
    constant = owner.value
    if not isinstance(constant, FloatAttr | IntegerAttr):
        return None
    number = cast(Any, constant).value.data
    return float(number % 2 if owner.result.type == i1 else number)
