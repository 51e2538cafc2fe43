"""Rows shorter than a register: what needs no number of the row is done for several rows at once.

    for each row:      out = exp(x - the row's maximum)        # a row of 512 fills half a register
->
    for each row:      out = x - the row's maximum
    for all elements:  out = exp(out)                          # full registers, rows joined

The second part pays for a load and a store more where it holds a special function. What crosses is
one value, of the type of the result, which is where it is kept.
"""

from collections.abc import Sequence

from xdsl.dialects import arith
from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import Block, Operation, Region, SSAValue

from npu.codegen.special_operations import SPECIAL_OPERATIONS
from npu.codegen.structured import SizeNumbers, Structured, structured


def parts_of(op: Operation, numbers: SizeNumbers, lanes: int) -> list[Structured]:
    """`op` as it is, or as the two operations that do the same; a register has `lanes` f32."""
    work = structured(op, numbers, lanes)
    if not isinstance(op, linalg.GenericOp) or not _has_short_rows(work, lanes):
        return [work]
    crossing = _crossing(work)
    if crossing is None:
        return [work]
    first, second = (structured(part, numbers, lanes) for part in _cut(op, crossing))
    return [first, second] if len(second.nest.loops) < len(work.nest.loops) else [work]


def _has_short_rows(work: Structured, lanes: int) -> bool:
    """Whether lanes walk rows that fill at most half a register, and nothing is reduced."""
    is_parallel = not any(loop.reduction for loop in work.nest.loops)
    is_short = work.row is not None and 1 < work.row <= lanes // 2
    return is_parallel and is_short and len(work.outputs) == 1 and len(work.nest.loops) > 1


def _crossing(work: Structured) -> Operation | None:
    """The first operation whose result is all that the special functions behind it need."""
    assert work.body is not None
    (out,) = work.arguments[work.inputs :]
    ops = [op for op in work.body.ops if op.results]
    if out is None or out.uses:
        return None
    for place, op in enumerate(ops):
        rest = ops[place + 1 :]
        if not any(type(later) in SPECIAL_OPERATIONS for later in rest):
            return None
        has_vector = not isinstance(op, arith.ConstantOp) and op.results[0].type == out.type
        if has_vector and _needs_only(rest, op.results[0]):
            return op
    return None


def _needs_only(ops: Sequence[Operation], value: SSAValue) -> bool:
    """Whether operations need `value` and constants alone."""
    own = {value, *(result for op in ops for result in op.results)}
    operands = (operand for op in ops for operand in op.operands)
    return all(one in own or isinstance(one.owner, arith.ConstantOp) for one in operands)


def _cut(op: linalg.GenericOp, crossing: Operation) -> tuple[linalg.GenericOp, linalg.GenericOp]:
    """The operation up to `crossing`, and, in place on its result, the rest."""
    ops = list(op.body.block.ops)
    place = ops.index(crossing)
    first = op.clone()
    kept = list(first.body.block.ops)
    yielding = kept[-1]
    yielding.operands = kept[place].results
    for later in reversed(kept[place + 1 : -1]):
        first.body.block.erase_op(later)
    block = Block(arg_types=[crossing.results[0].type])
    renamed: dict[SSAValue, SSAValue] = {crossing.results[0]: block.args[0]}
    constants = [one for one in ops[:place] if isinstance(one, arith.ConstantOp)]
    for one in (*constants, *ops[place + 1 :]):
        block.add_op(one.clone(renamed))
    maps = list(op.indexing_maps)[-1:]
    second = linalg.GenericOp([], list(op.outputs), Region(block), maps, list(op.iterator_types))
    return first, second
