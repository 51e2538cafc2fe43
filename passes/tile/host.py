"""`@main` from tensors to DRAM buffers: launches instead of groups, reshapes of memrefs."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects import arith, func, memref, tensor
from xdsl.dialects.builtin import FunctionType
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from npu.configs.errors import UserError
from npu.dialects.npu import GroupOp, LaunchOp
from npu.dialects.places import place
from npu.passes.kernel.value_names import tensor_name
from npu.passes.map.device import Device
from npu.passes.tile.kernel import in_dram
from npu.passes.tile.share import Kernels

Values = dict[SSAValue, SSAValue]
"""The DRAM buffer of each tensor."""


def lower_main(main: func.FuncOp, device: Device) -> None:
    """Replaces `main` by kernels and a function on memrefs. Raises UserError as `kernel_of`."""
    old = main.body.block
    kernels = Kernels(device, {main.sym_name.data})
    inputs = [in_dram(t) for t in main.function_type.inputs]
    outputs = [in_dram(t) for t in main.function_type.outputs]
    block = Block(arg_types=inputs)
    values: Values = {}
    for tensor_, buffer in zip(old.args, block.args, strict=True):
        _keep(values, tensor_, buffer)
    for op in old.ops:
        if isinstance(op, GroupOp):
            block.add_ops(_launch(op, kernels.name_of(op), values))
        else:
            block.add_ops(_lowered(op, values))
    new = func.FuncOp(main.sym_name.data, FunctionType.from_lists(inputs, outputs), Region(block))
    Rewriter.insert_op([*kernels.made, new], InsertPoint.before(main))
    main.detach()
    main.erase(safe_erase=False)


def _keep(values: Values, tensor_: SSAValue, buffer: SSAValue) -> None:
    """Notes the buffer of a tensor and gives it the tensor's name."""
    buffer.name_hint = tensor_name(tensor_)
    values[tensor_] = buffer


def _lowered(op: Operation, values: Values) -> list[Operation]:
    """What stands for `op` on memrefs; notes the buffers of its results in `values`."""
    for kind, lower in LOWERINGS.items():
        if isinstance(op, kind):
            return lower(op, values)
    raise UserError(
        f"{place(op)}npu-tile: {op.name} stands outside of all groups; run npu-group first"
    )


def _launch(op: GroupOp, kernel: str, values: Values) -> list[Operation]:
    """The launch of a group's kernel, behind the buffers of its results."""
    allocs = [memref.AllocOp([], [], in_dram(t)) for t in op.outputs.types]
    results = [alloc.memref for alloc in allocs]
    for tensor_, buffer in zip(op.outputs, results, strict=True):
        _keep(values, tensor_, buffer)
    arguments = [values[value] for value in op.inputs]
    launch = LaunchOp(kernel, [*arguments, *results], op.origin)
    launch.location = op.location
    return [*allocs, launch]


def _expand(op: Operation, values: Values) -> list[Operation]:
    assert isinstance(op, tensor.ExpandShapeOp)
    new = memref.ExpandShapeOp.build(
        operands=[values[op.src], []],
        properties={
            "reassociation": op.reassociation,
            "static_output_shape": op.static_output_shape,
        },
        result_types=[in_dram(op.result.type)],
    )
    _keep(values, op.result, new.result)
    return [new]


def _collapse(op: Operation, values: Values) -> list[Operation]:
    assert isinstance(op, tensor.CollapseShapeOp)
    new = memref.CollapseShapeOp.build(
        operands=[values[op.src]],
        properties={"reassociation": op.reassociation},
        result_types=[in_dram(op.result.type)],
    )
    _keep(values, op.result, new.result)
    return [new]


def _return(op: Operation, values: Values) -> list[Operation]:
    return [func.ReturnOp(*(values[value] for value in op.operands))]


def _empty(op: Operation, values: Values) -> list[Operation]:
    """A result of no elements, which no kernel writes."""
    assert isinstance(op, tensor.EmptyOp)
    alloc = memref.AllocOp([], [], in_dram(op.tensor.type))
    _keep(values, op.tensor, alloc.memref)
    return [alloc]


def _nothing(op: Operation, values: Values) -> list[Operation]:  # noqa: ARG001 (one of a table)
    return []


LOWERINGS: dict[type[Operation], Callable[[Operation, Values], list[Operation]]] = {
    tensor.ExpandShapeOp: _expand,
    tensor.CollapseShapeOp: _collapse,
    func.ReturnOp: _return,
    arith.ConstantOp: _nothing,
    tensor.EmptyOp: _empty,
}
"""How each operation of a grouped `@main` but `npu.group` becomes one on memrefs."""
