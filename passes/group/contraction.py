"""Recognising contractions: what the systolic arrays compute.

A contraction is a `linalg.generic` that multiplies two tensors and adds up:

    out[b, m, n] += rows[b, m, k] * weights[b, k, n]

with any number (also none) of batch, m and n loops, at least one of m and n, and at least one k
loop, in any order of the operands' own dimensions. If m dimensions can stand before n ones in the
result, batch ones aside, the weights are the operand that has the last dimension of the result:
then results leave the array along the result's rows, and no store transposes. `is_strided` says
that batch dimensions do not come first.

Otherwise, as for a 1 x 1 convolution, whose channels stand between images and pixels, the weights
are the operand with fewer loops of its own (the kernels), and the store puts the results into the
tensor's order.

A convolution is one whose rows are read through windows: m is the image and its rows and columns, n
the output channels, k the channels and the taps. Every tap is a matrix product of shifted rows.

Limitations: the last dimension of the result is no batch, but for a convolution; each dimension of
its rows moves with at most one loop of the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

from xdsl.dialects import arith
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Block, Operation, SSAValue

from npu.passes.group.access import accesses_of, is_windowed
from npu.passes.group.iteration_space import (
    loop_extents,
    operand_loops,
    reduction_loops,
    result_loops,
)


@dataclass(frozen=True)
class Contraction:
    """The loops of a contraction by role, and which operand is which."""

    op: GenericOp
    rows: int
    """Operand number of the tensor whose rows stream through the array."""
    weights: int
    """Operand number of the tensor that the array holds."""
    batch: tuple[int, ...]
    m: tuple[int, ...]
    n: tuple[int, ...]
    k: tuple[int, ...]
    result: tuple[int, ...]
    """The loops of the result, in its order."""

    def on(self, dims: Sequence[int]) -> Contraction:
        """The same by the dimensions of a group: loop l is `dims[l]`."""

        def there(loops: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(dims[loop] for loop in loops)

        b, m, n, k, result = map(there, (self.batch, self.m, self.n, self.k, self.result))
        return replace(self, batch=b, m=m, n=n, k=k, result=result)

    @property
    def is_windowed(self) -> bool:
        """Whether it is a convolution: its rows are read through windows."""
        return is_windowed(self.op, self.rows)

    @property
    def walked_k(self) -> int | None:
        """The reduced loop whose elements go into an array side by side: the last one.

        None for a convolution of which every reduced loop is a tap.
        """
        if not self.is_windowed:
            return self.k[-1]
        walked = [access.loop for access in accesses_of(self.op, self.rows)]
        return self.k[-1] if self.k[-1] in walked else None

    @property
    def is_strided(self) -> bool:
        """Whether a result tile of one batch is not contiguous in the result's order of loops.

        Such a result is stored batch by batch, unless its store transposes anyway.
        """
        return (*self.batch, *self.m, *self.n) != self.result

    @property
    def store_transposes(self) -> bool:
        """Whether m dimensions stand behind n ones in the result."""
        rest = tuple(d for d in self.result if d not in self.batch)
        return rest != (*self.m, *self.n)

    @property
    def one_by_one(self) -> tuple[int, ...]:
        """The loops whose tiles hold one iteration: batches of what is stored batch by batch."""
        return self.batch if self.is_strided and not self.store_transposes else ()


def contraction_of(op: Operation) -> Contraction | None:
    """The roles of `op`'s loops if it is a contraction, else None."""
    if not isinstance(op, GenericOp) or not multiplies_and_adds(op) or len(op.operands) != 3:
        return None
    windows = [is_windowed(op, index) for index in range(2)]
    if any(windows):
        return None if all(windows) else _convolution(op, windows.index(True))
    result = result_loops(op)
    loops = [set(operand_loops(op, index)) for index in range(2)]
    both = [_by_role(op, rows, loops[rows], loops[1 - rows]) for rows in range(2)]
    found = [c for c in both if c is not None and result[-1] not in c.batch]
    in_order = [c for c in found if not c.store_transposes]
    return next(iter(in_order), None) or min(found, key=_own_weights, default=None)


def _own_weights(contraction: Contraction) -> tuple[int, int]:
    """How little suits the operand that would be the weights: loops of its own, columns."""
    extents = loop_extents(contraction.op)
    return len(contraction.n), prod(extents[d] for d in contraction.n)


def _by_role(
    op: GenericOp, rows: int, row_loops: set[int], weight_loops: set[int]
) -> Contraction | None:
    """The loops by role, given those that walk each operand; None without k, or m and n."""
    result, k = result_loops(op), reduction_loops(op)
    if not k or not result or any(d not in row_loops or d not in weight_loops for d in k):
        return None
    batch = tuple(d for d in result if d in row_loops and d in weight_loops)
    m = tuple(d for d in result if d in row_loops and d not in weight_loops)
    n = tuple(d for d in result if d in weight_loops and d not in row_loops)
    if not (m or n) or len(batch) + len(m) + len(n) != len(result):
        return None
    return Contraction(op, rows, 1 - rows, batch, m, n, k, result)


def _convolution(op: GenericOp, rows: int) -> Contraction | None:
    """The roles of a contraction whose operand `rows` is read through windows.

    Without a loop n each output channel has weights of its own, which are no matrix.
    """
    accesses = accesses_of(op, rows)
    moved = [{d for d, _ in access.terms} for access in accesses]
    weight_loops = operand_loops(op, 1 - rows)
    found = _by_role(op, rows, set[int]().union(*moved), set(weight_loops))
    if found is None or not found.n or any(len(dims & set(found.m)) > 1 for dims in moved):
        return None
    alone = [d for d in found.k if any(access.loop == d for access in accesses)]
    taps = tuple(d for d in found.k if d not in alone)
    return replace(found, k=(*taps, *alone))


def contractions_of(ops: Sequence[Operation]) -> list[Contraction]:
    """The contractions among `ops`, in order, each by its own loops."""
    return [c for c in map(contraction_of, ops) if c is not None]


def multiplies_and_adds(op: GenericOp) -> bool:
    """Whether the body is exactly `out + a * b`; of halves, `out + extf(a) * extf(b)`."""
    block = op.body.block
    *wider, multiply = _up_to_product(block)
    last = block.last_op
    if multiply is None or len(block.args) != 3 or last is None:
        return False
    add = multiply.next_op
    if not isinstance(add, arith.AddfOp) or add.next_op is not last:
        return False
    factors: tuple[SSAValue, SSAValue] = (block.args[0], block.args[1])
    if wider:
        if len(wider) != 2 or not _same([one.operands[0] for one in wider], factors):
            return False
        factors = (wider[0].results[0], wider[1].results[0])
    return (
        _same(multiply.operands, factors)
        and _same(add.operands, (multiply.result, block.args[2]))
        and tuple(last.operands) == (add.result,)
    )


def _up_to_product(block: Block) -> Iterator[Operation | None]:
    """The conversions at the head of a body and the product behind them; None for another body."""
    op = block.first_op
    while isinstance(op, arith.ExtFOp):
        yield op
        op = op.next_op
    yield op if isinstance(op, arith.MulfOp) else None


def _same(found: Sequence[SSAValue], wanted: tuple[SSAValue, SSAValue]) -> bool:
    """Whether two operands are the wanted ones in either order."""
    return tuple(found) in {wanted, wanted[::-1]}


def is_body_of(block: Block, value: SSAValue) -> bool:
    """Whether `value` is an argument of `block` or computed in it."""
    owner = value.owner
    return owner is block or (isinstance(owner, Operation) and owner.parent is block)
