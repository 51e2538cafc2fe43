"""What a trace keeps: which cycles, how much of them, and the entries that C++ hands back.

A trace holds instructions (`TraceRecord`) and the states of units (`StateSpan`) that touch the
cycles asked for. `docs/trace.md` describes the file that `npu.togsim.trace.perfetto` makes of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from npu.configs.errors import UserError
from npu.togsim import _togsim
from npu.togsim.graph.pack import Opcode
from npu.togsim.report.stats import (
    ArrayStats,
    DmaStats,
    ExecuteStats,
    FrontStats,
    StateSpan,
    TraceRecord,
    VectorStats,
)

DEFAULT_LIMIT = 250_000
"""Entries of a trace unless asked otherwise: some 60 MB in memory, 30 MB in the file."""

FOREVER = 2**62
"""A cycle after the end of every simulation."""

_UNITS = (
    ("front", FrontStats),
    ("execute", ExecuteStats),
    ("vector", VectorStats),
    ("dma", DmaStats),
)
"""`TraceUnit` of `src/trace.hpp`; arrays follow."""


@dataclass(frozen=True)
class TraceWindow:
    """The cycles from `begin` up to `end`; with `every` N, of every N such stretches the first.

    Raises UserError when there is no cycle in it.
    """

    begin: int = 0
    end: int = FOREVER
    every: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.begin < self.end <= FOREVER:
            raise UserError(
                f"trace window {self.begin}:{self.end}: holds no cycle; expected FROM:TO in core "
                "cycles, 0 <= FROM < TO <= 2^62"
            )
        if self.every < 1:
            raise UserError(f"every {self.every}th window: expected a number of at least 1")
        if self.every > 1 and self.end == FOREVER:
            raise UserError(
                f"every {self.every}th window: the window has no end; give one, as in "
                "--trace-window 0:10000"
            )
        if self.every * (self.end - self.begin) > FOREVER:
            raise UserError(
                f"every {self.every}th window of {self.end - self.begin} cycles: their distance "
                "exceeds 2^62 cycles; expected a smaller number"
            )

    def pieces(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """The parts of the cycles from `begin` up to `end` that lie in the window."""
        length = self.end - self.begin
        distance = self.every * length
        first = max(0, begin - self.begin) // distance if self.every > 1 else 0
        start = self.begin + first * distance
        while start < end:
            lo, hi = max(begin, start), min(end, start + length)
            if lo < hi:
                yield lo, hi
            if self.every == 1:
                return
            start += distance


@dataclass(frozen=True)
class TraceFile:
    """A trace to write to `path`: of which cycles, and at most how many entries.

    Raises UserError when `limit` leaves room for nothing.
    """

    path: Path
    window: TraceWindow = TraceWindow()
    limit: int = DEFAULT_LIMIT

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= FOREVER:
            raise UserError(f"trace limit {self.limit}: expected at least 1 entry")


@dataclass(frozen=True)
class TraceData:
    """The entries of a trace."""

    records: bytes
    """`TraceRecord`s of `src/trace.hpp` in order of completion."""
    spans: bytes
    """`StateSpan`s of `src/trace.hpp` in order of their ends."""
    left_out: int
    """Entries in the window that the limit left no room for."""
    complete_until: int
    """No entry is missing that begins before this cycle."""

    def iter_records(self) -> Iterator[TraceRecord]:
        """The instructions in order of completion."""
        for words in _rows(self.records, len(fields(TraceRecord))):
            launch, core, node, op, array, *rest = words
            yield TraceRecord(
                launch, core, node, Opcode(op).name.lower(), None if array < 0 else array, *rest
            )

    def iter_spans(self) -> Iterator[StateSpan]:
        """The states of units in order of their ends."""
        names = [_states(stats) for _, stats in _UNITS]
        of_array = _states(ArrayStats)
        for core, unit, state, begin, end in _rows(self.spans, len(fields(StateSpan))):
            if unit < len(_UNITS):
                yield StateSpan(core, _UNITS[unit][0], names[unit][state], begin, end)
            else:
                yield StateSpan(core, f"array {unit - len(_UNITS)}", of_array[state], begin, end)


@dataclass(frozen=True)
class TraceSummary:
    """What was written."""

    path: Path
    slices: int
    left_out: int
    """Entries that the limit left no room for."""
    complete_until: int | None
    """With entries left out: the cycle up to which the trace is whole, and where it ends."""

    def __str__(self) -> str:
        """A line for people."""
        text = f"trace: {self.path} ({self.slices} slices), for ui.perfetto.dev"
        if self.complete_until is None:
            return text
        return (
            f"{text}; ends at cycle {self.complete_until}: its limit left out {self.left_out} "
            "entries that came later; choose a window (--trace-window), a sample of windows "
            "(--trace-every) or a higher limit (--trace-limit)"
        )


def trace_spec(trace: bool | TraceFile) -> _togsim.TraceSpec:
    """What the simulator shall keep: nothing, everything, or what a file asks for."""
    spec = _togsim.TraceSpec()
    spec.enabled = trace is not False
    if isinstance(trace, TraceFile):
        spec.begin, spec.end = trace.window.begin, trace.window.end
        spec.every, spec.limit = trace.window.every, trace.limit
    return spec


def trace_data(raw: _togsim.Trace) -> TraceData:
    """What the simulator kept."""
    return TraceData(raw.records, raw.spans, raw.left_out, min(raw.complete_until, FOREVER))


def _states(stats: type) -> Sequence[str]:
    """The states of a unit in the order of its enumeration."""
    names = [field.name for field in fields(stats)]
    return [name.removesuffix("_cycles") for name in names if name.endswith("_cycles")]


def _rows(packed: bytes, width: int) -> Iterator[tuple[int, ...]]:
    """The rows of a table of 64-bit words."""
    words = memoryview(packed).cast("q")
    for start in range(0, len(words), width):
        yield tuple(words[start : start + width])
