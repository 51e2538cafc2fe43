"""Loop dimensions of extent 1 disappear from ``linalg.generic``.

Row statistics kept as (rows, 1), batches of one and broadcasts along an extent of 1 (map result 0)
all
become plain lower-rank work on reinterpreted operands. Before:
    generic (d0, d1, d2) ins(%x (d0, d1, d2), %mean (d0, d1, 0) : 1x128x256, 1x128x1)
After:
    generic (d0, d1) ins(%x' (d0, d1), %mean' (d0) : 128x256, 128)

What stays: the three loops of a matrix product, also when one has extent 1; the last two loops of
elementwise work on a product's result or on an argument, so that it remains an epilogue or a row;
one loop of any result; the loops over results of windows (`windows`), and of what works on those
results, so that an image keeps its dimensions from one convolution to the next. A map result 0
stays only where one element meets loops that are all longer; `single` gives it a loop.
"""

from __future__ import annotations

from xdsl.dialects import func
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.dialects.tensor import CollapseShapeOp, ExpandShapeOp
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from npu.frontend.stage0.generics import (
    is_contraction,
    is_parallel,
    loop_extents,
    map_results,
    positions,
    rebuild,
)
from npu.frontend.stage0.reassociation import fold, groups_keeping
from npu.frontend.stage0.sums import is_windowed, sum_of
from npu.frontend.stage0.windows import unit_windows
from npu.passes.group.iteration_space import shape_of


def drop_unit_dims(function: func.FuncOp) -> None:
    """Apply the rewrite to every ``linalg.generic`` of ``function``, in place."""
    matrices: set[SSAValue] = set(function.body.block.args)
    images: set[SSAValue] = set()
    for op in list(function.body.block.ops):
        if isinstance(op, ExpandShapeOp | CollapseShapeOp):
            fold(op)
        elif not isinstance(op, GenericOp):
            continue
        elif is_windowed(op):
            images.update(_drop(op, unit_windows(op)).results)
        elif not is_contraction(op) and any(value in images for value in op.inputs):
            images.update(_drop(op, set()).results)
        else:
            is_matrix = is_contraction(op) or _continues(op, matrices)
            new = _drop(op, _droppable(op, is_matrix))
            if is_matrix:
                matrices.update(new.results)


def _drop(op: GenericOp, dropped: set[int]) -> GenericOp:
    """Drop these loops; the operation that stands there afterwards."""
    loops = [i for i in range(len(op.iterator_types)) if i not in dropped]
    kept = [
        [i for i, loops_of in enumerate(map(_loops, results)) if loops_of - dropped]
        for results in map_results(op)
    ]
    ranks = [len(results) for results in map_results(op)]
    # an operand of a single element keeps one dimension
    kept = [each or [0][:rank] for each, rank in zip(kept, ranks, strict=True)]
    if [len(each) for each in kept] == ranks and not dropped:
        return op
    groups = [groups_keeping(each, rank) for each, rank in zip(kept, ranks, strict=True)]
    return rebuild(op, groups, {old: new for new, old in enumerate(loops)})


def _loops(expr: AffineExpr) -> set[int]:
    """The loops that index a dimension."""
    found = sum_of(expr)
    return set(found.steps) if found else set()


def _droppable(op: GenericOp, is_matrix: bool) -> set[int]:
    """Loop dimensions to drop: parallel, of extent 1, and not among those that stay."""
    parallel = is_parallel(op)
    units = {i for i, n in enumerate(loop_extents(op)) if n == 1 and parallel[i]}
    dims = [positions(results) for results in map_results(op)]
    if is_contraction(op):
        return {unit for unit in units if all(unit in each for each in dims)}
    output = [dim for dim in dims[-1] if dim is not None]
    staying = set(output[-2:]) if is_matrix else set[int]()
    if not set(output) - units:
        staying |= set(output[-1:])
    return units - staying


def _continues(op: GenericOp, matrices: set[SSAValue]) -> bool:
    """Whether ``op`` works, element by element, on a value of ``matrices``."""
    if not all(is_parallel(op)):
        return False
    output = map_results(op)[-1]
    for value, results in zip(op.inputs, map_results(op), strict=False):
        same = results == output and shape_of(value) == shape_of(op.results[0])
        if same and _source(value) in matrices:
            return True
    return False


def _source(value: SSAValue) -> SSAValue:
    """The value behind reshapes."""
    while isinstance(value.owner, ExpandShapeOp | CollapseShapeOp):
        value = value.owner.src
    return value
