"""The log that users of such simulators know, with every figure computed from the result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.togsim.convert import channel_peak
from npu.togsim.log_attribution import attribution_lines, launch_lines, request_lines
from npu.togsim.result import Result, write_whole
from npu.togsim.stats import ChannelStats, CoreStats, MemoryWait


def write_log(path: Path, result: Result, machine: Machine) -> None:
    """Writes the log to `path`, whole or not at all. Raises UserError when that cannot be."""
    try:
        write_whole(path, "\n".join(log_lines(result, machine)) + "\n")
    except OSError as error:
        raise UserError(
            f"log {path}: cannot be written ({error.strerror}); name a file in a folder that exists"
        ) from error


def log_lines(result: Result, machine: Machine) -> Iterator[str]:
    """The lines of the log, in order."""
    yield from _periods(result, machine)
    yield from launch_lines(result)
    yield from attribution_lines(result)
    yield from request_lines(result)
    yield from _instructions(result)
    yield from _dram(result, machine)
    for index, core in enumerate(result.cores):
        yield from _core(index, core, result, machine)
    yield f"Total execution cycles: {result.total_cycles}"
    yield f"Wall-clock time for simulation: {result.wall_seconds:.6f} seconds"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 0.0:.2f}"


def _periods(result: Result, machine: Machine) -> Iterator[str]:
    for index, core in enumerate(result.cores):
        for sample in core.samples:
            arrays = " ".join(
                f"Systolic array [{i}] active_cycles {cycles}"
                for i, cycles in enumerate(sample.array_active_cycles)
            )
            yield (
                f"[Core {index}] cycle {sample.cycle} | {arrays} | "
                f"Vector unit active_cycles {sample.vector_active_cycles} | "
                f"DMA active_cycles {sample.dma_active_cycles}"
            )
    length = machine.dram_stats_print_period_cycles
    for index, channel in enumerate(result.channels):
        pairs = zip(channel.reads_by_period, channel.writes_by_period, strict=True)
        for period, (reads, writes) in enumerate(pairs):
            moved = (reads + writes) * machine.dram_req_size_byte
            per_second = float(moved * 10**12 / (length * machine.dram_cycle_ps))
            yield (
                f"[DRAM] DRAM cycles {period * length}-{(period + 1) * length} channel {index} | "
                f"{per_second / 1e9:.2f} GB/s avg. | {reads} reads, {writes} writes"
            )


def _instructions(result: Result) -> Iterator[str]:
    yield "===== Instructions count ====="
    for index, core in enumerate(result.cores):
        counts = core.instructions
        yield (
            f"Core [{index}] : MOVIN {counts.movin} MOVOUT {counts.movout} COMP {counts.comp} "
            f"(GEMM {counts.matmul}, PRELOAD {counts.preload}, Vector {counts.vector}) "
            f"BAR {counts.bar}"
        )


def _dram(result: Result, machine: Machine) -> Iterator[str]:
    for index, channel in enumerate(result.channels):
        yield f"[DRAM] channel {index} | {_channel(channel)}"
    reads = sum(channel.reads for channel in result.channels)
    writes = sum(channel.writes for channel in result.channels)
    total = sum(channel.gb_per_second for channel in result.channels)
    peak = channel_peak(machine) * len(result.channels) / 1e9
    yield (
        f"[DRAM] all {len(result.channels)} channels | {total:.2f} GB/s avg., "
        f"{100 * total / peak:.2f}% of utilization | {reads} reads, {writes} writes"
    )


def _channel(channel: ChannelStats) -> str:
    return (
        f"{channel.gb_per_second:.2f} GB/s avg., {100 * channel.utilization:.2f}% of utilization | "
        f"{channel.reads} reads, {channel.writes} writes | "
        f"refresh held requests back for {channel.refresh_wait_cycles} DRAM cycles, "
        f"bus turnarounds for {channel.turnaround_wait_cycles}"
    )


def _core(index: int, core: CoreStats, result: Result, machine: Machine) -> Iterator[str]:
    total = result.total_cycles
    yield f"========= Core stat ========= [Core {index}]"
    for number, array in enumerate(core.arrays):
        yield (
            f"Systolic array [{number}] utilization(%) {_percent(array.active_cycles, total)}, "
            f"active_cycles {array.active_cycles}, idle_cycles {array.idle_cycles}, "
            f"waiting for DMA {array.waiting_dma_cycles}, "
            f"other units {array.waiting_dependency_cycles}, "
            f"accumulators {array.waiting_accumulators_cycles}, "
            f"weights {array.waiting_weights_cycles}, "
            f"the weight port {array.waiting_port_cycles}, "
            f"a weight slot {array.waiting_slot_cycles}, "
            f"dispatch {array.waiting_dispatch_cycles}, "
            f"draining {array.draining_cycles}"
        )
    yield (
        f"Vector unit utilization(%) {_percent(core.vector.active_cycles, total)}, "
        f"active_cycles {core.vector.active_cycles}, idle_cycles {core.vector.idle_cycles}, "
        f"waiting for DMA {core.vector.waiting_dma_cycles}, "
        f"other units {core.vector.waiting_dependency_cycles}, "
        f"dispatch {core.vector.waiting_dispatch_cycles}"
    )
    yield from _dma(core, result, machine)
    yield (
        f"Execute queue active_cycles {core.execute.active_cycles}, "
        f"waiting for tokens {core.execute.waiting_token_cycles} "
        f"(transfer queued {core.execute.waiting_token_queued_cycles}, "
        f"injecting {core.execute.waiting_token_injecting_cycles}, "
        f"in memory {core.execute.waiting_token_memory_cycles}), "
        f"arrays {core.execute.waiting_array_cycles}, "
        f"the vector unit {core.execute.waiting_vector_cycles}, "
        f"idle_cycles {core.execute.idle_cycles}"
    )
    yield f"Total_cycles {total}"


def _dma(core: CoreStats, result: Result, machine: Machine) -> Iterator[str]:
    requests = core.dma.read_requests + core.dma.write_requests
    seconds = result.simulated_seconds
    moved = requests * machine.dram_req_size_byte
    yield (
        f"DMA active_cycles {core.dma.active_cycles}, DMA idle_cycles {core.dma.idle_cycles}, "
        f"waiting for hazards {core.dma.waiting_hazard_cycles}, "
        f"memory {core.dma.waiting_memory_cycles} ({_memory_wait(core.dma.memory_wait)}), "
        f"DRAM BW {moved / seconds / 1e9 if seconds else 0.0:.2f} GB/s ({requests} responses)"
    )
    yield f"NUMA local memory: {requests} requests, remote memory: 0 requests"


def _memory_wait(wait: MemoryWait) -> str:
    return (
        f"network {wait.network_cycles}, channel {wait.channel_cycles}, "
        f"refresh {wait.refresh_cycles}, bank {wait.bank_cycles}, bus {wait.bus_cycles}, "
        f"access {wait.access_cycles}, L2 {wait.cache_cycles}, port {wait.port_cycles}"
    )
