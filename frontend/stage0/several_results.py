"""A ``linalg.generic`` with several results becomes one for each: kernels write one tensor each.

Results that do not read one another are computed apart; grouping joins them again. An extremum with
its position, as upstream writes ``max`` along a dimension, becomes an extremum and the least
position at which it stands, both of them reductions that lanes and tiles may do in any order:

    %m, %p = generic ins(%x, %places) outs(%lowest, %zero) {
      %a = maximumf %in, %best ; %b = cmpf ogt, %in, %best ; %c = select %b, %place, %out }
    %m = generic ins(%x) outs(%lowest) { maximumf }
    %k = generic ins(%x, %places, %m) outs(%highest) {
      %key = %in == %m or %in is NaN ? %place : highest ; minsi %key, %out }
    %p = generic ins(%k, %zero) { %k == highest ? %zero : %k }

Of equal extremes the comparison says whether the first (``ogt``) or the last (``oge``) one counts.
Which one does beside NaN depends on the order in a file; here it is the NaN, as in PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects import arith, func
from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, IntegerAttr, f32, i32
from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.dialects.linalg.ops import FillOp, GenericOp, YieldOp
from xdsl.dialects.tensor import EmptyOp
from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.rewriter import Rewriter

from npu.frontend.stage0.origins import copy_origin
from npu.frontend.stage0.results import arguments_behind, with_results
from npu.passes.group.iteration_space import shape_of

GREATER, GREATER_EQUAL = {2, 9}, {3, 10}
LESS, LESS_EQUAL = {4, 11}, {5, 12}
"""Numbers of `arith.cmpf`'s predicates, ordered and not."""
INTEGER = {2: 4, 3: 5, 4: 2, 5: 3}
"""`arith.cmpi`'s slt, sle, sgt, sge as the numbers of olt, ole, ogt, oge."""
EQUAL, UNEQUAL = 1, 13
"""oeq and une."""
MOST = (arith.MaximumfOp, arith.MaxSIOp)
LEAST = (arith.MinimumfOp, arith.MinSIOp)


def split_results(function: func.FuncOp) -> None:
    """Apply the rewrite to every ``linalg.generic`` of ``function``, in place."""
    for op in list(function.body.block.ops):
        if isinstance(op, GenericOp) and len(op.results) > 1:
            _split(op)


def _split(op: GenericOp) -> None:
    count = len(op.inputs)
    needed = [
        {a.index - count for a in arguments_behind(value, op.body.block) if a.index >= count}
        for value in _yielded(op)
    ]
    if all(own <= {number} for number, own in enumerate(needed)):
        parts = [with_results(op.clone(), [number]) for number in range(len(op.results))]
        Rewriter.replace_op(op, parts, [part.results[0] for part in parts])
        return
    found = _position_of(op)
    if found is not None:
        _split_position(op, found)


def _yielded(op: GenericOp) -> list[SSAValue]:
    last = op.body.block.last_op
    assert isinstance(last, YieldOp)
    return list(last.operands)


@dataclass(frozen=True)
class _Position:
    """An extremum and its position among the results of an operation."""

    extremum: int
    position: int
    value: SSAValue
    """What the extremum is taken of."""
    place: SSAValue
    """What becomes its position."""
    is_first: bool
    """Whether of equal values the first one counts."""


def _position_of(op: GenericOp) -> _Position | None:
    """The extremum and its position that the two results are; None for anything else."""
    if len(op.results) != 2 or op.results[0].type.get_shape() != op.results[1].type.get_shape():
        return None
    for extremum, position in ((0, 1), (1, 0)):
        found = _matched(op, extremum, position)
        if found is not None:
            return found
    return None


def _matched(op: GenericOp, extremum: int, position: int) -> _Position | None:
    count = len(op.inputs)
    best, kept = (op.body.block.args[count + n] for n in (extremum, position))
    value = _taken_of(_yielded(op)[extremum], best)
    choice = _yielded(op)[position].owner
    if value is None or not isinstance(choice, arith.SelectOp) or kept.type != i32:
        return None
    compared = choice.cond.owner
    if choice.rhs is not kept or not isinstance(compared, arith.CmpfOp | arith.CmpiOp):
        return None
    number = compared.predicate.value.data
    number = INTEGER.get(number, 0) if isinstance(compared, arith.CmpiOp) else number
    if (compared.lhs, compared.rhs) == (best, value[0]):
        number = _turned(number)
    elif (compared.lhs, compared.rhs) != (value[0], best):
        return None
    is_most = value[1]
    if number not in ((GREATER | GREATER_EQUAL) if is_most else (LESS | LESS_EQUAL)):
        return None
    is_first = number in GREATER | LESS
    return _Position(extremum, position, value[0], choice.lhs, is_first)


def _turned(number: int) -> int:
    """The predicate for exchanged sides."""
    return {2: 4, 4: 2, 3: 5, 5: 3, 9: 11, 11: 9, 10: 12, 12: 10}.get(number, 0)


def _taken_of(result: SSAValue, best: BlockArgument) -> tuple[SSAValue, bool] | None:
    """What ``result`` is the extremum of besides ``best``, and whether it is the greatest."""
    op = result.owner
    if isinstance(op, MOST + LEAST) and best in op.operands:
        other = next((v for v in op.operands if v is not best), None)
        return None if other is None else (other, isinstance(op, MOST))
    return None


def _split_position(op: GenericOp, found: _Position) -> None:
    values = with_results(op.clone(), [found.extremum])
    none = 2**31 - 1 if found.is_first else -(2**31)
    initial = op.outputs[found.position]
    constant = arith.ConstantOp(IntegerAttr(none, i32))
    empty = EmptyOp([], initial.type)
    start = FillOp([constant.result], [empty.tensor], [initial.type])
    keys = _keys(op, found, values.results[0], start.results[0], constant)
    chosen = _or_initial(keys.results[0], initial, none)
    added = [values, constant, empty, start, keys, *chosen]
    for new in added:
        copy_origin(op, new)
    results = [values.results[0], chosen[-1].results[0]]
    ordered = results if found.extremum == 0 else results[::-1]
    Rewriter.replace_op(op, added, ordered)


def _keys(
    op: GenericOp, found: _Position, best: SSAValue, start: SSAValue, none: arith.ConstantOp
) -> GenericOp:
    """The least (or the greatest) place at which the extremum stands."""
    count = len(op.inputs)
    maps = list(op.indexing_maps)
    types = [argument.type for argument in op.body.block.args[:count]]
    block = Block(arg_types=[*types, found.value.type, i32])
    values = _inputs_alone(op, block)
    value, own, kept = values[found.value], block.args[count], block.args[count + 1]
    hit: list[Operation] = [_equal(value, own)]
    if value.type == f32:
        is_nan = arith.CmpfOp(value, value, UNEQUAL)
        hit += [is_nan, arith.OrIOp(hit[0].results[0], is_nan.result)]
    inside = none.clone()
    key = arith.SelectOp(hit[-1].results[0], values[found.place], inside.result)
    least = (arith.MinSIOp if found.is_first else arith.MaxSIOp)(key.result, kept)
    block.add_ops([*hit, inside, key, least, YieldOp(least.result)])
    return GenericOp(
        [*op.inputs, best],
        [start],
        Region(block),
        ArrayAttr([*maps[:count], maps[count + found.extremum], maps[count + found.position]]),
        op.iterator_types,
        [start.type],
    )


def _inputs_alone(op: GenericOp, block: Block) -> dict[SSAValue, SSAValue]:
    """Clones to ``block`` what the body of ``op`` computes of inputs; each value's clone."""
    source = op.body.block
    values: dict[SSAValue, SSAValue] = dict(
        zip(source.args[: len(op.inputs)], block.args, strict=False)
    )
    for inner in source.ops:
        inside = [v for v in inner.operands if v.owner is source or _is_in(v.owner, source)]
        if not isinstance(inner, YieldOp) and all(v in values for v in inside):
            block.add_op(inner.clone(values))
    return values


def _is_in(owner: Operation | Block, block: Block) -> bool:
    return isinstance(owner, Operation) and owner.parent is block


def _equal(a: SSAValue, b: SSAValue) -> Operation:
    return arith.CmpfOp(a, b, EQUAL) if a.type == f32 else arith.CmpiOp(a, b, "eq")


def _or_initial(keys: SSAValue, initial: SSAValue, none: int) -> list[Operation]:
    """Operations, the last of which takes the initial position where no value was an extreme."""
    rank = len(shape_of(keys))
    empty = EmptyOp([], keys.type)
    block = Block(arg_types=[i32] * 3)
    constant = arith.ConstantOp(IntegerAttr(none, i32))
    nowhere = arith.CmpiOp(block.args[0], constant.result, "eq")
    position = arith.SelectOp(nowhere.result, block.args[1], block.args[0])
    block.add_ops([constant, nowhere, position, YieldOp(position.result)])
    identity = AffineMapAttr(AffineMap.identity(rank))
    generic = GenericOp(
        [keys, initial],
        [empty.tensor],
        Region(block),
        ArrayAttr([identity] * 3),
        ArrayAttr([IteratorTypeAttr.parallel()] * rank),
        [keys.type],
    )
    return [empty, generic]
