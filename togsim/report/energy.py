"""The energy of a run: how often each action occurred, times what the machine's table says.

Only what a table states is counted. An action that occurred without a figure is an error: a sum
that leaves something out would look like a whole. docs/energy.md defines each action's count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from npu.configs.energy import EnergyTable
from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.togsim.report.attribution import Activity, Attribution
from npu.togsim.report.l2_stats import CacheAccesses, SliceStats
from npu.togsim.report.network_figures import HEADER_BYTES, NetworkFigures
from npu.togsim.report.stats import ChannelStats

COMPONENTS = {
    "array": "arrays",
    "vector": "vector units",
    "spad": "scratchpads",
    "icnt": "network",
    "l2": "L2",
    "dram": "DRAM",
}
"""First word of an action -> the component it belongs to."""


@dataclass(frozen=True)
class ActionEnergy:
    """All of one kind of action."""

    action: str
    """Its name in the table."""
    count: int
    """How often it occurred."""
    joules: float
    """All of them together."""


@dataclass(frozen=True)
class ComponentEnergy:
    """All actions of one component."""

    component: str
    """Arrays, vector units, scratchpads, network, L2, DRAM, or static power."""
    joules: float
    """All of them together."""


@dataclass(frozen=True)
class KernelEnergy:
    """The launches of one kernel together."""

    kernel: str
    """Name of the kernel."""
    joules: float
    """What its cores' actions cost, and its requests' shares of the memory system's actions."""


@dataclass(frozen=True)
class Energy:
    """The energy of a run by the figures of one table."""

    table: str
    """File name of the table."""
    total_joules: float
    """Everything counted, static power included."""
    average_watts: float
    """`total_joules` over the simulated seconds; 0 when nothing took time."""
    components: tuple[ComponentEnergy, ...]
    """By component; they sum to the total."""
    actions: tuple[ActionEnergy, ...]
    """By kind of action, those that occurred; with static power they sum to the total."""
    kernels: tuple[KernelEnergy, ...]
    """By kernel; with `unattributed_joules` they sum to the total."""
    unattributed_joules: float
    """Refreshes and static power, which are nobody's."""


def core_counts(activity: Activity, machine: Machine) -> dict[str, int]:
    """Occurrences of the actions of cores."""
    work = activity.work
    return {
        "array_mac_8_bit": work.macs_8_bit,
        "array_mac_16_bit": work.macs_16_bit,
        "array_mac_32_bit": work.macs_32_bit,
        "array_mac_64_bit": work.macs_64_bit,
        "vector_word_cycle": activity.vector.active_cycles * (machine.datapath_bits // 32),
        "spad_read_byte": work.spad_read_bytes,
        "spad_write_byte": work.spad_write_bytes,
    }


def memory_counts(
    whole: Activity,
    channels: Sequence[ChannelStats],
    slices: Sequence[SliceStats],
    network: NetworkFigures | None,
    machine: Machine,
) -> dict[str, int]:
    """Occurrences of the actions of the memory system; `whole` is what all cores did."""
    block = machine.dram_req_size_byte
    requests = whole.dma.read_requests + whole.dma.write_requests
    controllers = [c.controller for c in channels if c.controller is not None]
    forwarded = sum(controller.forwarded_reads for controller in controllers)
    absorbed = sum(controller.absorbed_writes for controller in controllers)
    return {
        "icnt_byte": requests * (block + HEADER_BYTES) if network is None else 0,
        "icnt_byte_hop": 0 if network is None else _byte_hops(network, machine),
        "l2_read_byte": sum(_taken(one.reads) + one.write_backs for one in slices) * block,
        "l2_write_byte": sum(_taken(one.writes) + one.fetches for one in slices) * block,
        "dram_activation": sum(sum(controller.activations) for controller in controllers),
        "dram_read_bit": (sum(c.reads for c in channels) - forwarded) * block * 8,
        "dram_write_bit": (sum(c.writes for c in channels) - absorbed) * block * 8,
        "dram_refresh": sum(channel.refreshes for channel in channels),
    }


def _byte_hops(network: NetworkFigures, machine: Machine) -> int:
    flit = None if machine.icnt_model is None else machine.icnt_model.flit_size
    assert flit is not None, "a rule has required it"
    return sum(network.link_flits) * flit


def _taken(accesses: CacheAccesses) -> int:
    """Those that did not go past the cache."""
    return accesses.total - accesses.bypassed


def energy_of(
    machine: Machine,
    cores: Mapping[str, int],
    memory: Mapping[str, int],
    kernels: Sequence[Attribution],
    core_cycles: int,
) -> Energy | None:
    """The energy of a run with these occurrences of the actions of cores and memory.

    `core_cycles` are its cycles summed over the cores. None when the machine has no table; raises
    UserError for an action that occurred and has no figure.
    """
    table = machine.energy_table
    if table is None:
        return None
    seconds = core_cycles / machine.num_cores / (machine.core_freq_mhz * 1e6)
    counts = {action: count for action, count in {**cores, **memory}.items() if count}
    each = {action: _cost(table, action, count) for action, count in counts.items()}
    actions = tuple(
        ActionEnergy(action, count, count * each[action]) for action, count in counts.items()
    )
    static = 0.0 if table.static_power is None else table.static_power.value * seconds
    total = sum(line.joules for line in actions) + static
    by_kernel = _by_kernel(actions, each, kernels, machine)
    return Energy(
        table=table.name,
        total_joules=total,
        average_watts=total / seconds if seconds else 0.0,
        components=_by_component(actions, static),
        actions=actions,
        kernels=by_kernel,
        unattributed_joules=static
        + sum(line.joules for line in actions if line.action == "dram_refresh"),
    )


def _cost(table: EnergyTable, action: str, count: int) -> float:
    cost = table.cost(action)
    if cost is None:
        raise UserError(
            f"energy table {table.name}: no figure for '{action}', which occurred {count:,} times; "
            f"expected one for everything that occurs; add '{action}' with its energy, unit, node "
            "and source"
        )
    return cost.value


def _by_component(actions: Sequence[ActionEnergy], static: float) -> tuple[ComponentEnergy, ...]:
    sums = dict.fromkeys(COMPONENTS.values(), 0.0)
    for line in actions:
        sums[COMPONENTS[line.action.split("_")[0]]] += line.joules
    sums["static power"] = static
    return tuple(ComponentEnergy(name, joules) for name, joules in sums.items())


def _by_kernel(
    actions: Sequence[ActionEnergy],
    each: Mapping[str, float],
    kernels: Sequence[Attribution],
    machine: Machine,
) -> tuple[KernelEnergy, ...]:
    """A kernel's own actions, and the memory system's in proportion to its requests."""
    shared = _Shared(actions, kernels)
    found: list[KernelEnergy] = []
    for kernel in kernels:
        own = core_counts(kernel.activity, machine)
        joules = sum(count * each[action] for action, count in own.items() if count)
        found.append(KernelEnergy(kernel.name, joules + shared.of(kernel.activity)))
    return tuple(found)


class _Shared:
    """The energy of the memory system by the reads and writes of all kernels.

    What is only of reads goes by reads, what is only of writes by writes, the rest by both.
    """

    def __init__(self, actions: Sequence[ActionEnergy], kernels: Sequence[Attribution]) -> None:
        memory = [line for line in actions if line.action.split("_")[0] in ("icnt", "l2", "dram")]
        self.reads = sum(k.activity.dma.read_requests for k in kernels)
        self.writes = sum(k.activity.dma.write_requests for k in kernels)
        self.of_reads = sum(line.joules for line in memory if line.action == "dram_read_bit")
        self.of_writes = sum(line.joules for line in memory if line.action == "dram_write_bit")
        unshared = ("dram_read_bit", "dram_write_bit", "dram_refresh")
        self.of_both = sum(line.joules for line in memory if line.action not in unshared)
        if self.reads == 0 or self.writes == 0:  # then the other direction asked for all of it
            self.of_both += self.of_reads + self.of_writes
            self.of_reads = self.of_writes = 0.0

    def of(self, activity: Activity) -> float:
        reads, writes = activity.dma.read_requests, activity.dma.write_requests
        if self.reads + self.writes == 0:
            return 0.0
        both = self.of_both * (reads + writes) / (self.reads + self.writes)
        if self.reads == 0 or self.writes == 0:
            return both
        return both + self.of_reads * reads / self.reads + self.of_writes * writes / self.writes
