"""Kernels of several stages once more, alone, storing what their stages leave for each other.

What lies between the stages of a kernel is in no memory. So the value check has each launch of such
a kernel run again on the inputs that it had, in a program whose kernels store that as well: the
same mapped groups through the same passes (`npu-tile{watch=true}`), each on arguments of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from numpy.typing import NDArray
from xdsl.dialects.builtin import FunctionType, ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Region, SSAValue

from npu.dialects.dram_tensors import buffer_behind
from npu.dialects.npu import GroupOp, LaunchOp
from npu.passes.group.check import main_of
from npu.passes.group.launches import launches_of
from npu.passes.group.tree import left_between, stages_in
from npu.runtime.main_function import main_function
from npu.runtime.reference.types import shape_of

Array = NDArray[Any]


def has_stages(group: GroupOp) -> bool:
    """Whether stages of a group leave something for later ones."""
    return bool(left_between(stages_in(group)))


def groups_with_stages(mapped: ModuleOp) -> list[GroupOp]:
    """The groups of a module that `has_stages`, in order."""
    return [op for op in main_of(mapped).body.ops if isinstance(op, GroupOp) and has_stages(op)]


def alone(mapped: ModuleOp) -> ModuleOp:
    """A module of these groups alone: `@main` takes the inputs of each, returns all results."""
    module = mapped.clone()
    old, groups = main_of(module), groups_with_stages(module)
    block = Block()
    for group in groups:
        given = [block.insert_arg(value.type, len(block.args)) for value in group.inputs]
        group.detach()
        group.operands = given
        block.add_op(group)
    results = [value for group in groups for value in group.outputs]
    for value in results:
        value.name_hint = None
    block.add_op(ReturnOp(*results))
    types = FunctionType.from_lists(block.arg_types, [value.type for value in results])
    old.detach()
    old.erase(safe_erase=False)
    module.body.block.add_op(FuncOp("main", types, Region(block)))
    return module


def inputs_of_stages(
    mapped: ModuleOp, final: ModuleOp, memory: Mapping[SSAValue, Array]
) -> Iterator[Array]:
    """What `@main` of `alone` is called with: the inputs that the launches of a run had.

    `final` is the program that ran, `memory` what each buffer of it held at the end.
    """
    ops = main_function(final).body.block.ops
    launches = iter([op for op in ops if isinstance(op, LaunchOp)])
    for group in main_of(mapped).body.ops:
        if not isinstance(group, GroupOp):
            continue
        launch = [next(launches) for _ in range(launches_of(group))][-1]
        if has_stages(group):
            for value in list(launch.arguments)[: len(group.inputs)]:
                yield memory[buffer_behind(value)].reshape(shape_of(value.type))
