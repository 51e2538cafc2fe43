"""Slices on the tracks of a trace: cut to its window, in lanes where they overlap, timed in ns."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from npu.togsim.trace import TraceWindow
from npu.togsim.trace.perfetto.writer import PerfettoWriter


@dataclass(frozen=True)
class Slice:
    """Something that went on in the cycles from `begin` up to `end`."""

    begin: int
    end: int
    name: str
    args: Mapping[str, int | str]
    requests_until: int = 0
    """Of a transfer: the cycle after its last request; a slice inside this one ends there."""


@dataclass(frozen=True)
class Timeline:
    """The cycles of a trace and their times."""

    core_freq_mhz: int
    window: TraceWindow
    end: int
    """The cycle at which the trace ends."""

    def nanoseconds(self, cycle: int) -> int:
        """Where the edge of a core cycle lies; the format knows no fractions."""
        return cycle * 1000 // self.core_freq_mhz

    def shows(self, begin_ns: int, end_ns: int) -> bool:
        """Whether a cycle that begins in these nanoseconds is in the trace."""
        first = -(-begin_ns * self.core_freq_mhz // 1000)
        last = -(-end_ns * self.core_freq_mhz // 1000)
        return any(True for _ in self.pieces(first, last))

    def pieces(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """The parts of a stretch of cycles that the trace shows."""
        return self.window.pieces(begin, min(end, self.end))


def lanes(slices: Iterable[Slice]) -> list[list[Slice]]:
    """Slices in as few rows as keep them apart: each goes to the first row that is free."""
    rows: list[list[Slice]] = []
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    for one in sorted(slices, key=lambda s: (s.begin, s.end)):
        while busy and busy[0][0] <= one.begin:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if not free:
            free.append(len(rows))
            rows.append([])
        lane = heapq.heappop(free)
        rows[lane].append(one)
        heapq.heappush(busy, (one.end, lane))
    return rows


def write_slices(
    writer: PerfettoWriter, track: int, slices: Iterable[Slice], timeline: Timeline
) -> None:
    """Writes slices that do not overlap, in their order. Each tells its cycles before the cut."""
    for one in slices:
        args = {**one.args, "begin_cycle": one.begin, "end_cycle": one.end}
        for begin, end in timeline.pieces(one.begin, one.end):
            writer.begin(track, timeline.nanoseconds(begin), one.name, args)
            for lo, hi in timeline.pieces(begin, min(end, one.requests_until)):
                writer.begin(track, timeline.nanoseconds(lo), "requests", {})
                writer.end(track, timeline.nanoseconds(hi))
            writer.end(track, timeline.nanoseconds(end))
