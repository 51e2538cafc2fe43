"""Factorisations: a mark that makes a `linalg.generic` work on the rows of a matrix, in steps.

A matrix is one row of the operation: its elements one after another, row by row, each a pair of f32
whose sum it is, the greater first. The last two loops are reduced, over the elements and over the
two parts. Inside, elements are f64; the result is pairs again, so that what follows, another
factorisation, goes on with 48 bits. The body stands for what two rows make.

    %r = linalg.generic {indexing_maps = [identity, identity],
        iterator_types = ["parallel", "reduction", "reduction"]} ins(%pairs) outs(%empty)
        attrs = {npu.factor = ["lu", 5, 7, 5]} { subf }

is a matrix of 5 x 7 of which 5 columns are factored. Step k = 0, 1, ... of a kind:

- `lu` brings the row with the largest size of x[i, k], i >= k, to place k; then for each row i
  below x[i, k] /= x[k, k] and x[i, k + 1:] -= x[i, k] x[k, k + 1:]. The last two columns are no
  part of the matrix: the first of them moves with its row, in the other x[k] becomes the place the
  row came from.
- `ldl` does the same on all columns, without an exchange.
- `solve` brings the largest to place k, divides row k by x[k, k], and clears column k of all other
  rows i: x[i, k + 1:] -= x[i, k] x[k, k + 1:].
- `divide` does the same without an exchange.
- `exchange` and `exchange_back` exchange row k, in order or the last first, with the one that its
  last element says, which stays.
- `qr` has the columns of a matrix as rows, whose last elements are no part of it. Row k becomes a
  reflector v behind x[k, k], which becomes its length or minus that, and the last element becomes
  the factor t; each row r behind it becomes r - t (r . v) v.
- `rotate` turns, in each step, every row towards each later one so that they are orthogonal, and
  its last element, which is no part of the matrix, becomes its length (Hestenes 1958).
- `turn` and `turn_back` have in the first rows what `qr` leaves, by which they reflect the others,
  in order or the last first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects.arith import SubfOp
from xdsl.dialects.builtin import ArrayAttr, IntegerAttr, StringAttr, f32, i64
from xdsl.dialects.linalg.ops import GenericOp, YieldOp
from xdsl.ir import Operation

FACTOR = "npu.factor"
"""The attribute of a factorisation."""

ELIMINATIONS = ("lu", "ldl", "solve", "divide")
"""The kinds that subtract rows from others."""

PIVOTED = ("lu", "solve")
"""Those that exchange rows."""

EXCHANGES = ("exchange", "exchange_back")
"""The kinds that exchange rows alone."""

REFLECTIONS = ("qr", "turn", "turn_back")
"""The kinds that reflect rows."""

ROTATION = "rotate"
"""The kind that turns rows towards each other, whose steps may be repeated."""

KINDS = (*ELIMINATIONS, *EXCHANGES, *REFLECTIONS, ROTATION)

_APART = {"lu": 2, "ldl": 0, "solve": 0, "divide": 0}
"""The last elements of rows that are not computed with; others have one."""


@dataclass(frozen=True)
class Factor:
    """What a factorisation does, on matrices of `rows` x `width`."""

    kind: str
    """One of `KINDS`."""
    rows: int
    width: int
    columns: int
    """Steps."""

    @property
    def used(self) -> int:
        """The elements of a row that are computed with."""
        return self.width - _APART.get(self.kind, 1)

    @property
    def moved(self) -> int:
        """The elements of a row that move when rows are exchanged."""
        return self.width - (self.kind == "lu" or self.kind in EXCHANGES)

    @property
    def fault(self) -> str | None:
        """What is wrong with it; None if nothing is."""
        if self.kind not in KINDS:
            return f"{FACTOR} is one of {', '.join(KINDS)}, got {self.kind}"
        if self.kind == ROTATION:
            return None if self.used > 0 else f"{FACTOR} {ROTATION} takes rows with elements"
        most = self.rows if self.kind in EXCHANGES else min(self.rows, self.used)
        if not 0 <= self.columns <= most:
            return f"{FACTOR} {self.kind} takes 0 to {most} steps, got {self.columns}"
        return None


def factor_of(op: Operation) -> Factor | None:
    """The factorisation that `op` is; None for another operation."""
    found = op.attributes.get(FACTOR)
    if not isinstance(found, ArrayAttr):
        return None
    kind, *numbers = cast("Sequence[Any]", cast("ArrayAttr[Any]", found).data)
    if not isinstance(kind, StringAttr) or len(numbers) != 3:
        return None
    rows, width, columns = (number.value.data for number in numbers)
    return Factor(kind.data, rows, width, columns)


def set_factor(op: Operation, factor: Factor) -> None:
    """Makes an operation on pairs a factorisation."""
    numbers = (factor.rows, factor.width, factor.columns)
    given = [StringAttr(factor.kind), *(IntegerAttr(number, i64) for number in numbers)]
    op.attributes[FACTOR] = ArrayAttr(given)


def is_factor(op: Operation) -> bool:
    """Whether `op` is a factorisation."""
    return FACTOR in op.attributes


def factor_fault(op: GenericOp, reduced: Sequence[bool]) -> str | None:
    """What is wrong with a factorisation of tensors; None if nothing is."""
    factor = factor_of(op)
    if factor is None:
        return f'{FACTOR} is ["kind", rows, width, columns]'
    type_ = cast(Any, op.results[0].type)
    *_, length, parts = (0, 0, *type_.get_shape())
    if type_.element_type != f32 or parts != 2 or length != factor.rows * factor.width:
        return f"{FACTOR} takes rows of {factor.rows} x {factor.width} pairs of f32, got {type_}"
    maps = [one.data for one in op.indexing_maps]
    if any(map_ != map_.identity(len(reduced)) for map_ in maps) or len(maps) != 2:
        return f"{FACTOR} reads and writes its pairs in the order of its loops"
    if reduced != [False] * (len(reduced) - 2) + [True, True]:
        return f"{FACTOR} reduces the last two loops, over a matrix and over the parts"
    if [type(one) for one in op.body.block.ops] != [SubfOp, YieldOp]:
        return f"the body of {FACTOR} is arith.subf of two rows"
    return factor.fault
