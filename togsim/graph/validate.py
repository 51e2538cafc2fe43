"""The rules of a well-formed program; what depends on sizes at run time the simulator checks."""

from __future__ import annotations

from itertools import pairwise

from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.togsim.graph import (
    MAX_NUMBER,
    VERSION,
    Launch,
    Program,
)
from npu.togsim.graph.validate_kernel import check_kernel

MAX_PRIORITY = 1_000_000
"""Priorities beyond this, up or down, are refused: a larger one was meant for something else."""


def validate(program: Program, machine: Machine) -> None:
    """Raises UserError, naming the place and what was expected, when `program` breaks a rule."""
    validate_machine(machine)
    if program.version != VERSION:
        raise UserError(
            f"tile-operation graph: version {program.version} is not known; expected {VERSION}; "
            "derive the graph again with this release"
        )
    for kernel in program.kernels:
        check_kernel(kernel, machine)
    _check_tensors(program)
    validate_launches(program, machine)


def validate_machine(machine: Machine) -> None:
    """Raises UserError when `machine` is one that the simulator cannot run."""
    parts = machine.dram_num_partitions
    channels = machine.dram_channels // parts
    if channels & (channels - 1) or channels > 256:
        share = f" in each of {parts} partitions (dram_num_partitions)" if parts > 1 else ""
        raise UserError(
            f"machine: dram_channels {machine.dram_channels} cannot be interleaved; "
            f"expected a power of two up to 256{share}"
        )


def _check_tensors(program: Program) -> None:
    """Every tensor is a range of addresses, and no two share a byte (rule TT4 of the dialect)."""
    for tensor in program.tensors:
        if tensor.address < 0 or tensor.bytes < 0 or tensor.address + tensor.bytes > 2**48:
            raise UserError(
                f"tensor '{tensor.name}': {tensor.bytes} bytes at {tensor.address:#x} are not in "
                "DRAM; expected a range within 48-bit addresses"
            )
    ordered = sorted((t for t in program.tensors if t.bytes), key=lambda tensor: tensor.address)
    for one, other in pairwise(ordered):
        if other.address < one.address + one.bytes:
            raise UserError(
                f"tensors '{one.name}' ({one.bytes} bytes at {one.address:#x}) and "
                f"'{other.name}' ({other.bytes} bytes at {other.address:#x}) share bytes; expected "
                "ranges apart; for one tensor in two places, give its number in both"
            )


def validate_launches(program: Program, machine: Machine) -> None:
    """The rules of launches alone, for a program whose rest is valid. Raises as `validate`."""
    for index, launch in enumerate(program.launches):
        where = f"launch {index}"
        if not 0 <= launch.kernel < len(program.kernels):
            raise UserError(
                f"{where}: kernel {launch.kernel} does not exist; "
                f"expected a number below {len(program.kernels)}"
            )
        kernel = program.kernels[launch.kernel]
        if len(launch.tensors) != len(kernel.arguments):
            raise UserError(
                f"{where}: {len(launch.tensors)} tensors for kernel '{kernel.name}'; "
                f"expected one for each of its {len(kernel.arguments)} arguments"
            )
        for tensor in launch.tensors:
            if not 0 <= tensor < len(program.tensors):
                raise UserError(
                    f"{where}: tensor {tensor} does not exist; "
                    f"expected a number below {len(program.tensors)}"
                )
        for before in launch.after:
            if not 0 <= before < index:
                raise UserError(
                    f"{where}: waits for launch {before}; expected an earlier launch, below {index}"
                )
        _check_schedule(where, launch, machine)


def _check_schedule(where: str, launch: Launch, machine: Machine) -> None:
    """A launch's queue, arrival and priority."""
    if not 0 <= launch.queue < machine.num_partition:
        raise UserError(
            f"{where}: is on queue {launch.queue}; expected a queue from 0 to "
            f"{machine.num_partition - 1} (the machine's num_partition is {machine.num_partition})"
        )
    if not 0 <= launch.arrival_ns <= MAX_NUMBER:
        raise UserError(
            f"{where}: arrives at {launch.arrival_ns} ns; "
            "expected a time from 0 to 2^40 ns (18 minutes)"
        )
    if abs(launch.priority) > MAX_PRIORITY:
        raise UserError(
            f"{where}: has priority {launch.priority}; "
            f"expected a number from -{MAX_PRIORITY} to {MAX_PRIORITY}"
        )
