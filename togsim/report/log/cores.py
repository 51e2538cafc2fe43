"""The log's lines about the cores: instructions, unit states, waits, periods."""

from __future__ import annotations

from collections.abc import Iterator

from npu.configs.machine import Machine
from npu.togsim.report.result import Result
from npu.togsim.report.stats import CoreStats, MemoryWait


def core_period_lines(result: Result) -> Iterator[str]:
    """Active cycles of each core up to each `core_stats_print_period_cycles`."""
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


def instruction_lines(result: Result) -> Iterator[str]:
    """The instructions of each core."""
    yield "===== Instructions count ====="
    for index, core in enumerate(result.cores):
        counts = core.instructions
        yield (
            f"Core [{index}] : MOVIN {counts.movin} MOVOUT {counts.movout} COMP {counts.comp} "
            f"(GEMM {counts.matmul}, PRELOAD {counts.preload}, Vector {counts.vector}) "
            f"BAR {counts.bar}"
        )


def core_lines(index: int, core: CoreStats, result: Result, machine: Machine) -> Iterator[str]:
    """The block of one core."""
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
    remote = core.dma.remote_requests
    yield f"NUMA local memory: {requests - remote} requests, remote memory: {remote} requests"


def _memory_wait(wait: MemoryWait) -> str:
    return (
        f"network {wait.network_cycles}, channel {wait.channel_cycles}, "
        f"refresh {wait.refresh_cycles}, bank {wait.bank_cycles}, bus {wait.bus_cycles}, "
        f"access {wait.access_cycles}, L2 {wait.cache_cycles}, port {wait.port_cycles}"
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 0.0:.2f}"
