"""The few figures of a machine that tiling decisions need, in core cycles."""

from __future__ import annotations

from dataclasses import dataclass

from npu.configs.array_passes import ArrayPasses
from npu.configs.machine import Machine


@dataclass(frozen=True)
class Device:
    """What a mapping is chosen for."""

    cores: int
    arrays: int
    """Systolic arrays of a core."""
    array_size: int
    """Rows, and columns, of an array."""
    spad_bytes: int
    """Scratchpad of a core."""
    dram_bytes_per_cycle: float
    """What all DRAM channels move together in one core cycle."""
    port_bytes_per_cycle: float
    """What the DMA engine of one core can request in one core cycle."""
    vector_elements: int
    """Elements of 4 bytes that a vector instruction passes in a cycle."""
    vector_units: int
    """Units of each kind of vector instruction."""
    dram_page_bytes: int
    """Bytes of a DRAM page over all channels; 0 where the memory model knows no rows."""
    array_passes: ArrayPasses
    """How often each element type passes through an array."""
    dram_latency_cycles: float
    """From a request to its response on an idle device, in core cycles."""

    def rate(self, busy_cores: int) -> float:
        """Bytes per core cycle that `busy_cores` cores move together."""
        return min(self.dram_bytes_per_cycle, busy_cores * self.port_bytes_per_cycle)


def device_of(machine: Machine) -> Device:
    """The figures of `machine`."""
    core_hz = machine.core_freq_mhz * 1e6
    dram = machine.dram_latency_seconds
    network = 2 * machine.icnt_latency_seconds
    return Device(
        cores=len(machine.queue_cores(0)),
        arrays=machine.num_systolic_array_per_core,
        array_size=machine.array_size,
        spad_bytes=machine.spad_bytes,
        dram_bytes_per_cycle=machine.dram_bytes_per_second / core_hz,
        port_bytes_per_cycle=machine.icnt_injection_ports_per_core * machine.dram_req_size_byte,
        vector_elements=machine.datapath_bits // 32,
        vector_units=machine.core_timing.vector_add_units,
        array_passes=machine.array_passes,
        dram_page_bytes=machine.dram_page_bytes,
        dram_latency_cycles=(dram + network) * core_hz,
    )
