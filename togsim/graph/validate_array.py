"""Rules of `Preload` and `Matmul`: what they say they move is what their rectangles hold.

Only sizes that are constants are compared. Of the others the simulator checks that they fit.
"""

from __future__ import annotations

from collections.abc import Sequence

from npu.togsim.graph import Access, Matmul, Preload
from npu.togsim.graph.expr import Const, Expr


def preload_problem(node: Preload, array_size: int) -> str | None:
    """What is wrong with a preload into an array of `array_size` rows and columns, if anything."""
    for what, size in (("rows (k)", node.rows), ("columns (n)", node.cols)):
        if isinstance(size, Const) and not 0 <= size.value <= array_size:
            return (
                f"a preload of {size.value} {what} does not fit an array; "
                f"expected 0 to {array_size} (vpu_num_lanes)"
            )
    return _mismatch("a preload", "reads", node.reads, node.rows, node.cols)


def matmul_problem(node: Matmul, weights: Preload) -> str | None:
    """What is wrong with a matmul that uses `weights`, if anything."""
    reads = _mismatch("a matmul", "reads", node.reads, node.rows, weights.rows)
    return reads or _mismatch("a matmul", "writes", node.writes, node.rows, weights.cols)


def _mismatch(what: str, verb: str, access: Access, rows: Expr, cols: Expr) -> str | None:
    """Tells that a rectangle of constant size holds something else than `rows` x `cols` elements.

    Dimensions of size 1, which a view leaves out, may stand anywhere.
    """
    found = _constants(access.size)
    expected = _constants((rows, cols))
    if found is None or expected is None or _without_ones(found) == _without_ones(expected):
        return None
    sizes = " x ".join(map(str, found))
    return (
        f"{what} of {expected[0]} rows {verb} {sizes} elements of buffer '{access.buffer}'; "
        f"expected {expected[0]} x {expected[1]}"
    )


def _constants(sizes: Sequence[Expr]) -> list[int] | None:
    """The sizes as numbers, when all of them are constants."""
    numbers = [size.value for size in sizes if isinstance(size, Const)]
    return numbers if len(numbers) == len(sizes) else None


def _without_ones(sizes: Sequence[int]) -> list[int]:
    return [size for size in sizes if size != 1]
