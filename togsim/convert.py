"""Between the Python dataclasses and the plain structs of the C++ module."""

from __future__ import annotations

import math
from fractions import Fraction

from npu.configs.machine import Machine
from npu.togsim import _togsim
from npu.togsim.dram.spec import dram_spec
from npu.togsim.graph import Launch, Program
from npu.togsim.l2 import l2_spec
from npu.togsim.noc import noc_spec
from npu.togsim.report.attribution import (
    Activity,
    LaunchStats,
    activity,
    added,
    distinct_names,
    nothing,
)
from npu.togsim.report.dram_figures import controller_figures
from npu.togsim.report.stats import (
    ArrayStats,
    ChannelStats,
    CoreSample,
    CoreStats,
    DmaStats,
    ExecuteStats,
    FrontStats,
    InstructionCounts,
    MemoryWait,
    VectorStats,
    WorkCounts,
)

_COPIED = (
    "num_cores",
    "core_freq_mhz",
    "core_issue_width",
    "num_partition",
    "num_systolic_array_per_core",
    "sa_weight_buffer_depth",
    "vpu_num_lanes",
    "dram_channels",
    "dram_num_partitions",
    "dram_freq_mhz",
    "dram_latency",
    "dram_read_to_write_cycles",
    "dram_req_size_byte",
    "dram_refresh_interval_ns",
    "dram_refresh_ns",
    "l2d_hit_latency",
    "icnt_latency_cycles",
    "icnt_freq_mhz",
    "icnt_injection_ports_per_core",
    "dram_stats_print_period_cycles",
    "icnt_stats_print_period_cycles",
    "dram_write_to_read_cycles",
    "core_stats_print_period_cycles",
    "scheduler",
)


def machine_spec(machine: Machine, *, planned: bool = False) -> _togsim.MachineSpec:
    """The figures of `machine` that the simulator uses; `planned` caches only the plan."""
    spec = _togsim.MachineSpec()
    for name in _COPIED:
        value = getattr(machine, name)
        if value is not None:  # figures of the simple model, absent with a detailed one
            setattr(spec, name, value)
    spec.partition = list(machine.core_queues)
    if machine.l2d_model is not None:
        spec.l2d_model = l2_spec(machine.l2d_model, machine.dram_req_size_byte, planned=planned)
    spec.dram_channel_bytes_per_second = channel_cap(machine)
    if machine.dram_model is not None:
        spec.dram_model = dram_spec(machine.dram_model)
    if machine.icnt_model is not None:
        spec.icnt_model = noc_spec(machine.icnt_model)
        assert machine.icnt_model.flit_size is not None, "a rule has required it"
        spec.icnt_flit_bytes = machine.icnt_model.flit_size
    return spec


def channel_cap(machine: Machine) -> int:
    """The bandwidth cap of one channel in bytes a second; 0 when there is none."""
    if machine.dram_bandwidth_gbps_per_channel is not None:
        return round(machine.dram_bandwidth_gbps_per_channel * 1e9)
    if machine.dram_bandwidth_gbps_total is not None:
        return round(machine.dram_bandwidth_gbps_total * 1e9 / machine.dram_channels)
    return 0


def channel_peak(machine: Machine) -> int:
    """Bytes a second that one channel can move: a request a DRAM cycle, the cap, or its pins."""
    if machine.dram_model is not None:
        return int(machine.dram_model.peak_bytes_per_second)
    peak = int(machine.dram_req_size_byte * 10**12 / machine.dram_cycle_ps)
    cap = channel_cap(machine)
    return min(peak, cap) if cap else peak


def core_stats(raw: _togsim.CoreStats) -> CoreStats:
    """One core's figures."""
    counts = raw.counts
    return CoreStats(
        front=FrontStats(*raw.front),
        execute=ExecuteStats(*raw.execute),
        arrays=tuple(ArrayStats(*array.cycles, macs=array.macs) for array in raw.arrays),
        vector=VectorStats(*raw.vector),
        dma=DmaStats(
            *raw.dma,
            memory_wait=MemoryWait(*raw.memory_wait),
            read_requests=raw.read_requests,
            write_requests=raw.write_requests,
            remote_requests=raw.remote_requests,
        ),
        instructions=InstructionCounts(
            counts.movin,
            counts.movout,
            counts.matmul,
            counts.preload,
            counts.vector,
            counts.bar,
        ),
        work=WorkCounts(
            *raw.macs_by_width,
            load_bytes=raw.load_bytes,
            store_bytes=raw.store_bytes,
            spad_read_bytes=raw.spad_read_bytes,
            spad_write_bytes=raw.spad_write_bytes,
        ),
        samples=tuple(
            CoreSample(s.cycle, tuple(s.array_active), s.vector_active, s.dma_active)
            for s in raw.samples
        ),
    )


def channel_stats(
    raw: _togsim.ChannelStats, index: int, machine: Machine, total_cycles: int
) -> ChannelStats:
    """The figures of channel number `index` over a run of `total_cycles` core cycles."""
    controller = None
    if raw.controller is not None and machine.dram_model is not None:
        controller = controller_figures(raw.controller, machine.dram_model)
    moved = (raw.reads + raw.writes) * machine.dram_req_size_byte
    seconds = total_cycles / (machine.core_freq_mhz * 1e6)
    per_second = moved / seconds if total_cycles else 0.0
    return ChannelStats(
        reads=raw.reads,
        writes=raw.writes,
        bytes=moved,
        gb_per_second=per_second / 1e9,
        utilization=per_second / channel_peak(machine),
        refresh_wait_cycles=raw.refresh_wait_cycles,
        turnaround_wait_cycles=raw.turnaround_wait_cycles,
        refreshes=(
            _refreshes(index, machine, total_cycles)
            if controller is None
            else controller.commands.get("REFab", 0)
        ),
        controller=controller,
        reads_by_period=tuple(raw.reads_by_period),
        writes_by_period=tuple(raw.writes_by_period),
    )


def _refreshes(index: int, machine: Machine, total_cycles: int) -> int:
    """Refreshes of a channel of the simple model that began before the end of the run.

    The first begins after (index + 1) / channels of an interval (docs/timing-model.md).
    """
    if machine.dram_refresh_interval_ns == 0:
        return 0
    interval = int(machine.dram_refresh_interval_ns * 1000 / machine.dram_cycle_ps)
    first = interval * (index + 1) // machine.dram_channels
    end = Fraction(total_cycles * 10**6, machine.core_freq_mhz) / machine.dram_cycle_ps
    return max(0, math.ceil((end - first) / interval))


def whole_activity(raw: _togsim.SimulationResult) -> Activity:
    """What all cores did in the whole run."""
    first, *others = (activity(core.activity, raw.total_cycles) for core in raw.cores)
    return added(others, first)


def launch_stats(
    raw: _togsim.SimulationResult, program: Program, whole: Activity
) -> tuple[LaunchStats, ...]:
    """Every launch's figures, in order; `whole` is the activity of the whole run."""
    activities = [nothing(whole)] * len(raw.launches)
    for core in raw.cores:
        for share in core.shares:
            part = activity(share.activity, share.end - share.begin)
            activities[share.launch] = added([part], activities[share.launch])
    names = distinct_names([kernel.name for kernel in program.kernels])
    return tuple(
        _launch(stats, names[launch.kernel], launch, done)
        for stats, launch, done in zip(raw.launches, program.launches, activities, strict=True)
    )


def _launch(raw: _togsim.LaunchStats, name: str, launch: Launch, done: Activity) -> LaunchStats:
    return LaunchStats(
        kernel=name,
        torch_ops=launch.torch_ops,
        torch_lines=launch.torch_lines,
        queue=launch.queue,
        priority=launch.priority,
        request=launch.request,
        indices=launch.indices_from,
        request_number=raw.request,
        arrival=raw.arrival,
        ready=raw.ready,
        start=raw.start,
        end=raw.end,
        activity=done,
    )
