"""Rules of `Preload` and `Matmul`: what they say they move is what their rectangles hold.

Only sizes that are constants are compared. Of the others the simulator checks that they fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import prod
from operator import mul

from npu.configs.array_passes import ArrayPasses
from npu.togsim.graph import Access, Matmul, Preload
from npu.togsim.graph.expr import Const, Expr


def preload_problem(node: Preload, array_size: int, passes: ArrayPasses) -> str | None:
    """What is wrong with a preload into an array of `array_size` rows and columns, if anything."""
    if not passes.of(node.element):
        return (
            f"a preload of {node.element} weights: the arrays take {' and '.join(passes.taken)} "
            "(array_passes)"
        )
    for what, size in (("rows (k)", node.rows), ("columns (n)", node.cols)):
        if isinstance(size, Const) and not 0 <= size.value <= array_size:
            return (
                f"a preload of {size.value} {what} does not fit an array; "
                f"expected 0 to {array_size} (vpu_num_lanes)"
            )
    return _mismatch("a preload", "reads", node.reads, node.rows, node.cols)


def matmul_problem(node: Matmul, weights: Preload) -> str | None:
    """What is wrong with a matmul that uses `weights`, if anything."""
    reads = _too_little(node.reads, node.rows, weights.rows)
    return reads or _mismatch("a matmul", "writes", node.writes, node.rows, weights.cols)


def _mismatch(what: str, verb: str, access: Access, rows: Expr, cols: Expr) -> str | None:
    """Tells that a rectangle of constant size holds something else than `rows` x `cols` elements.

    Its first dimensions together are the rows, the others the columns; some of size 1 may stand
    anywhere.
    """
    found = _constants(access.size)
    expected = _constants((rows, cols))
    if found is None or expected is None:
        return None
    first = [*accumulate(found, mul, initial=1)]
    if expected[0] in first and prod(found) == prod(expected):
        return None
    return (
        f"{what} of {expected[0]} rows {verb} {_times(found)} elements of buffer "
        f"'{access.buffer}'; expected {_times(expected)}"
    )


def _too_little(access: Access, rows: Expr, cols: Expr) -> str | None:
    """Tells that `rows` rows of `cols` elements, no two the same, do not fit a rectangle.

    They may stand apart and may overlap, so that the rectangle holds more elements or fewer.
    """
    found = _constants(access.size)
    expected = _constants((rows, cols))
    if found is None or expected is None or 0 in (*found, *expected):
        return None
    if prod(found) >= sum(expected) - 1:
        return None
    return (
        f"a matmul of {expected[0]} rows reads {_times(found)} elements of buffer "
        f"'{access.buffer}'; expected {_times(expected)}, at least {sum(expected) - 1} where rows "
        "overlap"
    )


def _times(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))


def _constants(sizes: Sequence[Expr]) -> list[int] | None:
    """The sizes as numbers, when all of them are constants."""
    numbers = [size.value for size in sizes if isinstance(size, Const)]
    return numbers if len(numbers) == len(sizes) else None
