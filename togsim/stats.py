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
    waiting_token_queued_cycles: int
    """A wait stood at the head, its transfer still in its queue of the DMA engine."""
    waiting_token_injecting_cycles: int
    """A wait stood at the head, its transfer sending requests."""
    waiting_token_memory_cycles: int
    """A wait stood at the head, its transfer waiting for responses."""
    waiting_array_cycles: int
    """The queue of the array that the head goes to was full."""
    waiting_vector_cycles: int
    """The queue of the vector unit, where the head goes to, was full."""
    idle_cycles: int

    @property
    def waiting_token_cycles(self) -> int:
        """A wait stood at the head, its transfer not complete."""
        return (
            self.waiting_token_queued_cycles
            + self.waiting_token_injecting_cycles
            + self.waiting_token_memory_cycles
        )

    @property
    def waiting_unit_cycles(self) -> int:
        """The queue of the head's unit was full."""
        return self.waiting_array_cycles + self.waiting_vector_cycles


@dataclass(frozen=True)
class ArrayStats:
    """One systolic array."""

    active_cycles: int
    """The input port pushed a row."""
    waiting_dma_cycles: int
    """The next operation waited for a transfer: for its rows, or behind a wait."""
    waiting_dependency_cycles: int
    """Another unit had not written, or still read, what the next operation reads."""
    waiting_accumulators_cycles: int
    """The accumulator rows of the next matmul were in use by another unit."""
    waiting_weights_cycles: int
    """The weights of the next matmul were being loaded."""
    waiting_port_cycles: int
    """The weights of the next matmul waited for the weight port, which loaded others."""
    waiting_slot_cycles: int
    """The weights of the next matmul were not there yet because they had waited for a slot."""
    waiting_dispatch_cycles: int
    """The next operation stood in the execute queue behind other instructions."""
    draining_cycles: int
    """Nothing to push, results on their way out."""
    idle_cycles: int
    macs: int
    """Multiply-accumulates done."""


@dataclass(frozen=True)
class VectorStats:
    """The vector unit."""

    active_cycles: int
    waiting_dma_cycles: int
    """The next tile function waited for a transfer: for its rows, or behind a wait."""
    waiting_dependency_cycles: int
    """Another unit had not written, or still used, what the next tile function touches."""
    waiting_dispatch_cycles: int
    """The next tile function stood in the execute queue behind other instructions."""
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
    """Which array, for a preload or matmul."""
    rows: int
    """k of a preload, m of a matmul; 0 for others."""
    requests: int
    """DRAM requests of a load or store; 0 for others."""
    decoded: int
    dispatched: int
    """When it left the execute queue; 0 for loads and stores."""
    started: int
    issued: int
    """The cycle after the last request of a load or store; 0 for others."""
    completed: int


@dataclass(frozen=True)
class StateSpan:
    """A unit of a core was in one state, not idle, in the cycles from `begin` up to `end`."""

    core: int
    unit: str
    """`front`, `execute`, `vector`, `dma` or `array i`."""
    state: str
    """The name of the state's count in the unit's statistics, without `_cycles`."""
    begin: int
    end: int
