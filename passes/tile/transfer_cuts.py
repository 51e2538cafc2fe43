"""The pieces that one tile's transfer is cut into.

The mapping's `subtile` gives the finest pieces that computation can use one by one. Where the
machine's DRAM has rows, a piece is not cut inside a DRAM page: the consecutive bytes that one open
row of each channel holds. A narrower piece would open every row of the tile once for each piece,
and the command bus that opens rows, not the data bus, would set the pace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from npu.passes.map.footprint import Axis, Operand


@dataclass(frozen=True)
class Pieces:
    """How transfers are cut."""

    subtile: tuple[int, ...]
    """The finest piece in each loop's dimension, in elements."""

    page_bytes: int
    """Bytes of a DRAM page over all channels; 0 where the memory model knows no rows."""

    def sizes(
        self,
        buffer: Operand,
        axes: Sequence[Axis],
        tile: Sequence[int],
        is_contiguous: Sequence[bool],
    ) -> list[int]:
        """The piece's elements along each of `axes` of a buffer; a window is not cut.

        Pieces of the tensor's last dimension, which `is_contiguous`, span at least a page, or the
        tile.
        """
        page = self.page_bytes // buffer.element_bytes
        found: list[int] = []
        for axis, whole_pages in zip(axes, is_contiguous, strict=True):
            size = axis.size(tile)
            piece = size if axis.dim is None else self.subtile[axis.dim]
            found.append(min(size, max(piece, page if whole_pages else 0)))
        return found
