"""Every key of a machine: each figure that the compiler and the simulator may know of a device.

A field is a key of the machine's YAML file, under the same name, but for those marked `DERIVED`,
which hold what a file says that a key names. A field without a default is a figure that must be
given. The string under a field is its documentation (`docs/machines.md` is made from it). The rules
that the keys must keep stand apart (`rules.py`); `machine.py` puts both together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from npu.configs.array_passes import ArrayPasses
from npu.configs.attached import DERIVED
from npu.configs.core_timing import CoreTiming
from npu.configs.dram import DramModel
from npu.configs.energy import EnergyTable
from npu.configs.icnt import IcntModel
from npu.configs.l2d import L2Model, parse_l2d_config

DramType = Literal["simple", "ramulator2"]
IcntType = Literal["simple", "booksim2"]
L2dType = Literal["nocache", "datacache"]
Scheduler = Literal["simple", "fifo", "round_robin", "priority"]
SpecialFunctions = Literal["polynomial", "instruction"]
MappingStrategy = Literal[
    "heuristic", "autotune", "external", "external-then-heuristic", "external-then-autotune"
]


@dataclass(frozen=True, kw_only=True)
class MachineKeys:
    """The keys, and what follows from them, of a device that may not be valid."""

    # --- cores ---
    num_cores: int
    """Number of cores that share the DRAM."""

    core_freq_mhz: int
    """Clock of the cores, their arrays and their vector units, in whole MHz."""

    num_systolic_array_per_core: int = 1
    """Weight-stationary arrays of `vpu_num_lanes` x `vpu_num_lanes` in each core."""

    sa_weight_buffer_depth: int = 2
    """Weight tiles an array holds at once (2: the next one loads while this one computes)."""

    array_passes: ArrayPasses = field(default_factory=ArrayPasses)
    """How often each element type passes through the arrays (a mapping); 0 passes is a type that
    they do not take."""

    core_issue_width: int = 1
    """Instructions that a core's front decodes, and its execute queue dispatches, in a cycle."""

    core_type: tuple[str, ...] = ()
    """Kind of each core, `ws_mesh` or `stonne`, one entry a core; empty means all `ws_mesh`."""

    core_spad_size_kb: int = 0
    """Scratchpad of one core, all lanes together, in KB, for files that say it twice: must be
    `vpu_num_lanes` x `vpu_spad_size_kb_per_lane`. 0 leaves it unsaid."""

    core_stats_print_period_cycles: int = 0
    """Core cycles between two interim statistics prints; 0 prints only at the end."""

    num_stonne_per_core: int = 1
    """Sparse engines in each `stonne` core."""

    num_stonne_port: int = 1
    """Memory ports of each sparse engine."""

    stonne_config_path: str | None = None
    """File that describes the sparse engines of `stonne` cores."""

    core_timing: CoreTiming = field(default_factory=CoreTiming)
    """Issue widths, units and latencies of the core's front and vector unit (a mapping)."""

    # --- lanes ---
    vpu_num_lanes: int
    """Lanes of the vector unit, and rows and columns of each array."""

    vpu_spad_size_kb_per_lane: int
    """Scratchpad of one lane in KB (1024 bytes); the lanes together form one flat scratchpad."""

    vpu_vector_length_bits: int
    """Width of one lane's vector register in bits; times the lanes this is the datapath's width."""

    riscv_vlen_bits: int
    """VLEN of the RISC-V vector unit in bits: a power of two from 128 to 65536. A file that leaves
    it out gets the registers of all lanes together, `vpu_num_lanes` x `vpu_vector_length_bits`,
    rounded down to such a power."""

    # --- DRAM ---
    dram_type: DramType
    """Memory model: `simple` (fixed latency, capped bandwidth) or `ramulator2` (controllers, banks
    and their timings: docs/dram-files.md)."""

    dram_channels: int
    """Independent DRAM channels of the whole device."""

    dram_freq_mhz: int | None = None
    """Clock of the DRAM command bus, in whole MHz. With `dram_type: ramulator2` it follows from the
    file, and a figure given must agree; otherwise it is required."""

    dram_latency: int | None = None
    """Unloaded read latency of a channel in DRAM cycles; required, and only meant, with
    `dram_type: simple`."""

    dram_refresh_interval_ns: int = 0
    """Time between two refreshes (tREFI) in ns; 0 leaves refresh out (`dram_type: simple`)."""

    dram_refresh_ns: int = 0
    """Time a refresh keeps all banks of a channel busy (tRFC) in ns (`dram_type: simple`)."""

    dram_read_to_write_cycles: int = 0
    """DRAM cycles from a read to a following write of the same channel (tRTW), in which the data
    bus turns around; 0 leaves it out (`dram_type: simple`)."""

    dram_write_to_read_cycles: int = 0
    """DRAM cycles from a write to a following read of the same channel (write latency + burst +
    tWTR_L); 0 leaves it out (`dram_type: simple`)."""

    dram_req_size_byte: int = 32
    """Bytes of one DRAM request, a power of two; requests are aligned blocks of this size. With
    `dram_type: ramulator2` it must be what one transaction of the DRAM moves."""

    dram_bandwidth_gbps_per_channel: float | None = None
    """Cap on each channel's bandwidth in GB/s (10^9 bytes a second); not with the total one
    (`dram_type: simple`)."""

    dram_bandwidth_gbps_total: float | None = None
    """Cap on the bandwidth of all channels together in GB/s (10^9 bytes/s), shared evenly
    (`dram_type: simple`)."""

    dram_num_partitions: int = 1
    """NUMA partitions the channels are split over; `dram_channels` must be a multiple of it. Core c
    belongs to partition c * `dram_num_partitions` // `num_cores`."""

    dram_stats_print_period_cycles: int = 0
    """DRAM cycles between two interim statistics prints; 0 prints only at the end."""

    ramulator_config_path: str | None = field(default=None, compare=False)
    """Ramulator 2 configuration (of 2.0 or 2.1) for `dram_type: ramulator2`, relative to the YAML
    file. Its content is part of the machine, its path is not."""

    dram_model: DramModel | None = field(default=None, repr=False, metadata=DERIVED)
    """What the file at `ramulator_config_path` says; give it in its place to a machine made in
    Python."""

    # --- interconnect ---
    icnt_type: IcntType
    """Network between cores and channels: `simple` (fixed latency) or `booksim2` (routers and
    flits: docs/noc.md)."""

    icnt_latency_cycles: int | None = None
    """One-way latency of the network in its own cycles; required, and only meant, with
    `icnt_type: simple`."""

    icnt_freq_mhz: int
    """Clock of the network, in whole MHz."""

    icnt_injection_ports_per_core: int = 1
    """Requests a core may send into the network in one core cycle."""

    booksim_config_path: str | None = field(default=None, compare=False)
    """BookSim 2 configuration (.icnt) for `icnt_type: booksim2`, relative to the YAML file. Its
    content is part of the machine, its path is not."""

    icnt_model: IcntModel | None = field(default=None, repr=False, metadata=DERIVED)
    """What the file at `booksim_config_path` says; give it in its place to a machine made in
    Python."""

    icnt_stats_print_period_cycles: int = 0
    """Network cycles over which deliveries are summed for the log and the result; 0 leaves it."""

    # --- L2 ---
    l2d_type: L2dType = "nocache"
    """L2 data cache in front of the channels: `nocache`, or `datacache`, a slice a channel."""

    l2d_config: str | None = None
    """Geometry and policies of one L2 slice, in Accel-Sim's notation (docs/l2.md):
    `type:nset:line:assoc,sector,evict:write:alloc:write_alloc:index,mshr:entries:merge,missq:fifo,port_width`
    (`l2d_type: datacache`)."""

    l2d_hit_latency: int = 1
    """Cycles of the network from an access that hits to its response
    (`l2d_type: datacache`)."""

    # --- scheduler ---
    scheduler: Scheduler = "simple"
    """Which launch of a queue starts next: `fifo` (`simple` is the same), `round_robin` or
    `priority` (docs/scheduling.md)."""

    num_partition: int = 1
    """Launch queues; each has at least one core."""

    partition: tuple[tuple[str, int], ...] = ()
    """Launch queue of each core, a mapping `core_i: queue` that names every core; empty means all
    on queue 0."""

    # --- what a run does ---
    pytorchsim_functional_mode: Literal[0, 1] = 1
    """1 computes the values of the outputs, 0 does not."""

    pytorchsim_timing_mode: Literal[0, 1] = 1
    """1 simulates the cycles, 0 does not."""

    # --- compiler ---
    special_functions: SpecialFunctions = "polynomial"
    """How exp, tanh, erf, sin and cos are computed: by `polynomial` code or by an `instruction`."""

    codegen_mapping_strategy: MappingStrategy = "heuristic"
    """Where tile sizes come from."""

    codegen_external_mapping_file: str | None = None
    """JSON file of tile sizes by problem size, for the `external` strategies."""

    codegen_autotune_max_retry: int = 10
    """Failed candidates after which tuning of a kernel gives up."""

    codegen_autotune_template_topk: int = 4
    """Candidates of a contraction that tuning measures."""

    codegen_compiler_optimization: str | tuple[str, ...] = "all"
    """Fusions to apply: `all`, `none`, or a list of `fusion`, `reduction_epilogue`,
    `reduction_reduction`, `prologue`, `single_batch_conv`, `multi_tile_conv`, `subtile`."""

    # --- energy ---
    energy_cost_table_path: str | None = field(default=None, compare=False)
    """Table of the energy that each kind of action costs (docs/energy.md), relative to the YAML
    file. Its content is part of the machine, its path is not; without one there are no energies."""

    energy_table: EnergyTable | None = field(default=None, repr=False, metadata=DERIVED)
    """What the file at `energy_cost_table_path` says; give it in its place to a machine made in
    Python."""

    @property
    def core_queues(self) -> tuple[int, ...]:
        """The launch queue of each core."""
        queues = dict(self.partition)
        return tuple(queues.get(f"core_{core}", 0) for core in range(self.num_cores))

    def queue_cores(self, queue: int) -> tuple[int, ...]:
        """The cores of a launch queue, in order; none for a queue that does not exist."""
        return tuple(core for core, of in enumerate(self.core_queues) if of == queue)

    @property
    def array_size(self) -> int:
        """Rows, and columns, of one systolic array."""
        return self.vpu_num_lanes

    @property
    def spad_bytes(self) -> int:
        """Bytes of one core's scratchpad, all lanes together."""
        return self.vpu_num_lanes * self.vpu_spad_size_kb_per_lane * 1024

    @property
    def datapath_bits(self) -> int:
        """Bits that the vector unit processes in one cycle, all lanes together."""
        return self.vpu_num_lanes * self.vpu_vector_length_bits

    @property
    def icnt_latency_seconds(self) -> float:
        """One way through the idle network.

        In a detailed one: of one flit from the first port of core 0, the mean over all channels.
        """
        if self.icnt_model is None:
            assert self.icnt_latency_cycles is not None, "a rule has required it"
            return self.icnt_latency_cycles / (self.icnt_freq_mhz * 1e6)
        ports = self.num_cores * self.icnt_injection_ports_per_core
        channels = range(ports, ports + self.dram_channels)
        cycles = sum(self.icnt_model.zero_load_latency(0, to, 1) for to in channels)
        return cycles / len(channels) / (self.icnt_freq_mhz * 1e6)

    @property
    def dram_cycle_ps(self) -> Fraction:
        """A cycle of the DRAM's figures in ps, exactly; with a `dram_model`, a tick of it."""
        if self.dram_model is not None:
            return self.dram_model.tick_ps
        assert self.dram_freq_mhz is not None, "a rule has required it"
        return Fraction(10**6, self.dram_freq_mhz)

    @property
    def dram_latency_seconds(self) -> float:
        """Unloaded read of a closed bank, without the network."""
        if self.dram_model is not None:
            return float(self.dram_model.closed_read_ticks * self.dram_model.tick_ps / 10**12)
        assert self.dram_freq_mhz is not None, "a rule has required it"
        assert self.dram_latency is not None, "a rule has required it"
        return self.dram_latency / (self.dram_freq_mhz * 1e6)

    @property
    def dram_page_bytes(self) -> int:
        """Consecutive bytes that one open row in each channel of a partition holds.

        0 where the memory model knows no rows.
        """
        if self.dram_model is None:
            return 0
        return self.dram_channels // self.dram_num_partitions * self.dram_model.row_bytes

    @property
    def dram_peak_bytes_per_second(self) -> float:
        """What the channels can move without a cap: a request a DRAM cycle each, or all pins."""
        if self.dram_model is not None:
            return float(self.dram_channels * self.dram_model.peak_bytes_per_second)
        assert self.dram_freq_mhz is not None, "a rule has required it"
        per_channel = self.dram_req_size_byte * self.dram_freq_mhz * 1e6
        return self.dram_channels * per_channel

    @property
    def dram_available(self) -> float:
        """Share of the time in which the channels do not refresh, from 0 to 1."""
        if self.dram_model is not None:
            return float(self.dram_model.available)
        if self.dram_refresh_interval_ns == 0:
            return 1.0
        return 1.0 - self.dram_refresh_ns / self.dram_refresh_interval_ns

    @property
    def dram_bytes_per_second(self) -> float:
        """What the channels can move together, between refreshes: the peak, or a lower cap."""
        caps = [self.dram_peak_bytes_per_second]
        if self.dram_bandwidth_gbps_total is not None:
            caps.append(self.dram_bandwidth_gbps_total * 1e9)
        if self.dram_bandwidth_gbps_per_channel is not None:
            caps.append(self.dram_bandwidth_gbps_per_channel * 1e9 * self.dram_channels)
        return min(caps) * self.dram_available

    @property
    def l2d_model(self) -> L2Model | None:
        """What `l2d_config` describes; None without an L2."""
        return None if self.l2d_config is None else parse_l2d_config(self.l2d_config)

    @property
    def peak_macs_per_second(self) -> float:
        """Multiply-accumulates that all arrays of all cores can do in a second."""
        arrays = self.num_cores * self.num_systolic_array_per_core
        return arrays * self.array_size**2 * self.core_freq_mhz * 1e6
