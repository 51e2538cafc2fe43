"""The result of a mapping decision."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """Tile, subtile, loop order (outermost first) and slots: what `#npu.mapping` holds."""

    tile: tuple[int, ...]
    subtile: tuple[int, ...]
    order: tuple[int, ...]
    slots: int
    estimate: float = 0.0
    """Core cycles; 0 where none is made."""
    strategy: str = ""
    """How a convolution meets the arrays (`strategies.py`); empty for what is none."""


class TooLargeError(ValueError):
    """Not even the smallest tile fits into the scratchpad."""

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(f"{needed} bytes needed, {available} there")
        self.needed = needed
        self.available = available
