"""One group becomes one kernel: its arguments, buffers and loops, filled in stage by stage."""

from __future__ import annotations

from typing import cast

from xdsl.dialects.builtin import MemRefType, TensorType
from xdsl.ir import Attribute, Block, Region

from npu.dialects.npu import GroupOp, KernelOp, ReturnOp
from npu.passes.group.plan import plan_in_sweeps, plan_of
from npu.passes.kernel.value_names import OUTPUT, UNKNOWN, buffer_names, loop_names, tensor_name
from npu.passes.tile.buffers import Buffers
from npu.passes.tile.mapping_check import checked_mapping, cuts_rows, fold_of
from npu.passes.tile.nest import Nest
from npu.passes.tile.stages import Arrays, fill_in
from npu.passes.tile.transfer_cuts import Pieces


def kernel_of(group: GroupOp, array_size: int, page_bytes: int) -> KernelOp:
    """The kernel of a mapped group. Raises UserError if the mapping does not suit the group."""
    plan = plan_of(group)
    mapping = checked_mapping(group, plan)
    order, tile = mapping.loop_order, mapping.tile_sizes
    if cuts_rows(plan, tile):
        plan = plan_in_sweeps(group)
    types = [in_dram(t) for t in (*group.inputs.types, *group.outputs.types)]
    block = Block(arg_types=types)
    names = _name_arguments(group, block)
    parallel = [dim for dim in order if not plan.space.reduced[dim]]
    nest = Nest(plan.space.extents, tile, parallel, loop_names(plan))
    tensors = {argument: names[number] for argument, number in plan.inputs}
    tensors |= dict(zip(plan.yielded, names[len(group.inputs) :], strict=True))
    fold = fold_of(group, plan.contraction, array_size) if plan.contraction else None
    arrays = Arrays(array_size, fold)
    pieces = Pieces(mapping.subtile_sizes, page_bytes)
    buffers = Buffers(plan, nest, pieces, buffer_names(plan, tensors))
    fill_in(group.sym_name.data, order, buffers, block.args, arrays)
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
