"""One group becomes one kernel: its arguments, buffers and loops, filled in stage by stage."""

from __future__ import annotations

from typing import cast

from xdsl.dialects.builtin import MemRefType, TensorType
from xdsl.ir import Attribute, Block, Region

from npu.dialects.npu import GroupOp, KernelOp, ReturnOp
from npu.passes.group.plan import GroupPlan, plan_in_sweeps, plan_of
from npu.passes.kernel.value_names import OUTPUT, argument_name, buffer_names, loop_names
from npu.passes.tile.buffers import Buffers
from npu.passes.tile.mapping_check import checked_fold, checked_mapping, cuts_rows
from npu.passes.tile.nest import Nest
from npu.passes.tile.stages import Arrays, fill_in
from npu.passes.tile.transfer_cuts import Pieces


def kernel_of(group: GroupOp, name: str, array_size: int, page_bytes: int) -> KernelOp:
    """The kernel `name` of a mapped group. Raises UserError if the mapping does not suit it."""
    plan = plan_of(group)
    mapping = checked_mapping(group, plan)
    order, tile = mapping.loop_order, mapping.tile_sizes
    if cuts_rows(plan, tile):
        plan = plan_in_sweeps(group)
    types = [in_dram(t) for t in (*group.inputs.types, *group.outputs.types)]
    block = Block(arg_types=types)
    names = _name_arguments(plan, group, block)
    parallel = [dim for dim in order if not plan.space.reduced[dim]]
    nest = Nest(plan.space.extents, tile, parallel, loop_names(plan))
    tensors = {argument: names[number] for argument, number in plan.inputs}
    tensors |= dict(zip(plan.yielded, names[len(group.inputs) :], strict=True))
    fold = checked_fold(group, plan.contraction, array_size) if plan.contraction else None
    arrays = Arrays(array_size, fold)
    pieces = Pieces(mapping.subtile_sizes, page_bytes)
    buffers = Buffers(plan, nest, pieces, buffer_names(plan, tensors))
    fill_in(name, order, buffers, block.args, arrays)
    nest.assemble(block, buffers.allocs, ReturnOp())
    kernel = KernelOp(name, types, Region(block), mapping)
    kernel.location = group.location
    return kernel


def _name_arguments(plan: GroupPlan, group: GroupOp, block: Block) -> list[str]:
    """Names the kernel's arguments by what it does with them; returns the names."""
    roles = {
        number: plan.buffers[plan.buffer_of[argument]].role
        for argument, number in reversed(plan.inputs)
        if argument in plan.buffer_of
    }
    names = [argument_name(roles.get(number)) for number in range(len(group.inputs))]
    names += [OUTPUT] * len(group.outputs)
    for argument, name in zip(block.args, names, strict=True):
        argument.name_hint = name
    return names


def in_dram(type_: Attribute) -> MemRefType[Attribute]:
    """The DRAM buffer of a tensor."""
    tensor_type = cast(TensorType[Attribute], type_)
    return MemRefType(tensor_type.element_type, tensor_type.get_shape())
