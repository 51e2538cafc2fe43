"""The figures of a simulation, as frozen dataclasses; `docs/statistics.md` explains each.

Cycles are core cycles unless a name says otherwise. The cycles of a unit's states sum to
`total_cycles`: each cycle is in exactly one state.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FrontStats:
    """The front, which decodes one instruction a cycle."""

    active_cycles: int
    waiting_queue_cycles: int
    """The queue that the next instruction goes to was full."""
    idle_cycles: int


@dataclass(frozen=True)
class ExecuteStats:
    """The execute queue."""

    active_cycles: int
    """An instruction was dispatched."""
    waiting_token_cycles: int
    """A wait stood at the head, its transfer not complete."""
    waiting_unit_cycles: int
    """The queue of the head's unit was full."""
    idle_cycles: int


@dataclass(frozen=True)
class ArrayStats:
    """One systolic array."""

    active_cycles: int
    """The input port pushed a row."""
    waiting_weights_cycles: int
    waiting_data_cycles: int
    """The next operation's operands were not there, or not free."""
    waiting_accumulators_cycles: int
    draining_cycles: int
    """Nothing to push, results on their way out."""
    idle_cycles: int
    macs: int
    """Multiply-accumulates done."""


@dataclass(frozen=True)
class VectorStats:
    """The vector unit."""

    active_cycles: int
    waiting_data_cycles: int
    idle_cycles: int


@dataclass(frozen=True)
class DmaStats:
    """The DMA engine."""

    active_cycles: int
    """At least one request was injected."""
    waiting_hazard_cycles: int
    """Descriptors stood in the queues, none could start."""
    waiting_memory_cycles: int
    """Nothing to inject, responses on their way."""
    idle_cycles: int
    read_requests: int
    write_requests: int


@dataclass(frozen=True)
class InstructionCounts:
    """Instructions decoded, by kind."""

    movin: int
    movout: int
    matmul: int
    preload: int
    vector: int
    bar: int

    @property
    def comp(self) -> int:
        """All compute instructions."""
        return self.matmul + self.preload + self.vector


@dataclass(frozen=True)
class CoreSample:
    """Active cycles from the start up to `cycle`."""

    cycle: int
    array_active_cycles: tuple[int, ...]
    vector_active_cycles: int
    dma_active_cycles: int


@dataclass(frozen=True)
class CoreStats:
    """One core."""

    front: FrontStats
    execute: ExecuteStats
    arrays: tuple[ArrayStats, ...]
    vector: VectorStats
    dma: DmaStats
    instructions: InstructionCounts
    samples: tuple[CoreSample, ...]
    """One every `core_stats_print_period_cycles`; empty when that is 0."""


@dataclass(frozen=True)
class ChannelStats:
    """One DRAM channel."""

    reads: int
    writes: int
    bytes: int
    gb_per_second: float
    """Average over the whole run, 10^9 bytes a second."""
    utilization: float
    """Share of the bytes the channel could have moved without a refresh, from 0 to 1."""
    refresh_wait_cycles: int
    """DRAM cycles in which nothing but a refresh kept a request from starting."""
    turnaround_wait_cycles: int
    """DRAM cycles in which a request could have started but for the direction of the bus."""
    reads_by_period: tuple[int, ...]
    """Reads started in each `dram_stats_print_period_cycles`; empty when that is 0."""
    writes_by_period: tuple[int, ...]


@dataclass(frozen=True)
class LaunchStats:
    """One launch of a kernel."""

    kernel: str
    torch_ops: tuple[str, ...]
    start: int
    """The cycle in which the first core began to decode it."""
    end: int
    """The cycle at which its last instruction completed."""

    @property
    def cycles(self) -> int:
        """From start to end."""
        return self.end - self.start


@dataclass(frozen=True)
class TraceRecord:
    """One instruction's way through a core."""

    launch: int
    core: int
    node: int
    """Position in the kernel's code, loop begins and ends counted, parallel loops not."""
    op: str
    array: int | None
    decoded: int
    started: int
    completed: int
