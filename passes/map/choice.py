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


class TooLargeError(ValueError):
    """Not even the smallest tile fits into the scratchpad."""

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(f"{needed} bytes needed, {available} there")
        self.needed = needed
        self.available = available
