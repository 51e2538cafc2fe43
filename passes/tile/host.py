"""`@main` from tensors to DRAM buffers: launches instead of groups, reshapes of memrefs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import cast

from xdsl.dialects import arith, func, memref, tensor
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    FunctionType,
    IntegerAttr,
    MemRefType,
    i64,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from npu.configs.errors import UserError
from npu.dialects.npu import GroupOp, LaunchOp
from npu.dialects.places import place
from npu.passes.group.parts import Reshape, part_of
from npu.passes.kernel.value_names import tensor_name
from npu.passes.map.device import Device
from npu.passes.tile.kernel import in_dram
from npu.passes.tile.share import Kernels

Values = dict[SSAValue, SSAValue]
"""The DRAM buffer of each tensor; what is a part of a whole only has none."""


def lower_main(main: func.FuncOp, device: Device, *, watch: bool = False) -> None:
    """Replaces `main` by kernels and a function on memrefs. Raises UserError as `kernel_of`.

    With `watch`, kernels store what a stage leaves for a later one, too.
    """
    old = main.body.block
    kernels = Kernels(device, {main.sym_name.data}, watch=watch)
    inputs = [in_dram(t) for t in main.function_type.inputs]
    outputs = [in_dram(t) for t in main.function_type.outputs]
    block = Block(arg_types=inputs)
    values: Values = {}
    for tensor_, buffer in zip(old.args, block.args, strict=True):
        _keep(values, tensor_, buffer)
    for op in old.ops:
        if isinstance(op, GroupOp):
            block.add_ops(_launch(op, kernels, values))
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


def _launch(op: GroupOp, kernels: Kernels, values: Values) -> list[Operation]:
    """The launches of a group's kernels, behind the buffers of its results."""
    found = [part_of(value) for value in op.outputs]
    added: list[Operation] = []
    results: list[SSAValue] = []
    for value, place_ in zip(op.outputs, found, strict=True):
        if place_ is None:
            results.append(_new_buffer(value, values, added))
            continue
        whole, part = place_
        if whole.result not in values:
            _new_buffer(whole.result, values, added)
        results.append(_reshaped(values[whole.result], part.shape, added))
    parts = [None if each is None else each[1] for each in found]
    buffers = [*(values[value] for value in op.inputs), *results]
    for call in kernels.calls_of(op, parts):
        left = [memref.AllocOp([], [], type_) for type_ in call.left]
        taken = zip(call.arguments, call.shapes, strict=True)
        given = [_reshaped(buffers[number], shape, added) for number, shape in taken]
        launch = LaunchOp(call.kernel, [*given, *(alloc.memref for alloc in left)], op.origin)
        launch.location = op.location
        added += [*left, launch]
    return added


def _new_buffer(tensor_: SSAValue, values: Values, added: list[Operation]) -> SSAValue:
    """A buffer for a tensor."""
    alloc = memref.AllocOp([], [], in_dram(tensor_.type))
    _keep(values, tensor_, alloc.memref)
    added.append(alloc)
    return alloc.memref


def _reshaped(buffer: SSAValue, shape: Sequence[int], added: list[Operation]) -> SSAValue:
    """A buffer in another shape of as many elements: joined to one dimension, and cut again."""
    type_ = cast(MemRefType[Attribute], buffer.type)
    old, new = type_.get_shape(), tuple(shape)
    if old == new:
        return buffer
    value = buffer
    if len(old) > 1:
        joined = memref.CollapseShapeOp.build(
            operands=[value],
            properties={"reassociation": _together(len(old))},
            result_types=[MemRefType(type_.element_type, [prod(old)])],
        )
        added.append(joined)
        value = joined.result
    if len(new) > 1:
        cut = memref.ExpandShapeOp.build(
            operands=[value, []],
            properties={
                "reassociation": _together(len(new)),
                "static_output_shape": DenseArrayBase.from_list(i64, list(new)),
            },
            result_types=[MemRefType(type_.element_type, new)],
        )
        added.append(cut)
        value = cut.result
    value.name_hint = buffer.name_hint
    return value


def _together(rank: int) -> ArrayAttr[ArrayAttr[IntegerAttr]]:
    """The reassociation of all dimensions and one."""
    return ArrayAttr([ArrayAttr([IntegerAttr(d, i64) for d in range(rank)])])


def _expand(op: Operation, values: Values) -> list[Operation]:
    assert isinstance(op, tensor.ExpandShapeOp)
    if part_of(op.result) is not None:
        return []
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
    if part_of(op.result) is not None:
        return []
    new = memref.CollapseShapeOp.build(
        operands=[values[op.src]],
        properties={"reassociation": op.reassociation},
        result_types=[in_dram(op.result.type)],
    )
    _keep(values, op.result, new.result)
    return [new]


def _return(op: Operation, values: Values) -> list[Operation]:
    return [func.ReturnOp(*(values[value] for value in op.operands))]


def _concat(op: Operation, values: Values) -> list[Operation]:  # noqa: ARG001 (one of a table)
    """Nothing: kernels have stored all parts. Raises UserError if one is no kernel's alone."""
    assert isinstance(op, tensor.ConcatOp)
    for number, operand in enumerate(op.inputs):
        root = operand
        while isinstance(root.owner, Reshape):
            root = root.owner.src
        if not isinstance(root.owner, GroupOp) or part_of(root) is None:
            raise UserError(
                f"{place(op)}npu-tile: part {number} of tensor.concat is not the result of a group "
                "that nobody else reads, so that no kernel stores it; run npu-group first"
            )
    return []


def _empty(op: Operation, values: Values) -> list[Operation]:
    """A result of no elements, which no kernel writes."""
    assert isinstance(op, tensor.EmptyOp)
    added: list[Operation] = []
    _new_buffer(op.tensor, values, added)
    return added


def _nothing(op: Operation, values: Values) -> list[Operation]:  # noqa: ARG001 (one of a table)
    return []


LOWERINGS: dict[type[Operation], Callable[[Operation, Values], list[Operation]]] = {
    tensor.ExpandShapeOp: _expand,
    tensor.CollapseShapeOp: _collapse,
    func.ReturnOp: _return,
    arith.ConstantOp: _nothing,
    tensor.EmptyOp: _empty,
    tensor.ConcatOp: _concat,
}
"""How each operation of a grouped `@main` but `npu.group` becomes one on memrefs."""
