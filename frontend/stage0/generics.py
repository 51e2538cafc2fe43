"""Reading and rebuilding ``linalg.generic``: the operations its rewrites share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr
from xdsl.dialects.linalg.attrs import IteratorType
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineExpr, AffineMap
from xdsl.rewriter import Rewriter

from npu.frontend.stage0.reassociation import Groups, collapse, expand
from npu.frontend.stage0.sums import sum_of
from npu.passes.group.iteration_space import shape_of


def loop_extents(op: GenericOp) -> list[int]:
    """Trip count of each loop dimension, from the shapes of the operands."""
    extents = [1] * len(op.iterator_types)
    for value, results in zip(op.operands, map_results(op), strict=True):
        for size, expr in zip(shape_of(value), results, strict=True):
            if isinstance(expr, AffineDimExpr):
                extents[expr.position] = max(extents[expr.position], size)
    return extents


def map_results(op: GenericOp) -> list[tuple[AffineExpr, ...]]:
    """The results of each indexing map."""
    return [attribute.data.results for attribute in op.indexing_maps]


def is_parallel(op: GenericOp) -> list[bool]:
    """For each loop dimension, whether it is parallel (else a reduction)."""
    return [iterator.data is IteratorType.PARALLEL for iterator in op.iterator_types]


def is_contraction(op: GenericOp) -> bool:
    """Whether ``op`` multiplies two tensors into a sum."""
    return len(op.inputs) >= 2 and not all(is_parallel(op))


def is_copy(op: GenericOp) -> bool:
    """Whether ``op`` only gives back its one input, in the same or another order."""
    last = op.body.block.last_op
    if last is None or len(op.inputs) != 1 or len(op.results) != 1:
        return False
    return list(last.operands) == [op.body.block.args[0]]


def positions(results: Sequence[AffineExpr]) -> list[int | None]:
    """Loop dimension of each map result; None for anything but a plain dimension."""
    return [expr.position if isinstance(expr, AffineDimExpr) else None for expr in results]


def rebuild(op: GenericOp, groups: Sequence[Groups], loops: Mapping[int, int]) -> GenericOp:
    """Replace ``op`` by one on collapsed operands.

    ``groups`` collapses each operand in turn; ``loops`` gives each remaining loop dimension its new
    number, and each collapsed dimension of an operand is indexed by the first remaining loop of its
    group, or, where none remains (a single element), by a parallel loop of extent 1, or by 0.
    Returns the new operation.
    """
    spare = _spare_loop(op, loops)
    operands = [
        collapse(value, group, op) for value, group in zip(op.operands, groups, strict=True)
    ]
    maps = [
        _map(results, group, loops, spare)
        for results, group in zip(map_results(op), groups, strict=True)
    ]
    kinds = {new: op.iterator_types.data[old] for old, new in loops.items()}
    count = len(op.inputs)
    new = GenericOp.create(  # as many operands of each kind: all other properties stay
        operands=operands,
        result_types=[value.type for value in operands[count:]],
        properties={
            **op.properties,
            "indexing_maps": ArrayAttr([AffineMapAttr(map_) for map_ in maps]),
            "iterator_types": ArrayAttr([kinds[i] for i in range(len(kinds))]),
        },
        attributes=op.attributes,
        regions=[op.detach_region(op.body)],
    )
    _replace(op, new, groups[count:])
    return new


def _spare_loop(op: GenericOp, loops: Mapping[int, int]) -> AffineExpr:
    """What indexes a dimension of extent 1 that no loop steps through."""
    parallel = is_parallel(op)
    for old, extent in enumerate(loop_extents(op)):
        if extent == 1 and parallel[old] and old in loops:
            return AffineExpr.dimension(loops[old])
    return AffineExpr.constant(0)


def _map(
    results: Sequence[AffineExpr], groups: Groups, loops: Mapping[int, int], spare: AffineExpr
) -> AffineMap:
    exprs: list[AffineExpr] = []
    for group in groups:
        sums = [found.through(loops) for i in group if (found := sum_of(results[i])) is not None]
        remaining = [each.expression for each in sums if each.steps]
        exprs.append(remaining[0] if remaining else spare)
    return AffineMap(len(loops), 0, tuple(exprs))


def _replace(op: GenericOp, new: GenericOp, groups: Sequence[Groups]) -> None:
    """Put ``new`` in the place of ``op``, its results expanded back to the old shapes."""
    added: list[Operation] = [new]
    results: list[SSAValue] = []
    for old, result, group in zip(op.results, new.results, groups, strict=True):
        if shape_of(old) == shape_of(result):
            results.append(result)
            continue
        back = expand(result, group, shape_of(old))
        added.append(back)
        results.append(back.result)
    Rewriter.replace_op(op, added, results)
