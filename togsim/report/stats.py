"""The counters of a simulation, as frozen dataclasses; `docs/statistics.md` explains them.

Cycles are core cycles unless a name says otherwise. The cycles of a unit's states sum to
`total_cycles`: each cycle is in exactly one state. The string under a field is its documentation
in `result.schema.json` and `docs/result.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

from npu.togsim.report.dram_figures import ControllerFigures


@dataclass(frozen=True)
class FrontStats:
    """The front, which decodes instructions in program order."""

    active_cycles: int
    """It decoded an instruction."""
    waiting_queue_cycles: int
    """The queue that the next instruction goes to was full."""
    idle_cycles: int
    """It had no instruction left."""


@dataclass(frozen=True)
class ExecuteStats:
    """The execute queue."""

    active_cycles: int
    """An instruction was dispatched, or a wait let go."""
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
    """It was empty."""

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
    """A systolic array, or several together."""

    active_cycles: int
    """The input port pushed a row."""
    waiting_dma_cycles: int
    """The next operation waited for a transfer: for its rows, or behind a wait."""
    waiting_dependency_cycles: int
    """Another unit had not written, or still read, what the next operation reads."""
    waiting_accumulators_cycles: int
    """The accumulator rows of the next matmul were in use."""
    waiting_weights_cycles: int
    """Weights were being loaded."""
    waiting_port_cycles: int
    """The weights of the next matmul waited for the weight port, which loaded others."""
    waiting_slot_cycles: int
    """The weights of the next matmul were not there yet because they had waited for a slot."""
    waiting_dispatch_cycles: int
    """The next operation stood in the execute queue behind other instructions."""
    draining_cycles: int
    """Nothing to push, results on their way out."""
    idle_cycles: int
    """It had nothing to do."""
    macs: int
    """Multiply-accumulates: rows times the rows and columns of the weights."""


@dataclass(frozen=True)
class VectorStats:
    """The vector unit."""

    active_cycles: int
    """It ran a tile function."""
    waiting_dma_cycles: int
    """The next tile function waited for a transfer: for its rows, or behind a wait."""
    waiting_dependency_cycles: int
    """Another unit had not written, or still used, what the next tile function touches."""
    waiting_dispatch_cycles: int
    """The next tile function stood in the execute queue behind other instructions."""
    idle_cycles: int
    """It had nothing to do."""


@dataclass(frozen=True)
class MemoryWait:
    """Cycles in `waiting_memory_cycles`, by what the awaited response was doing; they sum to it."""

    network_cycles: int
    """It, or its request, was on the network."""
    channel_cycles: int
    """Its request waited at the channel, behind others."""
    refresh_cycles: int
    """A refresh kept it."""
    bank_cycles: int
    """The row of its bank was being opened."""
    bus_cycles: int
    """It waited for the data bus: for its direction, its timing, and other commands."""
    access_cycles: int
    """The DRAM was reading or writing it."""
    cache_cycles: int
    """It was in the L2 cache."""
    port_cycles: int
    """It waited at the port of the core, behind other responses."""


@dataclass(frozen=True)
class DmaStats:
    """The DMA engine."""

    active_cycles: int
    """At least one request was injected, or a descriptor without any was served."""
    waiting_hazard_cycles: int
    """Descriptors stood in the queues, none could start."""
    waiting_memory_cycles: int
    """Nothing to inject, responses on their way."""
    idle_cycles: int
    """It had nothing to do."""
    memory_wait: MemoryWait
    """What the responses waited for were doing."""
    read_requests: int
    """Blocks requested by loads."""
    write_requests: int
    """Blocks sent by stores."""
    remote_requests: int
    """Of both, those to another NUMA partition than the core's own; the others are local."""


@dataclass(frozen=True)
class InstructionCounts:
    """Instructions decoded, by kind."""

    movin: int
    """Loads."""
    movout: int
    """Stores."""
    matmul: int
    """Matmuls that are not empty."""
    preload: int
    """Preloads that are not empty."""
    vector: int
    """Calls of tile functions."""
    bar: int
    """Waits."""

    @property
    def comp(self) -> int:
        """All compute instructions."""
        return self.matmul + self.preload + self.vector


@dataclass(frozen=True)
class WorkCounts:
    """What the instructions asked for, whatever time it took."""

    macs_8_bit: int
    """Multiply-accumulates with weights of one byte."""
    macs_16_bit: int
    """Multiply-accumulates with weights of two bytes."""
    macs_32_bit: int
    """Multiply-accumulates with weights of three or four bytes."""
    macs_64_bit: int
    """Multiply-accumulates with weights of more than four bytes."""
    load_bytes: int
    """Bytes of the elements that loads brought, without the rest of their blocks."""
    store_bytes: int
    """Bytes of the elements that stores sent."""
    spad_read_bytes: int
    """Bytes of the scratchpad rectangles that instructions read, each once."""
    spad_write_bytes: int
    """Bytes of the scratchpad rectangles that instructions wrote, each once."""

    @property
    def macs(self) -> int:
        """All multiply-accumulates."""
        return self.macs_8_bit + self.macs_16_bit + self.macs_32_bit + self.macs_64_bit


@dataclass(frozen=True)
class CoreSample:
    """Active cycles of a core from the start up to one moment."""

    cycle: int
    """The moment: a multiple of the period."""
    array_active_cycles: tuple[int, ...]
    """Of each array."""
    vector_active_cycles: int
    """Of the vector unit."""
    dma_active_cycles: int
    """Of the DMA engine."""


@dataclass(frozen=True)
class CoreStats:
    """One core; the states of each unit sum to `total_cycles`."""

    front: FrontStats
    """The decoder."""
    execute: ExecuteStats
    """The execute queue."""
    arrays: tuple[ArrayStats, ...]
    """Each systolic array."""
    vector: VectorStats
    """The vector unit."""
    dma: DmaStats
    """The DMA engine."""
    instructions: InstructionCounts
    """Instructions decoded."""
    work: WorkCounts
    """What the instructions asked for."""
    samples: tuple[CoreSample, ...]
    """One every `core_stats_print_period_cycles`; empty when that is 0."""


@dataclass(frozen=True)
class ChannelStats:
    """One DRAM channel."""

    reads: int
    """Read requests served."""
    writes: int
    """Write requests served."""
    bytes: int
    """Requests times `dram_req_size_byte`: what the channel moved."""
    gb_per_second: float
    """`bytes` over `simulated_seconds`, in 10^9 bytes a second."""
    utilization: float
    """Share of the bytes the channel could have moved without a refresh, from 0 to 1."""
    refresh_wait_cycles: int
    """DRAM cycles in which nothing but a refresh kept a request from starting."""
    turnaround_wait_cycles: int
    """DRAM cycles in which a request could have started but for the direction of the bus."""
    refreshes: int
    """Refreshes that began: with the detailed model the commands for them."""
    controller: ControllerFigures | None
    """Rows, waits, latencies and commands of the detailed model; none of the simple one."""
    reads_by_period: tuple[int, ...]
    """Reads started in each `dram_stats_print_period_cycles`; empty when that is 0."""
    writes_by_period: tuple[int, ...]
    """Writes started in each `dram_stats_print_period_cycles`; empty when that is 0."""


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
