"""One group becomes one kernel: its arguments, buffers and loops, filled in stage by stage."""

from __future__ import annotations

from typing import cast

from xdsl.dialects.builtin import MemRefType, TensorType
from xdsl.ir import Attribute, Block, Region

from npu.dialects.npu import GroupOp, KernelOp, ReturnOp
from npu.passes.group.plan import GroupPlan
from npu.passes.kernel.value_names import OUTPUT, argument_name
from npu.passes.map.device import Device
from npu.passes.map.strategies import fold_for
from npu.passes.tile.buffers import Buffers
from npu.passes.tile.mapping_check import mapped_plan
from npu.passes.tile.nest import Nest
from npu.passes.tile.stages import Arrays, fill_in
from npu.passes.tile.transfer_cuts import Pieces


def kernel_of(group: GroupOp, name: str, device: Device) -> KernelOp:
    """The kernel `name` of a mapped group. Raises UserError if the mapping does not suit it."""
    plan, problem, tiling = mapped_plan(group, device)
    types = [in_dram(t) for t in (*group.inputs.types, *group.outputs.types)]
    block = Block(arg_types=types)
    _name_arguments(plan, group, block)
    trunk = [dim for dim in tiling.order if dim in problem.trunk]
    nest = Nest(problem.extents, tiling.tile, trunk, [dim.name for dim in problem.dims])
    arrays = Arrays(device.array_size, fold_for(tiling.strategy, problem))
    pieces = Pieces(tiling.piece, device.dram_page_bytes)
    buffers = Buffers(plan, nest, pieces, tiling.buffers)
    fill_in(name, tiling.order, buffers, block.args, arrays)
    nest.assemble(block, buffers.allocs, ReturnOp())
    kernel = KernelOp(name, types, Region(block), group.mapping)
    kernel.location = group.location
    return kernel


def _name_arguments(plan: GroupPlan, group: GroupOp, block: Block) -> None:
    """Names the kernel's arguments by what it does with them."""
    roles = {
        number: plan.buffers[plan.buffer_of[argument]].role
        for argument, number in reversed(plan.inputs)
        if argument in plan.buffer_of
    }
    names = [argument_name(roles.get(number)) for number in range(len(group.inputs))]
    names += [OUTPUT] * len(group.outputs)
    for argument, name in zip(block.args, names, strict=True):
        argument.name_hint = name


def in_dram(type_: Attribute) -> MemRefType[Attribute]:
    """The DRAM buffer of a tensor."""
    tensor_type = cast(TensorType[Attribute], type_)
    return MemRefType(tensor_type.element_type, tensor_type.get_shape())
