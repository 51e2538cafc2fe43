"""The cycles of tile functions that were timed before (`npu.runtime.entry_cache`)."""

from __future__ import annotations

from pathlib import Path

from npu.runtime.cache_folder import cache_folder
from npu.runtime.entry_cache import EntryCache

TileTimingCache = EntryCache
"""Cycles by what they depend on (`npu.runtime.tile_timing.timing_inputs`)."""


def tile_timing_cache(folder: Path | None = None) -> TileTimingCache:
    """The cache in a folder: that in `NPU_CACHE_DIR`, or in the user's cache folder."""
    place = cache_folder() / "tile-timing" if folder is None else folder
    again = "tile functions are timed again"
    return EntryCache(place, "tile timing cache", again, "cycles", _is_cycles)


def _is_cycles(value: object) -> bool:
    return type(value) is int and value >= 1
