"""Reshapes sink through elementwise work and reductions, which so stay next to their producer.

PyTorch computes a linear layer on (rows, features) and then speaks of (batch, sequence, features)
again. Before:
    %1 = tensor.expand_shape %0 [[0, 1], [2]] : tensor<32x64xf32> into tensor<2x16x64xf32>
    %2 = linalg.generic (d0, d1, d2) ins(%1, %bias (d2)) -> tensor<2x16x64xf32>
After:
    %2 = linalg.generic (d0, d1) ins(%0, %bias (d1)) -> tensor<32x64xf32>
    %3 = tensor.expand_shape %2 [[0, 1], [2]] : tensor<32x64xf32> into tensor<2x16x64xf32>

Loops merge only where every operand steps through them together, or not at all. Transposing copies
stay, so that grouping can fold them into the operand of a product.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import func
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.dialects.tensor import CollapseShapeOp, ExpandShapeOp

from npu.frontend.stage0.generics import (
    is_contraction,
    is_copy,
    is_parallel,
    map_results,
    positions,
    rebuild,
)
from npu.frontend.stage0.reassociation import fold, groups_of


def sink_reshapes(function: func.FuncOp) -> None:
    """Apply the rewrite to ``function`` from top to bottom, in place."""
    for op in list(function.body.block.ops):
        if isinstance(op, ExpandShapeOp | CollapseShapeOp):
            fold(op)
        elif isinstance(op, GenericOp) and not is_contraction(op) and not is_copy(op):
            _sink(op)


def _sink(op: GenericOp) -> None:
    """Merge the loops that an expanded input of ``op`` splits."""
    merged: list[list[int]] = []
    for sequence in _split_loops(op):
        taken = {dim for other in merged for dim in other}
        if not taken & set(sequence) and _step_together(op, sequence):
            merged.append(sequence)
    if not merged:
        return
    followers = {dim for sequence in merged for dim in sequence[1:]}
    loops = [i for i in range(len(op.iterator_types)) if i not in followers]
    groups = [_grouped(positions(results), followers) for results in map_results(op)]
    rebuild(op, groups, {old: new for new, old in enumerate(loops)})


def _split_loops(op: GenericOp) -> list[list[int]]:
    """Runs of parallel loops that stand for one dimension before an input was expanded."""
    found: list[list[int]] = []
    parallel = is_parallel(op)
    for value, results in zip(op.inputs, map_results(op), strict=False):
        if not isinstance(value.owner, ExpandShapeOp):
            continue
        dims = positions(results)
        for group in groups_of(value.owner):
            run = [dim for dim in (dims[i] for i in group) if dim is not None and parallel[dim]]
            if 1 < len(run) == len(group):
                found.append(run)
    return found


def _step_together(op: GenericOp, sequence: Sequence[int]) -> bool:
    """Whether each operand has the loops of ``sequence`` side by side in order, or none."""
    for results in map_results(op):
        dims = positions(results)
        if not set(dims) & set(sequence):
            continue
        if sequence[0] not in dims:
            return False
        start = dims.index(sequence[0])
        if dims[start : start + len(sequence)] != list(sequence):
            return False
    return True


def _grouped(dims: Sequence[int | None], followers: set[int]) -> list[list[int]]:
    """Groups of operand dimensions: those of following loops join the one before."""
    groups: list[list[int]] = []
    for i, dim in enumerate(dims):
        if dim is not None and dim in followers:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups
