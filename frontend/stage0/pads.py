"""Each ``tensor.pad`` stands right in front of the one ``linalg.generic`` that reads it.

A transfer fills what lies outside of a tensor, so that padding is a matter of reading. Reshapes go
ahead of it, and whoever else reads a padded tensor reads a copy. Before:
    %p = tensor.pad %x low[0, 1, 1] high[0, 1, 1] {...} : tensor<6x9x9xf32> to tensor<6x11x11xf32>
    %e = tensor.expand_shape %p [[0, 1], [2], [3]] : .. into tensor<2x3x11x11xf32>
After:
    %e = tensor.expand_shape %x [[0, 1], [2], [3]] : .. into tensor<2x3x9x9xf32>
    %p = tensor.pad %e low[0, 0, 1, 1] high[0, 0, 1, 1] {...} : .. to tensor<2x3x11x11xf32>

The padding value is a constant inside of the operation; padding of nothing disappears.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, func
from xdsl.dialects.builtin import IndexType, TensorType
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.dialects.tensor import CollapseShapeOp, ExpandShapeOp, PadOp, YieldOp
from xdsl.ir import Block, Region, SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.rewriter import InsertPoint, Rewriter

from npu.frontend.stage0.constants import Scalar, scalar_of
from npu.frontend.stage0.origins import copy_origin
from npu.frontend.stage0.reassociation import collapse, expand, fold, groups_of
from npu.frontend.stage0.slices import copy_of
from npu.passes.group.iteration_space import shape_of

Widths = tuple[list[int], list[int]]
"""What is added at the low and at the high end of each dimension."""


def widths_of(op: PadOp) -> Widths:
    """The widths of a pad, which are static by now."""
    low, high = op.static_low.get_values(), op.static_high.get_values()
    return [int(n) for n in low], [int(n) for n in high]


def value_of(op: PadOp) -> Scalar | None:
    """What fills the new elements, if it is one constant."""
    last = op.region.block.last_op
    return scalar_of(last.operands[0]) if isinstance(last, YieldOp) else None


def settle_pads(function: func.FuncOp) -> None:
    """Apply the rewrite to ``function``, whose pads were checked, in place."""
    block = function.body.block
    for op in list(block.ops):
        if isinstance(op, PadOp) and not any(map(any, widths_of(op))):
            Rewriter.replace_op(op, [], [op.source])
    for op in list(block.ops):
        if isinstance(op, ExpandShapeOp | CollapseShapeOp) and isinstance(op.src.owner, PadOp):
            _move_ahead(op, op.src.owner)
    for op in list(block.ops):
        if isinstance(op, PadOp):
            _settle(op)


def _settle(op: PadOp) -> None:
    """One pad for each operation that reads ``op``, and a copy for those that are no generic."""
    copied: SSAValue | None = None
    for use in list(op.result.uses):
        user = use.operation
        if isinstance(user, GenericOp):
            own = _pad(op, op.source, widths_of(op), shape_of(op.result))
            Rewriter.insert_op(own, InsertPoint.before(user))
            user.operands[use.index] = own.result
            continue
        copied = copied or _copy(op)
        user.operands[use.index] = copied
    Rewriter.erase_op(op)


def _copy(op: PadOp) -> SSAValue:
    """A copy of what ``op`` gives, behind it."""
    shape = shape_of(op.result)
    own = _pad(op, op.source, widths_of(op), shape)
    loops = tuple(AffineExpr.dimension(dim) for dim in range(len(shape)))
    added = [own, *copy_of(own.result, loops, list(shape))]
    for new in added:
        copy_origin(op, new)
    Rewriter.insert_op(added, InsertPoint.after(op))
    return added[-1].results[0]


def _move_ahead(op: ExpandShapeOp | CollapseShapeOp, pad: PadOp) -> None:
    """Pad what the reshape ``op`` gives instead, where no padded dimension is split or joined."""
    groups, shape = groups_of(op), shape_of(op.result)
    grows = isinstance(op, ExpandShapeOp)
    widths = _widths_behind(pad, shape, groups, grows=grows)
    if widths is None:
        return
    small = [n - low - high for n, low, high in zip(shape, *widths, strict=True)]
    if grows:
        ahead = expand(pad.source, groups, small)
        Rewriter.insert_op(ahead, InsertPoint.before(op))
        source = ahead.result
    else:
        source = collapse(pad.source, groups, op)
    new = _pad(pad, source, widths, shape)
    Rewriter.replace_op(op, new)
    if isinstance(source.owner, ExpandShapeOp | CollapseShapeOp):
        fold(source.owner)
    if not pad.result.uses:
        Rewriter.erase_op(pad)


def _widths_behind(
    pad: PadOp, shape: Sequence[int], groups: Sequence[Sequence[int]], *, grows: bool
) -> Widths | None:
    """The widths of a pad behind the reshape, or None where there is none of that shape."""
    before = widths_of(pad)
    after: Widths = ([0] * len(shape), [0] * len(shape))
    large = shape if grows else shape_of(pad.result)
    for at, group in enumerate(groups):
        long = [dim for dim in group if large[dim] != 1] or list(group[:1])
        for old, new in zip(before, after, strict=True):
            widths = [old[at]] if grows else [old[dim] for dim in group]
            if not any(widths):
                continue
            if len(long) != 1:
                return None
            new[long[0] if grows else at] = max(widths)
    return after


def _pad(op: PadOp, source: SSAValue, widths: Widths, shape: Sequence[int]) -> PadOp:
    """A pad of another tensor that fills with what ``op`` does."""
    value = value_of(op)
    assert value is not None
    block = Block(arg_types=[IndexType()] * len(shape))
    constant = arith.ConstantOp(value)
    block.add_ops([constant, YieldOp(constant.result)])
    new = PadOp(source, [], [], Region(block), *widths, TensorType(value.type, shape))
    copy_origin(op, new)
    return new
