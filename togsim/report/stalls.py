"""What a unit waited for most: one reason of those that its statistics hold."""

from __future__ import annotations

from dataclasses import fields

from npu.togsim.report.stats import ArrayStats, DmaStats, VectorStats

_PREFIX = "waiting_"
_SUFFIX = "_cycles"


def largest_wait(unit: ArrayStats | VectorStats | DmaStats) -> tuple[str, int]:
    """The state in which `unit` waited longest, as `dma`, and its cycles; the first of equals.

    A DMA engine's wait for memory counts by its parts. Without any wait the cycles are 0.
    """
    waits = {
        field.name.removeprefix(_PREFIX).removesuffix(_SUFFIX): getattr(unit, field.name)
        for field in fields(unit)
        if field.name.startswith(_PREFIX)
    }
    if isinstance(unit, DmaStats):
        del waits["memory"]
        parts = unit.memory_wait
        for field in fields(parts):
            waits[field.name.removesuffix(_SUFFIX)] = getattr(parts, field.name)
    return max(waits.items(), key=lambda item: item[1])
