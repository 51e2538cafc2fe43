"""The pieces that one tile's transfer is cut into.

The mapping's `subtile` gives the finest pieces that computation can use one by one. Where the
machine's DRAM has rows, a piece is not cut inside a DRAM page: the consecutive bytes that one open
row of each channel holds. A narrower piece would open every row of the tile once for each piece,
and the command bus that opens rows, not the data bus, would set the pace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from npu.passes.map.footprint import ELEMENT_BYTES


@dataclass(frozen=True)
class Pieces:
    """How transfers are cut."""

    subtile: tuple[int, ...]
    """The finest piece in each loop's dimension, in elements."""

    page_bytes: int
    """Bytes of a DRAM page over all channels; 0 where the memory model knows no rows."""

    def sizes(self, dims: Sequence[int], tile: Sequence[int], contiguous: int) -> list[int]:
        """The piece's elements along each of `dims`; `contiguous` is the tensor's last dimension.

        Pieces of that one span at least a page, or the tile.
        """
        page = self.page_bytes // ELEMENT_BYTES
        return [min(tile[d], max(self.subtile[d], page if d == contiguous else 0)) for d in dims]
