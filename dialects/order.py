"""Marks that make a `linalg.generic` an operation in which the order of a loop counts.

A *scan* is a reduction along one loop, in order, of which every step is a result: the result's map
names the reduced loop, too. Its first step starts from what `outs` holds there.

    %r = linalg.generic {indexing_maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
        iterator_types = ["parallel", "reduction"]} ins(%x) outs(%zeros) attrs = {npu.scan} {
      ^bb0(%in: f32, %out: f32): %s = arith.addf %out, %in : f32 ; linalg.yield %s
    }                                     r[i, j] = x[i, 0] + ... + x[i, j]

A *sort* brings the pairs of a row in order: the last two loops are reduced, the last one over the
two halves of integers of 64 bits, the low half first. Rows have a power of two of pairs. The body
says what two that meet leave in front.

    %r = linalg.generic {indexing_maps = [identity, identity],
        iterator_types = ["parallel", "reduction", "reduction"]} ins(%pairs) outs(%empty)
        attrs = {npu.sort} {
      ^bb0(%in: i32, %out: i32): %m = arith.minsi %in, %out ; linalg.yield %m
    }
"""

from __future__ import annotations

from xdsl.dialects.builtin import UnitAttr
from xdsl.ir import Operation

SCAN = "npu.scan"
"""The attribute of a scan."""

SORT = "npu.sort"
"""The attribute of a sort."""

MARKS = (SCAN, SORT)
"""Every mark; whoever copies an operation keeps them."""


def is_scan(op: Operation) -> bool:
    """Whether `op` is a scan."""
    return SCAN in op.attributes


def is_sort(op: Operation) -> bool:
    """Whether `op` is a sort."""
    return SORT in op.attributes


def is_ordered(op: Operation) -> bool:
    """Whether the order of some loop of `op` counts, so that it may not be cut."""
    return any(mark in op.attributes for mark in MARKS)


def set_scan(op: Operation) -> None:
    """Makes a reduction whose result is walked by the reduced loop a scan."""
    op.attributes[SCAN] = UnitAttr()


def set_sort(op: Operation) -> None:
    """Makes an operation on pairs a sort."""
    op.attributes[SORT] = UnitAttr()


def keep_order(source: Operation, target: Operation) -> None:
    """Gives `target`, which stands in the place of `source`, its marks."""
    target.attributes |= {k: v for k, v in source.attributes.items() if k in MARKS}
