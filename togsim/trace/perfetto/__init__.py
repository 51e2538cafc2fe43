"""A simulation as a file for ui.perfetto.dev; `docs/trace.md` explains its tracks.

    simulate(program, machine, trace=TraceFile(Path("run.pftrace"), TraceWindow(0, 20_000)))

Equal runs give equal files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO

from npu.configs.machine import Machine
from npu.configs.output import open_output
from npu.togsim.graph import Program
from npu.togsim.report.result import Result
from npu.togsim.report.stats import StateSpan, TraceRecord
from npu.togsim.trace import FOREVER, TraceData, TraceFile, TraceSummary
from npu.togsim.trace.perfetto.dram import write_channels
from npu.togsim.trace.perfetto.launches import launch_rows
from npu.togsim.trace.perfetto.network import write_network
from npu.togsim.trace.perfetto.nodes import Nodes
from npu.togsim.trace.perfetto.slices import Slice, Timeline, lanes, write_slices
from npu.togsim.trace.perfetto.writer import PerfettoWriter

_PROGRAM_PID = 1
_FIRST_CORE_PID = 2


def write_perfetto(
    trace: TraceFile, data: TraceData, result: Result, program: Program, machine: Machine
) -> TraceSummary:
    """Writes the trace (`npu.configs.output`). Raises UserError."""
    with open_output(trace.path, "trace ") as file:
        return _Picture(file, trace, data, result, program, machine).write()


@dataclass(frozen=True)
class _Row:
    """A track of a core."""

    name: str
    unit: str | None
    """The unit whose states stand below it."""
    slices: Sequence[Slice]


class _Picture:
    """One trace on its way into a file."""

    def __init__(
        self,
        file: IO[bytes],
        trace: TraceFile,
        data: TraceData,
        result: Result,
        program: Program,
        machine: Machine,
    ) -> None:
        self._writer = PerfettoWriter(file)
        self._trace = trace
        self._data = data
        self._result = result
        self._machine = machine
        self._nodes = Nodes(program, machine.dram_req_size_byte)
        end = min(result.total_cycles, data.complete_until)
        self._timeline = Timeline(machine.core_freq_mhz, trace.window, end)

    def write(self) -> TraceSummary:
        self._program()
        records: defaultdict[int, list[TraceRecord]] = defaultdict(list)
        for record in self._data.iter_records():
            records[record.core].append(record)
        spans: defaultdict[int, list[StateSpan]] = defaultdict(list)
        for span in self._data.iter_spans():
            spans[span.core].append(span)
        for core in range(self._machine.num_cores):
            self._core(core, records[core], spans[core])
        write_channels(
            self._writer,
            _FIRST_CORE_PID + self._machine.num_cores,
            self._result.channels,
            self._machine,
            self._timeline,
        )
        write_network(
            self._writer,
            _FIRST_CORE_PID + self._machine.num_cores + 1,
            self._result.network_periods,
            self._machine,
            self._timeline,
        )
        self._writer.close()
        cut = self._data.left_out > 0
        return TraceSummary(
            self._trace.path,
            self._writer.slices,
            self._data.left_out,
            min(self._data.complete_until, FOREVER) if cut else None,
        )

    def _program(self) -> None:
        """The launches, and where the trace ends if it ends early."""
        group = self._writer.process(_PROGRAM_PID, "program")
        order = 0
        for name, slices in launch_rows(self._result.launches):
            order = self._lanes(group, name, slices, order)
        if self._data.left_out:
            track = self._writer.track(group, "trace limit", order)
            self._writer.instant(
                track,
                self._timeline.nanoseconds(self._timeline.end),
                "the trace ends here",
                {"left_out": self._data.left_out, "limit": self._trace.limit},
            )

    def _core(self, core: int, records: Sequence[TraceRecord], spans: Sequence[StateSpan]) -> None:
        group = self._writer.process(_FIRST_CORE_PID + core, f"core {core}")
        by_unit: defaultdict[str, list[StateSpan]] = defaultdict(list)
        for span in spans:
            by_unit[span.unit].append(span)
        order = 0
        for row in self._rows(records):
            order = self._lanes(group, row.name, row.slices, order)
            if row.unit is None:
                continue
            states = [Slice(span.begin, span.end, span.state, {}) for span in by_unit[row.unit]]
            order = self._lanes(group, f"{row.unit} state", states, order)

    def _rows(self, records: Sequence[TraceRecord]) -> Iterable[_Row]:
        """The tracks of a core from top to bottom."""
        kinds: defaultdict[tuple[str, int | None], list[TraceRecord]] = defaultdict(list)
        for record in records:
            kinds[record.op, record.array].append(record)
        yield _Row("front", "front", [])
        yield _Row("execute queue", "execute", self._queue(records))
        for array in range(self._machine.num_systolic_array_per_core):
            yield _Row(f"array {array} weights", None, self._runs(kinds["preload", array]))
            yield _Row(f"array {array} rows", f"array {array}", self._runs(kinds["matmul", array]))
        yield _Row("vector unit", "vector", self._runs(kinds["vector", None]))
        yield _Row("DMA loads", None, self._runs(kinds["load", None]))
        yield _Row("DMA stores", "dma", self._runs(kinds["store", None]))

    def _runs(self, records: Iterable[TraceRecord]) -> list[Slice]:
        """The time in a unit: a matmul's is that of its pushes, a transfer's lasts to the end."""
        return [
            Slice(
                record.started,
                record.started + record.rows if record.op == "matmul" else record.completed,
                self._nodes.name(record),
                {**self._nodes.args(record), "completed_cycle": record.completed},
                record.issued if record.requests else 0,
            )
            for record in records
        ]

    def _queue(self, records: Iterable[TraceRecord]) -> list[Slice]:
        """The time at the head of the execute queue, up to and with the cycle of dispatch."""
        slices: list[Slice] = []
        free = 0
        waiting = (record for record in records if record.op not in {"load", "store"})
        for record in sorted(waiting, key=lambda record: record.dispatched):
            begin = max(free, record.decoded + 1)
            free = record.dispatched + 1
            slices.append(Slice(begin, free, self._nodes.name(record), self._nodes.args(record)))
        return slices

    def _lanes(self, group: int, name: str, slices: Sequence[Slice], order: int) -> int:
        """Writes slices on as many tracks as they need; the order of the next track."""
        for row in lanes(slices):
            track = self._writer.track(group, name, order)
            write_slices(self._writer, track, row, self._timeline)
            order += 1
        return order
