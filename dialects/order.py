"""Marks that make a `linalg.generic` an operation in which the order of a loop counts.

A *scan* is a reduction along one loop, in order, of which every step is a result: the result's map
names the reduced loop, too. Its first step starts from what `outs` holds there.

    %r = linalg.generic {indexing_maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
        iterator_types = ["parallel", "reduction"]} ins(%x) outs(%zeros) attrs = {npu.scan} {
      ^bb0(%in: f32, %out: f32): %s = arith.addf %out, %in : f32 ; linalg.yield %s
    }                                     r[i, j] = x[i, 0] + ... + x[i, j]

A *sort* brings the pairs of a row in order: the last two loops are reduced, the last one over the
two halves of integers of 64 bits, the low half first. Rows have a power of two of pairs. The body
says what two that meet leave in front: the lesser one (`minsi`: the row rises) or the greater one
(`maxsi`: it falls).

    %r = linalg.generic {indexing_maps = [identity, identity],
        iterator_types = ["parallel", "reduction", "reduction"]} ins(%pairs) outs(%empty)
        attrs = {npu.sort} {
      ^bb0(%in: i32, %out: i32): %m = arith.minsi %in, %out ; linalg.yield %m
    }

A *merge* takes the last steps of a sort, in place: each pair of a row meets the one half a row
further, then those a fourth of a row apart, and so on to the nearest. A row that rises and then
falls, or falls and then rises, is in order then. Rows may lie side by side: the loop over a row's
pairs is reduced, one between it and the halves is not. Only kernels have merges.

    linalg.generic {indexing_maps = [identity, identity],
        iterator_types = ["reduction", "parallel", "reduction"]} ins(%tile) outs(%tile)
        attrs = {npu.merge} { minsi }

A *factorisation* (`npu.dialects.factor`) works on the rows of matrices in steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects.arith import MaxSIOp, MinSIOp
from xdsl.dialects.builtin import UnitAttr, i32
from xdsl.dialects.linalg.attrs import IteratorType
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Operation

from npu.dialects.factor import FACTOR, factor_fault, is_factor

SCAN = "npu.scan"
"""The attribute of a scan."""

SORT = "npu.sort"
"""The attribute of a sort."""

MERGE = "npu.merge"
"""The attribute of a merge."""

MARKS = (SCAN, SORT, MERGE, FACTOR)
"""Every mark; whoever copies an operation keeps them."""


def is_scan(op: Operation) -> bool:
    """Whether `op` is a scan."""
    return SCAN in op.attributes


def is_sort(op: Operation) -> bool:
    """Whether `op` is a sort."""
    return SORT in op.attributes


def is_merge(op: Operation) -> bool:
    """Whether `op` is a merge."""
    return MERGE in op.attributes


def falls(op: Operation) -> bool:
    """Whether a sort or a merge leaves the greater of two that meet in front."""
    return any(isinstance(one, MaxSIOp) for one in op.regions[0].block.ops)


def takes_pairs(op: Operation) -> bool:
    """Whether `op` takes the pairs of whole rows as they lie in memory, alone in its kernel."""
    return is_sort(op) or is_factor(op)


def is_ordered(op: Operation) -> bool:
    """Whether the order of some loop of `op` counts, so that it may not be cut."""
    return any(mark in op.attributes for mark in MARKS)


def fault_of(op: GenericOp) -> str | None:
    """What is wrong with the marks of an operation on tensors; None if nothing is."""
    marks = [mark for mark in MARKS if mark in op.attributes]
    if len(marks) > 1:
        return f"it has {' and '.join(marks)}, one is taken"
    if is_merge(op):
        return f"{MERGE} belongs to kernels; use {SORT}"
    reduced = [kind.data is IteratorType.REDUCTION for kind in op.iterator_types]
    if is_scan(op):
        return _scan_fault(op, reduced)
    if is_factor(op):
        return factor_fault(op, reduced)
    return _sort_fault(op, reduced) if is_sort(op) else None


def _scan_fault(op: GenericOp, reduced: Sequence[bool]) -> str | None:
    if reduced.count(True) != 1:
        return f"{SCAN} reduces one loop, got {reduced.count(True)}"
    loop = reduced.index(True)
    if loop not in op.indexing_maps.data[-1].data.used_dims():
        return f"{SCAN} stores every step: the output's map names the reduced loop d{loop}"
    return None


def _sort_fault(op: GenericOp, reduced: Sequence[bool]) -> str | None:
    type_ = cast(Any, op.results[0].type)
    *_, length, halves = (0, 0, *type_.get_shape())
    if type_.element_type != i32 or halves != 2 or length.bit_count() != 1:
        return f"{SORT} takes rows of a power of two of pairs of i32, got {type_}"
    maps = [one.data for one in op.indexing_maps]
    if any(map_ != map_.identity(len(reduced)) for map_ in maps) or len(maps) != 2:
        return f"{SORT} reads and writes its pairs in the order of its loops"
    if reduced != [False] * (len(reduced) - 2) + [True, True]:
        return f"{SORT} reduces the last two loops, over a row and over the halves"
    kinds = [type(one) for one in op.body.block.ops]
    if len(kinds) != 2 or kinds[0] not in (MinSIOp, MaxSIOp):
        return f"the body of {SORT} is arith.minsi or arith.maxsi of two that meet"
    return None


def set_scan(op: Operation) -> None:
    """Makes a reduction whose result is walked by the reduced loop a scan."""
    op.attributes[SCAN] = UnitAttr()


def set_sort(op: Operation) -> None:
    """Makes an operation on pairs a sort."""
    op.attributes[SORT] = UnitAttr()


def set_merge(op: Operation) -> None:
    """Makes an operation on pairs a merge."""
    op.attributes[MERGE] = UnitAttr()


def keep_order(source: Operation, target: Operation) -> None:
    """Gives `target`, which stands in the place of `source`, its marks."""
    target.attributes |= {k: v for k, v in source.attributes.items() if k in MARKS}
