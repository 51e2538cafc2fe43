"""A whole model's values: every launch of `@main` on Spike, core by core."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import MemRefType, ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import SSAValue

from npu.codegen.image import Image
from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.dialects.dram_tensors import DramTensor, buffer_behind, dram_tensors
from npu.dialects.npu import LaunchOp
from npu.runtime.spike import Spike

Array = NDArray[np.float32]

KernelListener = Callable[[str, int, int], None]
"""Called before each launch with (kernel, its number, number of launches)."""


@dataclass(frozen=True)
class SpikeRun:
    """What a run on Spike left."""

    outputs: list[Array]
    """What `@main` returns."""

    memory: Mapping[SSAValue, Array]
    """All DRAM tensors as they were at the end, by the argument or allocation of `@main`; empty
    unless they were asked for."""


def run_on_spike(
    module: ModuleOp,
    image: Image,
    machine: Machine,
    values: Sequence[Array],
    listener: KernelListener | None = None,
    *,
    keep_memory: bool = False,
) -> SpikeRun:
    """Runs `@main` of a final-form module; with `keep_memory`, copies all its tensors too.

    `values` are f32 arrays, one for each argument of `@main`, of its shape. Memory that no launch
    has written is NaN, so that a read of it shows. Raises UserError for wrong arguments and
    `SpikeTrap` (a UserError) when the program traps.
    """
    main = main_function(module)
    check_arguments(main, values)
    tensors = dram_tensors(main)
    addresses = {tensor.value: tensor.address for tensor in tensors}
    launches = [op for op in main.body.walk() if isinstance(op, LaunchOp)]
    with Spike(machine) as spike:
        spike.load(image)
        _fill_dram(spike, tensors, values)
        for number, launch in enumerate(launches):
            name = launch.kernel.root_reference.data
            if listener is not None:
                listener(name, number, len(launches))
            arguments = [addresses[buffer_behind(value)] for value in launch.arguments]
            for core in range(machine.num_cores):
                spike.call(name, [core, machine.num_cores, *arguments])
        outputs = [_read(spike, value, addresses) for value in _returned(main)]
        kept = [tensor.value for tensor in tensors] if keep_memory else []
        return SpikeRun(outputs, {value: _read(spike, value, addresses) for value in kept})


def main_function(module: ModuleOp) -> FuncOp:
    """The function `@main`. Raises UserError when there is none."""
    for op in module.ops:
        if isinstance(op, FuncOp) and op.sym_name.data == "main":
            return op
    raise UserError("the module has no function @main, which says what to run")


def check_arguments(main: FuncOp, values: Sequence[Array]) -> None:
    """Raises UserError when `values` do not match the arguments of `@main`."""
    types = [cast(MemRefType[Any], arg.type) for arg in main.args]
    if len(types) != len(values):
        raise UserError(f"@main takes {len(types)} arguments, got {len(values)}")
    for number, (type_, value) in enumerate(zip(types, values, strict=True)):
        if tuple(type_.get_shape()) != value.shape or value.dtype != np.float32:
            raise UserError(
                f"argument {number} of @main is {type_}, got {value.dtype} of shape {value.shape}"
            )


def _fill_dram(spike: Spike, tensors: Sequence[DramTensor], values: Sequence[Array]) -> None:
    """Arguments hold their values, everything else NaN."""
    for number, tensor in enumerate(tensors):
        if number < len(values):
            spike.write(tensor.address, values[number])
        else:
            spike.reserve(tensor.address, tensor.bytes).view(np.float32)[:] = np.nan


def _returned(main: FuncOp) -> Sequence[SSAValue]:
    """The outputs of `@main`."""
    last = main.body.block.last_op
    if not isinstance(last, ReturnOp):
        raise UserError("@main does not end in func.return")
    return list(last.arguments)


def _read(spike: Spike, value: SSAValue, addresses: dict[SSAValue, int]) -> Array:
    """A copy of one tensor."""
    type_ = cast(MemRefType[Any], value.type)
    count = type_.element_count()
    data = spike.read(addresses[buffer_behind(value)], 4 * count)
    return np.frombuffer(data, np.float32).reshape(type_.get_shape()).copy()
