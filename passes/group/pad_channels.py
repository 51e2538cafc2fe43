"""`npu-pad-channels`: convolutions see channels in whole groups of lanes, as XLA lays them out.

Overview. Where a convolution has fewer input channels than a multiple of `lanes`, its input and its
weights are copied into tensors whose channels are that many, zeros behind the real ones, ahead of
it; it computes all of them, and its result is copied into the tensor that the program asked for.
So transfers move the lanes that are empty, too, and the copies are programs of their own. It runs
on stage 0, ahead of `npu-group`.

Before:

    %r = linalg.generic {convolution} ins(%x, %w : tensor<2x3x9x9xf32>, tensor<5x3x3x3xf32>)

After (lanes = 8):

    %xp = linalg.generic {copy} ins(tensor.pad %x)          : tensor<2x8x9x9xf32>
    %wp = linalg.generic {copy} ins(tensor.pad %w)          : tensor<8x8x3x3xf32>
    %rp = linalg.generic {convolution} ins(%xp, %wp)        : tensor<2x8x7x7xf32>
    %r  = linalg.generic {copy} ins(%rp (d0, d1 + d4, ...)) : tensor<2x5x7x7xf32>

Limitations: convolutions onto zeros with one loop of input and one of output channels; others, as
depthwise ones, stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from typing_extensions import override
from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    IndexType,
    IntegerAttr,
    ModuleOp,
    TensorType,
    i64,
)
from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.dialects.linalg.ops import FillOp, GenericOp, YieldOp
from xdsl.dialects.tensor import CollapseShapeOp, EmptyOp, PadOp
from xdsl.dialects.tensor import YieldOp as PadYieldOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from npu.configs.errors import UserError
from npu.dialects.element_types import element_type, number_attribute
from npu.passes.group.access import accesses_of
from npu.passes.group.check import main_of
from npu.passes.group.contraction import Contraction, contraction_of
from npu.passes.group.copies import copy_of, copy_origin
from npu.passes.group.iteration_space import loop_extents, operand_loops, result_loops, shape_of
from npu.passes.group.prepare import is_zeros


@dataclass(frozen=True)
class PadChannelsPass(ModulePass):
    """Gives convolutions channels in multiples of the lanes, by copies around them."""

    name = "npu-pad-channels"

    lanes: int = 128
    """Channels are padded to multiples of this."""

    @override
    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Raises UserError for less than one lane, and for a module without `@main`."""
        if self.lanes < 1:
            raise UserError(
                f"npu-pad-channels: lanes is {self.lanes}; expected a number of at least 1"
            )
        for one in list(main_of(op).body.block.ops):
            contraction = contraction_of(one)
            if contraction is not None and _is_plain(contraction):
                _pad(contraction, self.lanes)


def _is_plain(c: Contraction) -> bool:
    """Whether a convolution has one loop of channels on each side, and starts from zeros."""
    return (
        c.is_windowed and c.walked_k is not None and len(c.n) == 1 and is_zeros(c.op.operands[-1])
    )


def _pad(c: Contraction, lanes: int) -> None:
    """Puts a convolution of whole groups of lanes, and copies, into the place of one."""
    extents, k = loop_extents(c.op), c.walked_k
    assert k is not None
    if extents[k] % lanes == 0:
        return
    more = {loop: -extents[loop] % lanes for loop in (k, c.n[0])}
    inputs = {
        c.rows: _rows(c.op.inputs[c.rows], _dims_of_rows(c, more), c.op),
        c.weights: _copied(c.op.inputs[c.weights], _dims(c.op, c.weights, more), c.op),
    }
    out = _grown(shape_of(c.op.results[0]), _dims(c.op, len(c.op.operands) - 1, more))
    type_ = TensorType(element_type(c.op.results[0].type), out)
    zero = arith.ConstantOp(number_attribute(0, type_.element_type))
    empty = EmptyOp([], type_)
    zeros = FillOp([zero.result], [empty.tensor], [type_])
    body = c.op.body.clone()
    maps, kinds = c.op.indexing_maps, c.op.iterator_types
    operands = [inputs[0], inputs[1]]
    whole = GenericOp(operands, [zeros.results[0]], body, maps, kinds, [type_])
    _insert([zero, empty, zeros, whole], c.op)
    place = result_loops(c.op).index(c.n[0])
    Rewriter.replace_op(c.op, [], [_first(whole.results[0], place, c.op)])


def _dims_of_rows(c: Contraction, more: Mapping[int, int]) -> dict[int, int]:
    """By dimension of the rows' tensor, the channels that are added."""
    walked = [access.loop for access in accesses_of(c.op, c.rows)]
    return {d: more[loop] for d, loop in enumerate(walked) if loop is not None and loop in more}


def _dims(op: GenericOp, index: int, more: Mapping[int, int]) -> dict[int, int]:
    """By dimension of an operand, the channels that are added."""
    return {d: more[loop] for d, loop in enumerate(operand_loops(op, index)) if loop in more}


def _grown(shape: tuple[int, ...], more: Mapping[int, int]) -> list[int]:
    return [size + more.get(d, 0) for d, size in enumerate(shape)]


def _rows(value: SSAValue, more: Mapping[int, int], before: Operation) -> SSAValue:
    """A copy of a tensor with more channels; padding at borders stays in front of the reader."""
    if not isinstance(value.owner, PadOp):
        return _copied(value, more, before)
    border = value.owner.clone()
    border.operands[0] = _copied(value.owner.source, more, before)
    type_ = TensorType(element_type(value.type), _grown(shape_of(value), more))
    result = PadOp(
        border.operands[0],
        [],
        [],
        border.detach_region(0),
        border.static_low,
        border.static_high,
        type_,
    )
    result.attributes |= border.attributes
    _insert([result], before)
    return result.result


def _copied(value: SSAValue, more: Mapping[int, int], before: Operation) -> SSAValue:
    """A copy of a tensor behind whose channels zeros stand."""
    shape, element = shape_of(value), element_type(value.type)
    block = Block(arg_types=[IndexType()] * len(shape))
    zero = arith.ConstantOp(number_attribute(0, element))
    block.add_ops([zero, PadYieldOp(zero.result)])
    low = DenseArrayBase.from_list(i64, [0] * len(shape))
    high = DenseArrayBase.from_list(i64, [more.get(d, 0) for d in range(len(shape))])
    type_ = TensorType(element, _grown(shape, more))
    pad = PadOp(value, [], [], Region(block), low, high, type_)
    _insert([pad, *(added := copy_of(pad.result))], before)
    return added[-1].results[0]


def _first(value: SSAValue, place: int, conv: GenericOp) -> SSAValue:
    """The first channels of a tensor, as many as the result of `conv` has, in dimension `place`.

    A plain loop walks a whole dimension, so that they are read at the sum of two loops, the second
    one of extent 1.
    """
    shape = shape_of(conv.results[0])
    if shape == shape_of(value):
        return value
    element, rank = element_type(value.type), len(shape)
    dims: list[AffineExpr] = [AffineExpr.dimension(d) for d in range(rank)]
    dims[place] = dims[place] + AffineExpr.dimension(rank)
    block = Block(arg_types=[element] * 2)
    block.add_op(YieldOp(block.args[0]))
    type_ = TensorType(element, [*shape, 1])
    empty = EmptyOp([], type_)
    maps = [AffineMap(rank + 1, 0, tuple(dims)), AffineMap.identity(rank + 1)]
    kinds: list[Attribute] = [IteratorTypeAttr.parallel()] * (rank + 1)
    copy = GenericOp(
        [value], [empty.tensor], Region(block), list(map(AffineMapAttr, maps)), kinds, [type_]
    )
    groups = [[d] for d in range(rank - 1)] + [[rank - 1, rank]]
    collapse = CollapseShapeOp.build(
        operands=[copy.results[0]],
        result_types=[conv.results[0].type],
        properties={
            "reassociation": ArrayAttr(
                [ArrayAttr([IntegerAttr(d, i64) for d in group]) for group in groups]
            )
        },
    )
    _insert([empty, copy, collapse], conv)
    return collapse.results[0]


def _insert(ops: list[Operation], conv: Operation) -> None:
    """Puts operations ahead of a convolution that they belong to."""
    for op in ops:
        copy_origin(conv, op)
        op.location = conv.location
    Rewriter.insert_op(ops, InsertPoint.before(conv))
