"""The linked program image: what the code generator hands to Spike."""

from collections.abc import Mapping
from dataclasses import dataclass

from npu.dialects.memory_map import (
    DRAM_BASE,
    IMAGE_BASE,
    SPAD_BASE,
    STACK_TOP,
    TENSOR_ALIGNMENT,
)

__all__ = [
    "DRAM_BASE",
    "IMAGE_BASE",
    "SPAD_BASE",
    "STACK_TOP",
    "TENSOR_ALIGNMENT",
    "Call",
    "Image",
    "Location",
]

_AUIPC_RA, _JALR_RA_RA = 0x097, 0x080E7
"""The two instructions of a call without their offsets, with ra (x1) as the register of both."""


@dataclass(frozen=True)
class Location:
    """The code from address `start` up to `end` comes from the operation that `text` says.

    For example ``@matmul_0: npu.dma_load %input_piece to %rows_piece``.
    """

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Call:
    """A call instruction: its address and the name of the function that it calls."""

    address: int
    function: str


@dataclass(frozen=True)
class Image:
    """A flat, statically linked RV64 image.

    `data` is loaded at address `base` (bytes); `symbols` gives the absolute address of every kernel
    and tile function, `sizes` its length in bytes. `digests` maps each tile function to the hash of
    its own machine code and of everything it reaches, the content key of the timing cache.
    `locations`, in order of address, say which operation code comes from; code assembled by hand
    has none.
    """

    base: int
    data: bytes
    symbols: Mapping[str, int]
    sizes: Mapping[str, int]
    digests: Mapping[str, str]
    locations: tuple[Location, ...] = ()

    def symbol_at(self, address: int) -> str | None:
        """The function that holds `address`, or None: what a trap message names."""
        for name, start in self.symbols.items():
            if start <= address < start + self.sizes[name]:
                return name
        return None

    def location_at(self, address: int) -> str | None:
        """The operation that the code at `address` comes from, or None: also for trap messages."""
        for location in self.locations:
            if location.start <= address < location.end:
                return location.text
        return None

    def call_before(self, return_address: int) -> Call | None:
        """The call that returns to `return_address`, or None if no call of a known function does.

        A call is ``auipc ra, high`` and ``jalr ra, low(ra)``: what the code generator emits.
        """
        at = return_address - self.base - 8
        if not 0 <= at <= len(self.data) - 8:
            return None
        high, low = (int.from_bytes(self.data[i : i + 4], "little") for i in (at, at + 4))
        if high & 0xFFF != _AUIPC_RA or low & 0xF_FFFF != _JALR_RA_RA:
            return None
        distance = _signed(high & 0xFFFF_F000) + _signed(low) // (1 << 20)
        target = self.base + at + distance
        for name, start in self.symbols.items():
            if start == target:
                return Call(self.base + at + 4, name)
        return None


def _signed(word: int) -> int:
    """The 32-bit `word` as a two's complement number."""
    return word - (1 << 32) if word & (1 << 31) else word
