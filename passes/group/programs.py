"""Row reductions as programs of their own, as XLA runs them on TPUs: `npu-group{unfused=true}`.

Each reduction along rows ends a program, which reads its tensor from DRAM again; what depends on
the reduced rows is computed anew in each program that needs it, rather than stored. So softmax is
three programs, of three reads and one write:

    m = max(x)  |  s = sum(exp(x - m))  |  y = exp(x - m) / s

and a layer norm is four, of four reads and two writes: the mean, the variance, the differences
over the deviation, and the scale and offset. The variance is one program, although it sums twice
here: a correction of the mean, then squares.

This module copies the operations that several programs compute, and says of each to which it
belongs; `assign.py` keeps programs apart. Operations that depend on no row stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xdsl.dialects import arith
from xdsl.dialects.linalg.ops import GenericOp, YieldOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from npu.dialects.order import is_ordered, is_sort
from npu.passes.group.access import reads_windows
from npu.passes.group.contraction import contraction_of
from npu.passes.group.fuse import is_elementwise
from npu.passes.group.iteration_space import operand_loops, reduction_loops

Programs = Mapping[Operation, int]
"""Operations that belong to a program of row work, and its number."""


def split_programs(block: Block) -> Programs:
    """Copies what several programs compute, in place; the program of each operation."""
    rows = _Rows(list(block.ops))
    programs = _numbered(rows)
    wanted: dict[int, dict[GenericOp, None]] = {}
    for end, number in programs.items():
        wanted.setdefault(number, {}).update(dict.fromkeys(rows.slice_of(end)))
    found: dict[Operation, int] = dict(programs)
    copied: dict[SSAValue, SSAValue] = {}
    """What each copy is a copy of."""
    for number, ops in wanted.items():
        own: dict[SSAValue, SSAValue] = {}
        for op in (one for one in rows.ops if one in ops):
            mine = op
            if op in found:
                mine = op.clone()
                mine.location = op.location
                Rewriter.insert_op(mine, InsertPoint.after(op))
                copied[mine.results[0]] = op.results[0]
            own[op.results[0]] = mine.results[0]
            _read_own(mine, own, copied)
            found[mine] = number
        for end in (one for one, n in programs.items() if n == number):
            _read_own(end, own, copied)
    return found


def is_row_reduction(op: object) -> bool:
    """Whether `op` reduces on the vector unit: no contraction, window, scan or sort."""
    if not isinstance(op, GenericOp) or not reduction_loops(op) or is_sort(op) or is_ordered(op):
        return False
    return contraction_of(op) is None and not reads_windows(op)


class _Rows:
    """What depends on the rows' reductions among the operations of a function."""

    def __init__(self, ops: Sequence[Operation]) -> None:
        self.ops = ops
        self._of_rows: set[Operation] = set()
        """Reductions, and elementwise work on what they leave."""
        self._wide: set[Operation] = set()
        """Elementwise work over whole rows that depends on such; from the last stored value on."""
        for op in ops:
            self._place(op)
        self._stored = {op for op in self._wide if self._is_stored(op)}
        for op in ops:
            if op in self._wide and not self._opens(op):
                self._wide.remove(op)
        self._stored &= self._wide

    def _place(self, op: Operation) -> None:
        if is_row_reduction(op):
            self._of_rows.add(op)
        elif is_elementwise(op):
            if self._spreads(op) or any(v.owner in self._wide for v in op.inputs):
                self._wide.add(op)
            elif any(v.owner in self._of_rows for v in op.inputs):
                self._of_rows.add(op)

    def ends(self) -> Iterator[GenericOp]:
        """The last operations of programs: reductions, and what is stored for all elements."""
        for op in self.ops:
            if isinstance(op, GenericOp) and (is_row_reduction(op) or op in self._stored):
                yield op

    def slice_of(self, end: GenericOp) -> dict[GenericOp, None]:
        """What a program computes ahead of its end, over whole rows, of what is in DRAM."""
        found: dict[GenericOp, None] = {}
        front = [end]
        while front:
            for value in front.pop().inputs:
                op = value.owner
                is_inside = op in self._wide and op not in self._stored and op not in found
                if is_inside and isinstance(op, GenericOp):
                    found[op] = None
                    front.append(op)
        return found

    def sums_of_differences(self, end: GenericOp) -> Iterator[Operation]:
        """The sums of what depends on a row itself, on which a program's elements depend."""
        for op in (end, *self.slice_of(end)):
            for value in op.inputs:
                yield from (r for r in self._reductions(value) if _is_sum(r) and self.slice_of(r))

    def _reductions(self, value: SSAValue) -> Iterator[GenericOp]:
        """The reductions of which a row's value is made."""
        op = value.owner
        if not isinstance(op, GenericOp) or op not in self._of_rows:
            return
        if is_row_reduction(op):
            yield op
            return
        for operand in op.inputs:
            yield from self._reductions(operand)

    def _spreads(self, op: Operation) -> bool:
        """Whether an operation reads a value of each row for all the row's elements."""
        return isinstance(op, GenericOp) and any(
            value.owner in self._of_rows and _walks_less(op, index)
            for index, value in enumerate(op.inputs)
        )

    def _opens(self, op: Operation) -> bool:
        """Whether an operation is of a program, not of what comes behind one's stored value."""
        reads = [value.owner for value in op.operands if value.owner in self._wide]
        is_inside = any(one not in self._stored for one in reads)
        return is_inside or self._spreads(op) or (bool(reads) and self._scales(op))

    def _is_stored(self, op: Operation) -> bool:
        """Whether others than programs of rows read a result, or what scales whole rows."""
        users = [use.operation for use in op.results[0].uses]
        if any(not is_elementwise(user) and not is_row_reduction(user) for user in users):
            return True
        return not self._scales(op) and any(map(self._scales, users))

    def _scales(self, op: Operation) -> bool:
        """Whether an operand is a row or column of parameters: the scale or offset of a norm."""
        return is_elementwise(op) and any(
            _walks_less(op, index) and bool(operand_loops(op, index))
            for index, value in enumerate(op.inputs)
            if value.owner not in self._of_rows
        )


def _numbered(rows: _Rows) -> dict[GenericOp, int]:
    """The program of each end; a variance has that of the correction of its mean."""
    found: dict[GenericOp, int] = {}
    for end in rows.ends():
        first = next(rows.sums_of_differences(end), None) if _is_sum(end) else None
        shared = found.get(first) if isinstance(first, GenericOp) else None
        found[end] = len(found) if shared is None else shared
    return found


def _is_sum(op: GenericOp) -> bool:
    """Whether a reduction adds up."""
    last = op.body.block.last_op
    assert isinstance(last, YieldOp)
    return bool(reduction_loops(op)) and isinstance(last.operands[0].owner, arith.AddfOp)


def _walks_less(op: GenericOp, index: int) -> bool:
    """Whether an operand is the same for all iterations of some loop."""
    return len(operand_loops(op, index)) < len(op.iterator_types)


def _read_own(
    op: Operation, own: Mapping[SSAValue, SSAValue], copied: Mapping[SSAValue, SSAValue]
) -> None:
    """Lets an operation read what its program computes, which has one value for each original."""
    for index, value in enumerate(op.operands):
        original = copied.get(value, value)
        if original in own:
            op.operands[index] = own[original]
