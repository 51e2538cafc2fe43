"""Request traces by name: the patterns that the reference figures of docs/dram-reference.md use.

    trace = pattern("rand_rd", Geometry(tx_bytes=32, row_bytes=512, banks=32))

Every pattern is deterministic. `Geometry.of(model)` fits the rows and banks of a channel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from npu.configs.dram import DramModel
from npu.configs.errors import UserError
from npu.togsim.dram.requests import RequestTrace

REGION = 256 << 20
"""Bytes that random and row-striding patterns cover."""

STREAM = 32 << 20
"""Bytes between two streams."""

FAR = 64 << 20
"""Where the writes of `mix21_sep` begin; those of `tile_rrw` begin twice as far."""

LOW_LOAD_CYCLES = 50
"""Ticks between two requests of `low_seq` and `low_rand`."""

TILE_ROWS, TILE_ROW_BYTES, TILE_PITCH, TILES_ACROSS = 128, 512, 8192, 16
"""A tile: 128 rows of 512 bytes out of a matrix whose rows have 8192 bytes."""

LONG, MIDDLE, SHORT = 60_000, 40_000, 20_000
"""Requests of the patterns."""


@dataclass(frozen=True)
class Geometry:
    """What a pattern must know of a channel."""

    tx_bytes: int
    """Bytes of one transaction."""
    row_bytes: int
    """Bytes of one row, as the address mapper sees it."""
    banks: int
    """Banks of the channel."""

    @classmethod
    def of(cls, model: DramModel) -> Geometry:
        """That of `model`."""
        return cls(model.tx_bytes, model.row_bytes, model.banks)


Request = tuple[int, int, bool]
"""Cycle, address, whether it writes."""


def pattern(name: str, geometry: Geometry) -> RequestTrace:
    """The pattern `name` (see `pattern_names`; a gap may be any number). Raises `UserError`."""
    gap = re.fullmatch(r"(seq|rand)_rd_gap([1-9][0-9]{0,5})", name, re.ASCII)
    if gap is not None:
        return _trace(_GAPPED[gap[1]](geometry, int(gap[2])))
    if name not in _PATTERNS:
        expected = ", ".join(pattern_names())
        raise UserError(f"no pattern is called '{name}'; expected one of {expected}")
    return _trace(_PATTERNS[name](geometry))


def pattern_names() -> tuple[str, ...]:
    """The patterns' names; `seq_rd_gapG` and `rand_rd_gapG` stand for every gap G."""
    return (*_PATTERNS, "seq_rd_gapG", "rand_rd_gapG")


def _trace(requests: Iterable[Request]) -> RequestTrace:
    cycles, addresses, writes = zip(*requests, strict=True)
    return RequestTrace(list(cycles), list(addresses), list(writes))


def _indices(count: int, choices: int) -> Iterator[int]:
    """`count` numbers below `choices`: Knuth's generator of 64 bits, from 12345, its high bits."""
    state = 12345
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) & ((1 << 64) - 1)
        yield (state >> 33) % choices


def _third_writes(i: int) -> bool:
    return i % 3 == 2


def _sequential(
    writes: Callable[[int], bool], count: int = LONG, gap: int = 0
) -> Callable[[Geometry], Iterator[Request]]:
    return lambda g: ((gap * i, i * g.tx_bytes, writes(i)) for i in range(count))


def _random(
    writes: Callable[[int], bool], count: int = MIDDLE, gap: int = 0
) -> Callable[[Geometry], Iterator[Request]]:
    return lambda g: (
        (gap * i, index * g.tx_bytes, writes(i))
        for i, index in enumerate(_indices(count, REGION // g.tx_bytes))
    )


def _separate(g: Geometry) -> Iterator[Request]:
    """Two reads and a write in turn, each direction a stream of its own."""
    for i in range(LONG):
        write = _third_writes(i)
        yield 0, FAR + i // 3 * g.tx_bytes if write else (i - i // 3) * g.tx_bytes, write


def _stride_row(g: Geometry) -> Iterator[Request]:
    """The same bank, another row every time."""
    return ((0, i * g.row_bytes * g.banks % REGION, False) for i in range(SHORT))


def _stride_page(g: Geometry) -> Iterator[Request]:
    """The next bank every time, one request a row."""
    return ((0, i * g.row_bytes % REGION, False) for i in range(MIDDLE))


def _bank_round_robin(g: Geometry) -> Iterator[Request]:
    """All banks in turn, which stay in one row for as long as it has transactions."""
    per_row = g.row_bytes // g.tx_bytes
    for i in range(49_152):
        row = i // (g.banks * per_row) * g.banks * g.row_bytes
        column = i // g.banks % per_row * g.tx_bytes
        yield 0, row + i % g.banks * g.row_bytes + column, False


def _streams(rows_apart: int) -> Callable[[Geometry], Iterator[Request]]:
    """Four streams in turn; without rows apart they meet in one bank."""
    return lambda g: (
        (0, i % 4 * (STREAM + rows_apart * g.row_bytes) + i // 4 * g.tx_bytes, False)
        for i in range(LONG)
    )


def _tile(tile: int, g: Geometry) -> Iterator[int]:
    base = tile // TILES_ACROSS * TILE_ROWS * TILE_PITCH + tile % TILES_ACROSS * TILE_ROW_BYTES
    for row in range(TILE_ROWS):
        for offset in range(0, TILE_ROW_BYTES, g.tx_bytes):
            yield base + row * TILE_PITCH + offset


def _tiles(*, write: bool) -> Callable[[Geometry], Iterator[Request]]:
    return lambda g: ((0, address, write) for tile in range(32) for address in _tile(tile, g))


def _tiles_mixed(g: Geometry) -> Iterator[Request]:
    """Two tiles read and one written, in turn."""
    for i in range(30):
        write = _third_writes(i)
        for address in _tile(i // 3 if write else i - i // 3, g):
            yield 0, address + (2 * FAR if write else 0), write


def _tiles_of_one_channel(_g: Geometry) -> Iterator[Request]:
    """What one of 16 channels, interleaved by 32 bytes, sees of tiles."""
    for tile in range(256):
        base = tile // TILES_ACROSS * TILE_ROWS * TILE_ROW_BYTES + tile % TILES_ACROSS * 32
        for row in range(TILE_ROWS):
            yield 0, base + row * TILE_ROW_BYTES, False


def _reads(_i: int) -> bool:
    return False


def _writes(_i: int) -> bool:
    return True


_PATTERNS: dict[str, Callable[[Geometry], Iterator[Request]]] = {
    "seq_rd": _sequential(_reads),
    "seq_wr": _sequential(_writes),
    "mix21_same": _sequential(_third_writes),
    "mix21_sep": _separate,
    "stride_row": _stride_row,
    "stride_page": _stride_page,
    "bank_rr": _bank_round_robin,
    "rand_rd": _random(_reads),
    "rand_wr": _random(_writes),
    "rand_mix21": _random(_third_writes),
    "streams4_same": _streams(0),
    "streams4_off": _streams(5),
    "low_seq": _sequential(_reads, SHORT, LOW_LOAD_CYCLES),
    "low_rand": _random(_reads, SHORT, LOW_LOAD_CYCLES),
    "tile_rd": _tiles(write=False),
    "tile_wr": _tiles(write=True),
    "tile_rrw": _tiles_mixed,
    "tile_ch16": _tiles_of_one_channel,
}

_GAPPED: dict[str, Callable[[Geometry, int], Iterator[Request]]] = {
    "seq": lambda g, gap: _sequential(_reads, SHORT, gap)(g),
    "rand": lambda g, gap: _random(_reads, SHORT, gap)(g),
}
