"""What an L2 slice counts. `docs/l2.md` defines every figure."""

from __future__ import annotations

from dataclasses import dataclass

from npu.togsim import _togsim


@dataclass(frozen=True)
class CacheAccesses:
    """Accesses of one kind by what they found."""

    hits: int
    """The data was there."""
    hits_reserved: int
    """It was on its way."""
    misses: int
    """There was no line for it."""
    sector_misses: int
    """There was a line, without this sector."""
    bypassed: int
    """Went past the cache: not of the plan, or a write past a read-only cache."""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(vars(self).values())


@dataclass(frozen=True)
class StallCycles:
    """Network cycles in which the first access in line was refused, by the first reason."""

    port: int
    """The data array was busy."""
    line: int
    """All lines of the set awaited data."""
    mshr_entry: int
    """All miss registers were in use."""
    mshr_merge: int
    """The sector's register had its most accesses."""
    miss_queue: int
    """The requests of the access had no room in the miss queue."""


@dataclass(frozen=True)
class SliceStats:
    """All counts of one slice. A block is one DRAM request."""

    reads: CacheAccesses
    """Read accesses."""
    writes: CacheAccesses
    """Write accesses."""
    stall_cycles: StallCycles
    """Cycles in which the first access in line was refused."""
    evictions: int
    """Lines that went to make room."""
    write_backs: int
    """Blocks written to the DRAM because their line went or their tensor was released."""
    writes_through: int
    """Blocks written to the DRAM by the writes themselves."""
    fetches: int
    """Blocks read from the DRAM."""
    fills: int
    """Sectors that arrived."""
    dropped_sectors: int
    """Sectors that a write or a release removed."""
    dirty_blocks: int
    """Blocks that the DRAM does not have yet."""


def slice_stats(raw: _togsim.L2SliceStats) -> SliceStats:
    """The counts of the C++ slice."""
    return SliceStats(
        reads=_accesses(raw.reads),
        writes=_accesses(raw.writes),
        stall_cycles=StallCycles(*raw.stall_cycles),
        evictions=raw.evictions,
        write_backs=raw.write_backs,
        writes_through=raw.writes_through,
        fetches=raw.fetches,
        fills=raw.fills,
        dropped_sectors=raw.dropped_sectors,
        dirty_blocks=raw.dirty_blocks,
    )


def _accesses(raw: _togsim.L2AccessStats) -> CacheAccesses:
    return CacheAccesses(
        hits=raw.hits,
        hits_reserved=raw.hits_reserved,
        misses=raw.misses,
        sector_misses=raw.sector_misses,
        bypassed=raw.bypassed,
    )
