"""An operand of one element that meets longer loops gets a loop of its own, of extent 1.

The passes take maps that name loops only, so a map result 0 has to go. Before:
    generic (d0, d1) ins(%x (d0, d1), %s (0) : 21x34, 1) outs(d0, d1 : 21x34)
After:
    generic (d0, d1, d2) ins(%x (d1, d2), %s (d0) : 21x34, 1) outs(d0, d1, d2 : 1x21x34)
and the result is collapsed to 21x34, which costs nothing.

Limitation: behind a matrix product such an operation is a kernel of its own, not an epilogue.
"""

from __future__ import annotations

from xdsl.dialects import func
from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, TensorType
from xdsl.dialects.linalg.attrs import IteratorType, IteratorTypeAttr
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.dialects.tensor import EmptyOp
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineConstantExpr, AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint, Rewriter

from npu.dialects.element_types import element_type
from npu.frontend.stage0.reassociation import collapse, expand
from npu.passes.group.iteration_space import shape_of


def give_single_elements_a_loop(function: func.FuncOp) -> None:
    """Apply the rewrite to every ``linalg.generic`` of ``function``, in place."""
    for op in list(function.body.block.ops):
        if isinstance(op, GenericOp) and any(_names_no_loop(m.data) for m in op.indexing_maps):
            _add_loop(op)


def _names_no_loop(map_: AffineMap) -> bool:
    """Whether the map is of an operand of one element that no loop walks."""
    return len(map_.results) == 1 and isinstance(map_.results[0], AffineConstantExpr)


def _add_loop(op: GenericOp) -> None:
    """A new outermost loop: it walks the single elements, and a new dimension of the result."""
    maps = [_with_loop(m.data) for m in op.indexing_maps]
    output = maps.pop()
    shape = [1, *shape_of(op.results[0])]
    outermost = AffineExpr.dimension(0)
    maps.append(AffineMap(output.num_dims, 0, (outermost, *output.results)))
    type_ = TensorType(element_type(op.results[0].type), shape)
    new = GenericOp(
        list(op.inputs),
        [_start(op, shape)],
        op.detach_region(op.body),
        ArrayAttr([AffineMapAttr(map_) for map_ in maps]),
        ArrayAttr([IteratorTypeAttr(IteratorType.PARALLEL), *op.iterator_types.data]),
        [type_],
    )
    new.attributes.update(op.attributes)
    groups = [[0, 1], *([dim] for dim in range(2, len(shape)))]
    Rewriter.insert_op(new, InsertPoint.before(op))
    Rewriter.replace_op(op, [], [collapse(new.results[0], groups, op)])


def _with_loop(map_: AffineMap) -> AffineMap:
    """The map after a new loop 0: a single element is walked by it, others keep their loops."""
    count = map_.num_dims + 1
    if _names_no_loop(map_):
        return AffineMap(count, 0, (AffineExpr.dimension(0),))
    later = [AffineExpr.dimension(dim + 1) for dim in range(map_.num_dims)]
    moved = map_.replace_dims_and_symbols(later, [], count, 0)
    return AffineMap(count, 0, moved.results)


def _start(op: GenericOp, shape: list[int]) -> SSAValue:
    """What the new result starts from: as before, with the new dimension."""
    start = op.outputs[0]
    if isinstance(start.owner, EmptyOp):
        new = EmptyOp([], TensorType(element_type(start.type), shape))
    else:
        groups = [[0, 1], *([dim] for dim in range(2, len(shape)))]
        new = expand(start, groups, shape)
    Rewriter.insert_op(new, InsertPoint.before(op))
    return new.results[0]
