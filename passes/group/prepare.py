"""What `npu-group` does before it cuts: it brings a function to the few forms that it matches.

- every part of a `tensor.concat` is computed for its place alone (`settle_parts`);
- scalar constants used in a `linalg.generic` body are defined in that body;
- an elementwise operation that reads its output's initial value reads it as an input;
- copies that only permute or broadcast dimensions fold into the maps of those who read them;
- a contraction onto something else than zeros becomes a contraction onto zeros plus an addition;
- a permuted copy of a contraction's result, if nobody else reads that, is written by it directly.
"""

from __future__ import annotations

from typing import cast

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, FloatAttr, TensorType
from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.dialects.linalg.ops import FillOp, GenericOp, YieldOp
from xdsl.dialects.tensor import PadOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineMap
from xdsl.rewriter import InsertPoint, Rewriter

from npu.dialects.element_types import TAKEN, element_type, number_attribute
from npu.passes.group.access import accesses_of, is_windowed
from npu.passes.group.contraction import contraction_of, is_body_of
from npu.passes.group.copies import copy_of, copy_origin
from npu.passes.group.iteration_space import (
    loops_of,
    operand_loops,
    reduction_loops,
    result_loops,
    shape_of,
)
from npu.passes.group.settle_parts import settle_parts


def prepare(block: Block) -> None:
    """Applies all preparations to the body of `@main`, in place."""
    settle_parts(block)
    for op in list(block.ops):
        if isinstance(op, PadOp):
            _constant_in_padding(op)
            _store_padded(op)
    for op in list(block.ops):
        if isinstance(op, GenericOp) and is_copy(op) and not is_windowed(op, 0):
            _fold_into_contraction(op)
    for op in list(block.ops):
        if isinstance(op, GenericOp):
            _constants_inside(op)
            _fold_copies(_initial_value_as_input(op))
    for op in list(block.ops):
        if contraction_of(op) is not None:
            _start_from_zeros(op)
    erase_dead(block)


def erase_dead(block: Block) -> None:
    """Erases operations whose results nobody reads, users first."""
    for op in reversed(list(block.ops)):
        if op.results and not any(r.first_use for r in op.results):
            Rewriter.erase_op(op)


def _constant_in_padding(op: PadOp) -> None:
    """Clones the scalar constant that a padding captures into its region."""
    last = op.region.block.last_op
    assert last is not None
    owner = last.operands[0].owner
    if isinstance(owner, arith.ConstantOp) and owner.parent is not op.region.block:
        constant = owner.clone()
        Rewriter.insert_op(constant, InsertPoint.before(last))
        last.operands[0] = constant.result


def _store_padded(op: PadOp) -> None:
    """A padded tensor that others than linalg operations read is copied: it must lie in DRAM."""
    users = [use.operation for use in op.result.uses if not isinstance(use.operation, GenericOp)]
    if not users:
        return
    empty, copy = copy_of(op.result)
    copy_origin(op, copy)
    copy.location = op.location
    Rewriter.insert_op([empty, copy], InsertPoint.after(op))
    op.result.replace_uses_with_if(copy.results[0], lambda use: use.operation in users)


def _constants_inside(op: GenericOp) -> None:
    """Clones captured scalar constants into the body."""
    block = op.body.block
    inside: dict[SSAValue, SSAValue] = {}
    for inner in list(block.ops):
        for index, operand in enumerate(inner.operands):
            owner = operand.owner
            if is_body_of(block, operand) or not isinstance(owner, arith.ConstantOp):
                continue
            if operand not in inside:
                constant = owner.clone()
                Rewriter.insert_op(constant, InsertPoint.at_start(block))
                inside[operand] = constant.result
            inner.operands[index] = inside[operand]


def _initial_value_as_input(op: GenericOp) -> GenericOp:
    """`outs` of an elementwise operation becomes a plain input where the body reads it."""
    block = op.body.block
    if reduction_loops(op) or len(op.outputs) != 1 or not block.args[-1].first_use:
        return op
    last = len(op.operands) - 1
    new = block.insert_arg(block.args[last].type, last)
    block.args[last + 1].replace_all_uses_with(new)
    maps = list(op.indexing_maps)
    initial = op.outputs[0]
    empty = tensor.EmptyOp([], initial.type)
    Rewriter.insert_op(empty, InsertPoint.before(op))
    return replace_generic(op, [*op.inputs, initial], empty.tensor, [*maps, maps[-1]])


def replace_generic(
    op: GenericOp, inputs: list[SSAValue], output: SSAValue, maps: list[AffineMapAttr]
) -> GenericOp:
    """A generic with the body, kinds of loops and attributes of `op` and these operands."""
    body = op.detach_region(op.body)
    new = GenericOp(inputs, [output], body, maps, op.iterator_types, [output.type])
    new.attributes |= op.attributes
    new.location = op.location
    Rewriter.replace_op(op, new)
    return new


def _fold_copies(op: GenericOp) -> None:
    """Reads through producers that only permute or broadcast dimensions."""
    for index, operand in enumerate(op.inputs):
        owner = operand.owner
        if not isinstance(owner, GenericOp) or not is_copy(owner):
            continue
        if is_windowed(op, index) or is_windowed(owner, 0):
            continue
        source = loops_of(owner.indexing_maps.data[0].data)
        written = result_loops(owner)
        read = operand_loops(op, index)
        through = tuple(read[written.index(loop)] for loop in source)
        if _may_read(op, index, owner.inputs[0], through):
            _set_operand(op, index, owner.inputs[0], through)


def _may_read(op: GenericOp, index: int, value: SSAValue, loops: tuple[int, ...]) -> bool:
    """Whether loops keep their extents, and a contraction its roles, if `value` is operand `index`.

    `loops` are those that walk its dimensions.
    """
    before, read = op.operands[index], operand_loops(op, index)
    was_contraction = contraction_of(op) is not None
    _set_operand(op, index, value, loops)
    walked = {d for i in range(len(op.operands)) for a in accesses_of(op, i) for d, _ in a.terms}
    is_whole = len(walked) == len(op.iterator_types)
    is_same = is_whole and (not was_contraction or contraction_of(op) is not None)
    _set_operand(op, index, before, read)
    return is_same


def _set_operand(op: GenericOp, index: int, value: SSAValue, loops: tuple[int, ...]) -> None:
    """Gives `op` another operand, and the map to the loops that walk it."""
    op.operands[index] = value
    _set_loops(op, index, loops)


def _set_loops(op: GenericOp, index: int, loops: tuple[int, ...]) -> None:
    """Gives operand `index` the map to `loops`."""
    maps = list(op.indexing_maps)
    count = len(op.iterator_types)
    maps[index] = AffineMapAttr(AffineMap(count, 0, tuple(map(AffineDimExpr, loops))))
    op.properties["indexing_maps"] = ArrayAttr(maps)


def is_copy(op: GenericOp) -> bool:
    """Whether `op` writes its one input elsewhere, permuted or broadcast, and does nothing else."""
    block = op.body.block
    last = block.last_op
    if block.first_op is not last or not isinstance(last, YieldOp):
        return False  # what nearly all are: nothing else is looked at
    return (
        last.operands[0] is block.args[0]
        and len(op.inputs) == 1
        and not reduction_loops(op)
        and bool(shape_of(op.inputs[0]))
    )


def _start_from_zeros(op: Operation) -> None:
    """Makes the initial value of a contraction an addition behind it, unless it is zero."""
    initial = op.operands[-1]
    if is_zeros(initial):
        return
    result_type = op.results[0].type
    zero, empty, zeros = _zeros(result_type)
    Rewriter.insert_op([zero, empty, zeros], InsertPoint.before(op))
    op.operands[len(op.operands) - 1] = zeros.results[0]
    total = _sum_of(op.results[0], initial, empty.tensor)
    copy_origin(op, total)
    Rewriter.insert_op(total, InsertPoint.after(op))
    op.results[0].replace_uses_with_if(total.results[0], lambda use: use.operation is not total)


def _fold_into_contraction(copy: GenericOp) -> None:
    """Lets a contraction write its result in the order that a copy of it would have."""
    root = copy.inputs[0].owner
    is_permutation = len(operand_loops(copy, 0)) == len(copy.iterator_types)
    if not isinstance(root, GenericOp) or not is_permutation or not root.results[0].has_one_use():
        return
    if contraction_of(root) is None or not is_zeros(root.operands[-1]):
        return
    before = list(root.indexing_maps)
    read, written = operand_loops(copy, 0), result_loops(copy)
    old = result_loops(root)
    _set_loops(root, len(root.operands) - 1, tuple(old[read.index(loop)] for loop in written))
    is_contraction = contraction_of(root) is not None
    maps = list(root.indexing_maps)
    root.properties["indexing_maps"] = ArrayAttr(before)
    if not is_contraction:
        return
    zero, empty, zeros = _zeros(copy.results[0].type)
    Rewriter.insert_op([zero, empty, zeros], InsertPoint.before(root))
    new = replace_generic(root, list(root.inputs), zeros.results[0], maps)
    Rewriter.replace_op(copy, [], [new.results[0]])


def _zeros(type_: Attribute) -> tuple[arith.ConstantOp, tensor.EmptyOp, FillOp]:
    """Operations that make a tensor of zeros."""
    zero = arith.ConstantOp(number_attribute(0, element_type(type_)))
    empty = tensor.EmptyOp([], type_)
    return zero, empty, FillOp([zero.result], [empty.tensor], [type_])


def _sum_of(a: SSAValue, b: SSAValue, output: SSAValue) -> GenericOp:
    """An elementwise addition of two tensors of one shape."""
    rank = len(shape_of(a))
    identity = AffineMapAttr(AffineMap.identity(rank))
    block = Block(arg_types=[element_type(a.type)] * 3)
    add = arith.AddfOp(block.args[0], block.args[1])
    block.add_ops([add, YieldOp(add.result)])
    kinds: list[Attribute] = [IteratorTypeAttr.parallel()] * rank
    return GenericOp([a, b], [output], Region(block), [identity] * 3, kinds, [output.type])


def is_zeros(value: SSAValue) -> bool:
    """Whether a tensor is a fill of +0.0."""
    if not isinstance(value.owner, FillOp):
        return False
    constant = value.owner.inputs[0].owner
    if not isinstance(constant, arith.ConstantOp) or not isinstance(constant.value, FloatAttr):
        return False
    return constant.value.value.data == 0.0


def is_taken(type_: Attribute, min_rank: int = 1, min_extent: int = 1) -> bool:
    """A tensor of a taken element type and a static shape, of that rank and extents or more."""
    if not isinstance(type_, TensorType):
        return False
    tensor_type = cast(TensorType[Attribute], type_)
    shape = tensor_type.get_shape()
    return (
        tensor_type.element_type in TAKEN
        and len(shape) >= min_rank
        and all(n >= min_extent for n in shape)
    )
