# The C++ simulator. Counts of unit states are lists in the order of the fields in stats.py.

from typing import final

class SimulationError(Exception): ...

@final
class MachineSpec:
    num_cores: int
    core_freq_mhz: int
    num_systolic_array_per_core: int
    sa_weight_buffer_depth: int
    vpu_num_lanes: int
    dram_channels: int
    dram_freq_mhz: int
    dram_latency: int
    dram_req_size_byte: int
    dram_refresh_interval_ns: int
    dram_refresh_ns: int
    dram_read_to_write_cycles: int
    dram_write_to_read_cycles: int
    dram_channel_bytes_per_second: int
    icnt_latency_cycles: int
    icnt_freq_mhz: int
    icnt_injection_ports_per_core: int
    dram_stats_print_period_cycles: int
    core_stats_print_period_cycles: int
    def __init__(self) -> None: ...

@final
class InstructionCounts:
    @property
    def movin(self) -> int: ...
    @property
    def movout(self) -> int: ...
    @property
    def matmul(self) -> int: ...
    @property
    def preload(self) -> int: ...
    @property
    def vector(self) -> int: ...
    @property
    def bar(self) -> int: ...

@final
class ArrayStats:
    @property
    def cycles(self) -> list[int]: ...
    @property
    def macs(self) -> int: ...

@final
class CoreSample:
    @property
    def cycle(self) -> int: ...
    @property
    def array_active(self) -> list[int]: ...
    @property
    def vector_active(self) -> int: ...
    @property
    def dma_active(self) -> int: ...

@final
class ChannelStats:
    @property
    def reads(self) -> int: ...
    @property
    def writes(self) -> int: ...
    @property
    def refresh_wait_cycles(self) -> int: ...
    @property
    def turnaround_wait_cycles(self) -> int: ...
    @property
    def reads_by_period(self) -> list[int]: ...
    @property
    def writes_by_period(self) -> list[int]: ...

@final
class LaunchStats:
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...

@final
class LaunchShare:
    @property
    def launch(self) -> int: ...
    @property
    def begin(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def activity(self) -> list[int]: ...

@final
class CoreStats:
    @property
    def front(self) -> list[int]: ...
    @property
    def execute(self) -> list[int]: ...
    @property
    def vector(self) -> list[int]: ...
    @property
    def dma(self) -> list[int]: ...
    @property
    def arrays(self) -> list[ArrayStats]: ...
    @property
    def counts(self) -> InstructionCounts: ...
    @property
    def read_requests(self) -> int: ...
    @property
    def write_requests(self) -> int: ...
    @property
    def samples(self) -> list[CoreSample]: ...
    @property
    def activity(self) -> list[int]: ...
    @property
    def macs_by_width(self) -> list[int]: ...
    @property
    def load_bytes(self) -> int: ...
    @property
    def store_bytes(self) -> int: ...
    @property
    def spad_read_bytes(self) -> int: ...
    @property
    def spad_write_bytes(self) -> int: ...
    @property
    def shares(self) -> list[LaunchShare]: ...

@final
class TraceSpec:
    enabled: bool
    begin: int
    end: int
    every: int
    limit: int
    def __init__(self) -> None: ...

@final
class Trace:
    @property
    def records(self) -> bytes: ...
    @property
    def spans(self) -> bytes: ...
    @property
    def left_out(self) -> int: ...
    @property
    def complete_until(self) -> int: ...

@final
class SimulationResult:
    @property
    def total_cycles(self) -> int: ...
    @property
    def events(self) -> int: ...
    @property
    def launches(self) -> list[LaunchStats]: ...
    @property
    def cores(self) -> list[CoreStats]: ...
    @property
    def channels(self) -> list[ChannelStats]: ...
    @property
    def trace(self) -> Trace: ...

def run(
    packed: bytes, names: list[str], machine: MachineSpec, trace: TraceSpec
) -> SimulationResult: ...

@final
class DramConstraint:
    level: int
    preceding: list[int]
    following: list[int]
    latency: int
    window: int
    sibling: bool
    def __init__(
        self,
        level: int,
        preceding: list[int],
        following: list[int],
        latency: int,
        window: int = 1,
        sibling: bool = False,
    ) -> None: ...

@final
class DramSpec:
    standard: str
    controller: str
    level_names: list[str]
    level_counts: list[int]
    mapping: list[int]
    mapping_bits: list[int]
    mapping_xor: list[int]
    commands: list[str]
    command_ticks: list[int]
    constraints: list[DramConstraint]
    read_latency: int
    burst_ticks: int
    refresh_interval: int
    refresh_level: int
    read_queue: int
    write_queue: int
    priority_queue: int
    write_high_entries: int
    write_low_entries: int
    tx_bytes: int
    tick_num: int
    tick_den: int
    aad: int
    wck_read: int
    wck_write: int
    wck_always_on: bool
    def __init__(self) -> None: ...
