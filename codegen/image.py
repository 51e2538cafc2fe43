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

__all__ = ["DRAM_BASE", "IMAGE_BASE", "SPAD_BASE", "STACK_TOP", "TENSOR_ALIGNMENT", "Image"]


@dataclass(frozen=True)
class Image:
    """A flat, statically linked RV64 image.

    `data` is loaded at address `base` (bytes); `symbols` gives the absolute address of every kernel
    and tile function, `sizes` its length in bytes. `digests` maps each tile function to the hash of
    its own machine code and of everything it reaches, the content key of the timing cache.
    """

    base: int
    data: bytes
    symbols: Mapping[str, int]
    sizes: Mapping[str, int]
    digests: Mapping[str, str]

    def symbol_at(self, address: int) -> str | None:
        """The function that holds `address`, or None: what a trap message names."""
        for name, start in self.symbols.items():
            if start <= address < start + self.sizes[name]:
                return name
        return None
