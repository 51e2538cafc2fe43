"""Where tensors live on a machine whose channels are split into NUMA partitions.

Core c belongs to partition c * P // num_cores of P. A tensor that names no partition lies where it
is touched first: in the partition of the lowest core of the queue whose launch is the first to use
it. That is known ahead of the run, so that it does not depend on which core comes first in time.
A tensor that no launch uses lies in partition 0.
"""

from __future__ import annotations

from dataclasses import replace

from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.togsim.graph import Program


def partition_of_core(machine: Machine, core: int) -> int:
    """The partition whose channels are near to a core."""
    return core * machine.dram_num_partitions // machine.num_cores


def placed_in_partitions(program: Program, machine: Machine) -> Program:
    """The program with a partition for every tensor. Launches must be valid on the machine.

    Raises UserError for a tensor in a partition that the machine does not have.
    """
    first: dict[int, int] = {}
    for launch in program.launches:
        near = partition_of_core(machine, machine.queue_cores(launch.queue)[0])
        for tensor in launch.tensors:
            first.setdefault(tensor, near)
    tensors = tuple(
        replace(tensor, partition=first.get(number, 0)) if tensor.partition is None else tensor
        for number, tensor in enumerate(program.tensors)
    )
    for tensor in tensors:
        if not 0 <= (tensor.partition or 0) < machine.dram_num_partitions:
            raise UserError(
                f"tensor '{tensor.name}': partition {tensor.partition} is not on the machine, "
                f"which has dram_num_partitions {machine.dram_num_partitions}; expected "
                f"0 to {machine.dram_num_partitions - 1}, or none for the first core's"
            )
    return replace(program, tensors=tensors)
