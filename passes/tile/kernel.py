"""One group becomes one kernel: its arguments, buffers and loops, filled in stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from xdsl.dialects.builtin import MemRefType, TensorType
from xdsl.ir import Attribute, Block, Region

from npu.dialects.npu import GroupOp, KernelOp, ReturnOp
from npu.passes.group.parts import Part
from npu.passes.group.plan import GroupPlan, Layout, TensorDim
from npu.passes.kernel.value_names import OUTPUT, argument_name
from npu.passes.map.device import Device
from npu.passes.map.strategies import fold_for
from npu.passes.tile.buffers import Buffers
from npu.passes.tile.mapping_check import mapped_plan
from npu.passes.tile.nest import Nest
from npu.passes.tile.stages import Arrays, fill_in
from npu.passes.tile.transfer_cuts import Pieces

Parts = Sequence[Part | None]
"""For each result of a group: the part of a whole that its kernel writes, None for all of one."""


def kernel_of(
    group: GroupOp, name: str, parts: Parts, device: Device, *, watch: bool = False
) -> KernelOp:
    """The kernel `name` of a mapped group. Raises UserError if the mapping does not suit it.

    With `watch` it has further arguments behind its results: what a stage leaves for a later one.
    """
    plan, problem, tiling = mapped_plan(group, device)
    plan = _stored_to(plan, parts)
    left = plan.left if watch else ()
    outputs = [
        in_dram(value.type, None if part is None else part.shape)
        for value, part in zip(group.outputs, parts, strict=True)
    ]
    inputs = (in_dram(t) for t in group.inputs.types)
    types = [*inputs, *outputs, *(in_dram(value.type) for value in left)]
    block = Block(arg_types=types)
    _name_arguments(plan, group, block)
    trunk = [dim for dim in tiling.order if dim in problem.trunk]
    nest = Nest(problem.extents, tiling.tile, trunk, [dim.name for dim in problem.dims])
    arrays = Arrays(device.array_size, fold_for(tiling.strategy, problem))
    pieces = Pieces(tiling.piece, device.dram_page_bytes)
    buffers = Buffers(plan, nest, pieces, tiling.buffers)
    targets = dict(zip(left, block.args[len(types) - len(left) :], strict=True))
    fill_in(name, tiling.order, buffers, block.args[: len(types) - len(left)], arrays, targets)
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
    names += [OUTPUT] * (len(block.args) - len(names))
    for argument, name in zip(block.args, names, strict=True):
        argument.name_hint = name


def _stored_to(plan: GroupPlan, parts: Parts) -> GroupPlan:
    """The plan, whose results lie in wholes as `parts` say."""
    layouts = dict(plan.layouts)
    for value, part in zip(plan.yielded, parts, strict=True):
        if part is not None:
            layouts[value] = _within(layouts[value], part)
    return replace(plan, layouts=layouts)


def _within(layout: Layout, part: Part) -> Layout:
    """A result's layout as a part of a whole."""
    dims = list(layout.dims)
    dims[part.dim] = TensorDim(dims[part.dim].axis, part.step, part.first, may_leave=False)
    return replace(layout, dims=tuple(dims))


def in_dram(type_: Attribute, shape: Sequence[int] | None = None) -> MemRefType[Attribute]:
    """The DRAM buffer of a tensor, or one of its elements in another shape."""
    tensor_type = cast(TensorType[Attribute], type_)
    return MemRefType(tensor_type.element_type, tensor_type.get_shape() if shape is None else shape)
