"""Results of a ``linalg.generic`` that nobody reads disappear, with all that only they needed.

PyTorch's ``amax`` arrives as a maximum together with its position. Before:
    %0:2 = linalg.generic ... ins(%a) outs(%m, %p) { ... linalg.yield %max, %position : f32, i64 }
After:
    %0 = linalg.generic ... ins(%a) outs(%m) { ... linalg.yield %max : f32 }
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, DenseArrayBase, i32
from xdsl.dialects.linalg.ops import GenericOp, YieldOp
from xdsl.ir import Block, BlockArgument, Operation, SSAValue
from xdsl.rewriter import Rewriter

from npu.frontend.stage0.generics import is_copy


def drop_unused_results(function: func.FuncOp) -> None:
    """Apply the rewrite to every ``linalg.generic`` of ``function``, in place."""
    for op in list(function.body.block.ops):
        if isinstance(op, GenericOp) and len(op.results) > 1:
            _drop(op)


def erase_dead(function: func.FuncOp) -> None:
    """Erase operations of ``function`` whose results nobody reads (none has effects)."""
    for op in reversed(list(function.body.block.ops)):
        if op.results and not any(result.uses for result in op.results):
            Rewriter.erase_op(op)


def erase_copies(function: func.FuncOp) -> None:
    """Erase every ``linalg.generic`` that gives back its only input, element by element."""
    for op in list(function.body.block.ops):
        if not isinstance(op, GenericOp) or not is_copy(op):
            continue
        same_order = op.indexing_maps.data[0] == op.indexing_maps.data[1]
        if same_order and op.inputs[0].type == op.results[0].type:
            Rewriter.replace_op(op, [], [op.inputs[0]])


def set_operands(op: GenericOp, inputs: Sequence[SSAValue], outputs: Sequence[SSAValue]) -> None:
    """Give ``op`` other operands."""
    op.operands = [*inputs, *outputs]
    sizes = DenseArrayBase.from_list(i32, [len(inputs), len(outputs)])
    op.properties["operandSegmentSizes"] = sizes


def _drop(op: GenericOp) -> None:
    kept = _needed_results(op)
    if len(kept) == len(op.results):
        return
    new = with_results(op, kept)
    results: list[SSAValue | None] = [None] * len(op.results)
    for old_index, result in zip(kept, new.results, strict=True):
        results[old_index] = result
    Rewriter.replace_op(op, new, results)


def with_results(op: GenericOp, kept: Sequence[int]) -> GenericOp:
    """A copy of ``op`` that takes over its body and computes only the results ``kept``."""
    body = op.detach_region(op.body)
    last = body.block.last_op
    assert isinstance(last, YieldOp)
    Rewriter.replace_op(last, YieldOp(*(last.operands[i] for i in kept)))
    count = len(op.inputs)
    dropped = [i for i in range(len(op.results)) if i not in kept]
    _erase_unused(body.block, {body.block.args[count + i] for i in dropped})
    for i in reversed(dropped):
        body.block.erase_arg(body.block.args[count + i])
    maps = op.indexing_maps.data
    new = GenericOp(
        list(op.inputs),
        [op.outputs[i] for i in kept],
        body,
        ArrayAttr([*maps[:count], *(maps[count + i] for i in kept)]),
        op.iterator_types,
        [op.results[i].type for i in kept],
    )
    new.attributes.update(op.attributes)
    return new


def _needed_results(op: GenericOp) -> list[int]:
    """Results that are read, or whose running value another needed result reads."""
    block = op.body.block
    last = block.last_op
    assert isinstance(last, YieldOp)
    count = len(op.inputs)
    needed = {i for i, result in enumerate(op.results) if result.uses}
    pending = sorted(needed)
    while pending:
        for argument in arguments_behind(last.operands[pending.pop()], block):
            result = argument.index - count
            if result >= 0 and result not in needed:
                needed.add(result)
                pending.append(result)
    return sorted(needed)


def arguments_behind(value: SSAValue, block: Block) -> list[BlockArgument]:
    """The arguments of ``block`` that ``value`` is computed from."""
    found: list[BlockArgument] = []
    pending, seen = [value], {value}
    while pending:
        current = pending.pop()
        if isinstance(current, BlockArgument):
            found.append(current)
            continue
        assert isinstance(current.owner, Operation)
        if current.owner.parent is not block:
            continue
        new = [operand for operand in current.owner.operands if operand not in seen]
        seen.update(new)
        pending += new
    return found


def _erase_unused(block: Block, arguments: set[SSAValue]) -> None:
    """Erase operations of ``block`` without use, last first, so that ``arguments`` are free."""
    for op in reversed(list(block.ops)):
        if not isinstance(op, YieldOp) and not any(result.uses for result in op.results):
            Rewriter.erase_op(op)
    assert not any(argument.uses for argument in arguments)
