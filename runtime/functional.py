"""A whole model's values: every launch of `@main` on Spike, core by core."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import MemRefType, ModuleOp
from xdsl.ir import SSAValue

from npu.codegen.image import Image
from npu.configs.machine import Machine
from npu.dialects.dram_tensors import DramTensor, buffer_behind, dram_tensors
from npu.dialects.isa import TRAP_CAUSES
from npu.dialects.memory_map import DRAM_BASE
from npu.dialects.npu import KernelOp, LaunchOp
from npu.dialects.origin import described
from npu.runtime.indices import IndexArgument, Record, index_arguments
from npu.runtime.main_function import check_arguments, main_function, outputs_of
from npu.runtime.memory_need import check_memory, spike_needs
from npu.runtime.pieces import copy_in_pieces, fill_in_pieces
from npu.runtime.reference.halves import numbers, packed
from npu.runtime.reference.types import memory_type, unwritten
from npu.runtime.spike import Spike
from npu.runtime.spike.trap import SpikeTrap

Array = NDArray[Any]

INDEX_TRAP = next(cause.code for cause in TRAP_CAUSES if cause.name == "dma_index")

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

    indices: Record
    """The indices that gathers and scatters took, by launch and argument."""

    watched: SpikeRun | None = None
    """A run of the kernels of several stages alone, on the inputs that they had, which also store
    what their stages leave (`CompiledProgram.watched`), all tensors kept; None without such."""


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

    `values` are arrays, one for each argument of `@main`, of its shape and element type. Memory
    that no launch has written is NaN (of integers the lowest), so that a read of it shows. Raises
    UserError for wrong arguments and where the host has not the memory, and `SpikeTrap` (a
    UserError) when the program traps.
    """
    main = main_function(module)
    check_arguments(main, values)
    needs = spike_needs(module, keep_memory=keep_memory)
    check_memory(needs, "expected a smaller program, or more free memory")
    tensors = dram_tensors(main)
    end = max((tensor.address + tensor.bytes for tensor in tensors), default=DRAM_BASE)
    addresses = {tensor.value: tensor.address for tensor in tensors}
    launches = [op for op in main.body.walk() if isinstance(op, LaunchOp)]
    indexed = {
        op.sym_name.data: index_arguments(op) for op in module.ops if isinstance(op, KernelOp)
    }
    record: dict[tuple[int, int], NDArray[np.int64]] = {}
    with Spike(machine, dram_bytes=end - DRAM_BASE) as spike:
        spike.load(image)
        _fill_dram(spike, tensors, values)
        for number, launch in enumerate(launches):
            if listener is not None:
                listener(launch.kernel.root_reference.data, number, len(launches))
            arguments = [addresses[buffer_behind(value)] for value in launch.arguments]
            held = indexed[launch.kernel.root_reference.data]
            given = {n: _read(spike, launch.arguments[n], addresses) for n in held}
            try:
                _run(spike, machine.num_cores, launch, number, arguments)
            except SpikeTrap as trap:
                raise _named(trap, launch, held, given) from trap
            record |= {(number, n): held[n].taken(one.reshape(-1)) for n, one in given.items()}
        outputs = [_read(spike, value, addresses) for value in outputs_of(main)]
        kept = [tensor.value for tensor in tensors] if keep_memory else []
        memory = {value: _read(spike, value, addresses) for value in kept}
        return SpikeRun(outputs, memory, record)


def _run(spike: Spike, cores: int, launch: LaunchOp, number: int, arguments: Sequence[int]) -> None:
    """One launch, core by core. Raises SpikeTrap, naming it and what it computes."""
    try:
        for core in range(cores):
            spike.call(launch.kernel.root_reference.data, [core, cores, *arguments])
    except SpikeTrap as trap:
        where = described(number, launch.origin)
        raise SpikeTrap(f"{where}: {trap}", trap.state) from trap


def _named(
    trap: SpikeTrap,
    launch: LaunchOp,
    held: Mapping[int, IndexArgument],
    given: Mapping[int, Array],
) -> SpikeTrap:
    """The trap; one for an index outside of its tensor says which it is, and where it stands."""
    if trap.state is None or trap.state.cause != INDEX_TRAP:
        return trap
    for number, argument in held.items():
        flat = given[number].reshape(-1)
        at = argument.outside(flat)
        if at is None:
            continue
        shape = cast(MemRefType[Any], buffer_behind(launch.arguments[number]).type).get_shape()
        place = [int(n) for n in np.unravel_index(at, shape or (1,))]
        least = -argument.extent if argument.from_end else 0
        return SpikeTrap(
            f"index {flat[at]} at {place} of its indices is outside of a dimension of "
            f"{argument.extent}; expected {least} to {argument.extent - 1}\n{trap}",
            trap.state,
        )
    return trap


def _fill_dram(spike: Spike, tensors: Sequence[DramTensor], values: Sequence[Array]) -> None:
    """Arguments hold their values, everything else what shows that nobody wrote it."""
    for number, tensor in enumerate(tensors):
        dtype = memory_type(tensor.value.type)
        if number < len(values):
            spike.write(tensor.address, packed(values[number], dtype))
        else:
            there = spike.reserve(tensor.address, tensor.bytes).view(dtype)
            fill_in_pieces(there, unwritten(dtype))


def _read(spike: Spike, value: SSAValue, addresses: dict[SSAValue, int]) -> Array:
    """A copy of one tensor."""
    type_ = cast(MemRefType[Any], value.type)
    output = np.empty(type_.element_count(), memory_type(type_))
    there = spike.view(addresses[buffer_behind(value)], output.nbytes)
    copy_in_pieces(output, there.view(output.dtype))
    return numbers(output).reshape(type_.get_shape())
