"""One group becomes one kernel: the nest, the transfers and the computation in their places."""

from __future__ import annotations

from typing import cast

from xdsl.dialects.builtin import MemRefType, TensorType
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from npu.configs.errors import UserError
from npu.configs.short import short
from npu.dialects.npu import GroupOp, KernelOp, MappingAttr, ReturnOp
from npu.dialects.places import place
from npu.passes.group.contraction import Contraction
from npu.passes.group.fold import Fold
from npu.passes.group.plan import GroupPlan, plan_of
from npu.passes.group.prepare import is_copy
from npu.passes.kernel.value_names import OUTPUT, UNKNOWN, buffer_names, loop_names, tensor_name
from npu.passes.map.footprint import MAX_TRANSFER_RANK, Role, movable
from npu.passes.map.strategies import STRATEGIES, StrategyError, fold_for
from npu.passes.tile.buffers import Buffers
from npu.passes.tile.compute import compute
from npu.passes.tile.contraction import MAX_ROW_LOOPS, array_loops
from npu.passes.tile.nest import Nest
from npu.passes.tile.transfer_cuts import Pieces


def kernel_of(group: GroupOp, array_size: int, page_bytes: int) -> KernelOp:
    """The kernel of a mapped group. Raises UserError if the mapping does not suit the group."""
    plan = plan_of(group)
    mapping = _checked_mapping(group, plan)
    types = [in_dram(t) for t in (*group.inputs.types, *group.outputs.types)]
    block = Block(arg_types=types)
    names = _name_arguments(group, block)
    space = plan.space
    order, tile = mapping.loop_order, mapping.tile_sizes
    nest = Nest(space.extents, tile, order, space.reduced, loop_names(plan))
    tensors = dict(zip((*group.body.block.args, *plan.yielded), names, strict=True))
    pieces = Pieces(mapping.subtile_sizes, page_bytes)
    buffers = Buffers(plan, nest, pieces, buffer_names(plan, tensors))
    _fill_in(group, plan, buffers, block, array_size)
    nest.assemble(block, buffers.allocs, ReturnOp())
    kernel = KernelOp(group.sym_name.data, types, Region(block), group.torch_ops, mapping)
    kernel.location = group.location
    return kernel


def _name_arguments(group: GroupOp, block: Block) -> list[str]:
    """Names the kernel's arguments after the group's operands; returns the names."""
    names = [tensor_name(value) or UNKNOWN for value in group.inputs]
    names += [OUTPUT] * len(group.outputs)
    for argument, name in zip(block.args, names, strict=True):
        argument.name_hint = name
    return names


def in_dram(type_: Attribute) -> MemRefType[Attribute]:
    """The DRAM buffer of a tensor."""
    tensor_type = cast(TensorType[Attribute], type_)
    return MemRefType(tensor_type.element_type, tensor_type.get_shape())


def _fill_in(
    group: GroupOp, plan: GroupPlan, buffers: Buffers, block: Block, array_size: int
) -> None:
    """Puts loads, computation and stores into the nest."""
    nest = buffers.nest
    results = nest.behind[nest.innermost_parallel]
    inside = group.body.block.args
    arguments: dict[SSAValue, SSAValue] = dict(zip(inside, block.args[: len(inside)], strict=True))
    for value in _by_role(plan, list(inside)):
        number = plan.buffer_of[value]
        ops = buffers.load(number, arguments[value], plan.layouts[value])
        _place_of_load(plan, buffers, number).extend(ops)
    if plan.contraction is not None:
        fold = _fold(group, plan.contraction, array_size)
        ops = array_loops(plan.contraction, buffers, array_size, fold)
        nest.before[nest.deepest].extend(ops)
    vector_ops = [op for op in plan.ops if not _needs_no_vector_code(op, plan)]
    if vector_ops:
        results.append(compute(f"{group.sym_name.data}_c0", vector_ops, buffers))
    for value, target in zip(plan.yielded, block.args[len(inside) :], strict=True):
        results.extend(buffers.store(plan.buffer_of[value], target, plan.layouts[value]))


def _fold(group: GroupOp, contraction: Contraction, array_size: int) -> Fold | None:
    """Taps side by side in the arrays. Raises UserError where the mapping's strategy cannot be."""
    assert group.mapping is not None
    name = group.mapping.strategy.data
    try:
        if name not in ("", *STRATEGIES):
            raise StrategyError(f"there is no such one, expected {', '.join(STRATEGIES)}")
        return fold_for(name, contraction, array_size)
    except StrategyError as error:
        raise UserError(
            f"{place(group)}npu-tile: strategy '{short(name)}' of group '{group.sym_name.data}': "
            f"{error}"
        ) from error


def _by_role(plan: GroupPlan, values: list[SSAValue]) -> list[SSAValue]:
    """Loads in the order in which a kernel wants them: rows, weights, operands of vector code."""
    order = (Role.ROWS, Role.WEIGHTS)
    roles = {v: plan.buffers[plan.buffer_of[v]].role for v in values if v in plan.buffer_of}
    return sorted(roles, key=lambda v: order.index(roles[v]) if roles[v] in order else len(order))


def _place_of_load(plan: GroupPlan, buffers: Buffers, number: int) -> list[Operation]:
    """Where a buffer is loaded: at the level where its tile changes, before what is inside.

    What only the epilogue of a contraction reads comes behind the reduction loop, so that the first
    operands of the array do not queue behind it.
    """
    nest, level = buffers.nest, buffers.home(number)
    is_late = (
        plan.contraction is not None
        and plan.buffers[number].role is Role.INPUT
        and level == nest.innermost_parallel
    )
    return nest.behind[level] if is_late else nest.before[level]


def _needs_no_vector_code(op: Operation, plan: GroupPlan) -> bool:
    """Whether the arrays do it, or the transfers do (a copy whose tile moves in and out)."""
    if plan.contraction is not None and op is plan.contraction.op:
        return True
    of = plan.buffer_of
    return isinstance(op, GenericOp) and is_copy(op) and of[op.inputs[0]] == of[op.results[0]]


def _checked_mapping(group: GroupOp, plan: GroupPlan) -> MappingAttr:
    """The group's mapping. Raises UserError if there is none or it does not suit the group."""
    mapping, name = group.mapping, group.sym_name.data
    if mapping is None:
        raise UserError(f"{place(group)}npu-tile: group '{name}' has no mapping; run npu-map first")
    problem = _problem(mapping, plan)
    if problem:
        raise UserError(f"npu-tile: the mapping {mapping} of group '{name}' {problem}")
    return mapping


def _problem(mapping: MappingAttr, plan: GroupPlan) -> str | None:
    """What is wrong with a mapping, and what would be right; None if nothing is."""
    space, tile = plan.space, mapping.tile_sizes
    if len(tile) != len(space.extents):
        return f"has {len(tile)} dimensions; expected one for each of {list(space.extents)}"
    kinds = [space.reduced[d] for d in mapping.loop_order]
    if kinds != sorted(kinds):
        return (
            "has a reduction loop outside of a parallel one; put reduced dimensions last in order"
        )
    if not movable(plan.buffers, tile):
        return f"makes tiles of more than {MAX_TRANSFER_RANK} dimensions; give some the tile size 1"
    problems = (_cut_problem(plan, dim, tile[dim]) for dim in range(len(tile)))
    return next((problem for problem in problems if problem), None)


def _cut_problem(plan: GroupPlan, dim: int, size: int) -> str | None:
    """What is wrong with cutting a dimension into tiles of `size`."""
    extent, c = plan.space.extents[dim], plan.contraction
    if c is not None and dim in c.one_by_one and size > 1:
        return (
            f"has several of batch dimension {dim} in one tile; expected 1, since the result "
            "interleaves batches"
        )
    if size >= extent:
        return None
    if c is None and plan.space.reduced[dim]:
        return f"cuts the reduced dimension {dim}; expected its whole extent, {extent}"
    if c is None or extent % size == 0:
        return None
    if dim in (*c.m[-MAX_ROW_LOOPS:], *c.n[-1:]) or dim == c.walked_k:
        return None
    return (
        f"leaves a last tile of {extent % size} in dimension {dim} ({extent}), which is walked "
        f"one by one; expected a size that divides it, such as {_divisor(extent, size)}"
    )


def _divisor(extent: int, size: int) -> int:
    """The largest divisor of `extent` up to `size`."""
    return next(s for s in range(size, 0, -1) if extent % s == 0)
