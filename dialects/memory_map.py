"""The memory map of the RISC-V program: where its image, stack, scratchpad and tensors are.

Deterministic virtual addresses; the simulator uses the same ones for DRAM.
"""

from collections.abc import Iterable

IMAGE_BASE = 0x8000_0000
"""Code and constants."""

STACK_TOP = 0x8900_0000
"""The stack grows down from here."""

SPAD_BASE = 0xD000_0000
"""The scratchpad of the core that runs."""

DRAM_BASE = 0x1_0000_0000
"""The first DRAM tensor."""

TENSOR_ALIGNMENT = 4096
"""Bytes every DRAM tensor's address is a multiple of."""


def tensor_addresses(sizes: Iterable[int]) -> list[int]:
    """The address of each DRAM tensor, given all sizes in bytes in order of appearance."""
    addresses: list[int] = []
    free = DRAM_BASE
    for size in sizes:
        addresses.append(free)
        free += -(-size // TENSOR_ALIGNMENT) * TENSOR_ALIGNMENT
    return addresses
