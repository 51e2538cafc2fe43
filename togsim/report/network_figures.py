"""What networks count: the detailed one in all (docs/noc.md), and any one period by period."""

from __future__ import annotations

from dataclasses import dataclass

from npu.configs.machine import Machine
from npu.togsim import _togsim

HEADER_BYTES = 8
"""A read request, or the acknowledgement of a write, on the network."""


@dataclass(frozen=True)
class NetworkFigures:
    """The network of `icnt_type: booksim2`. Cycles are its own."""

    JSON_PROPERTIES = ("mean_latency", "mean_hops")

    packets: int
    """Requests and responses whose last flit has arrived."""
    flits: int
    """Their flits."""
    latency_sum: int
    """Cycles from injection to the last flit, of all packets together."""
    latency_min: int
    """The shortest; 0 without packets."""
    latency_max: int
    """The longest."""
    hops: int
    """Routers that all packets passed."""
    link_flits: tuple[int, ...]
    """Flits over each output port of each router, in that order."""

    @property
    def mean_latency(self) -> float:
        """`latency_sum` over `packets`; 0 without packets."""
        return self.latency_sum / self.packets if self.packets else 0.0

    @property
    def mean_hops(self) -> float:
        """`hops` over `packets`; 0 without packets."""
        return self.hops / self.packets if self.packets else 0.0


@dataclass(frozen=True)
class NetworkPeriod:
    """What left the network in `icnt_stats_print_period_cycles` of its cycles."""

    read_requests: int
    """Requests of loads that reached their channel."""
    write_requests: int
    """Requests of stores that reached their channel, with their data."""
    read_responses: int
    """Blocks that ports of cores took."""
    write_responses: int
    """Acknowledgements of stores that ports of cores took."""
    flits: int | None
    """Flits of all of them in the detailed network; the simple one has none."""


def network_periods(raw: _togsim.NetworkTraffic, machine: Machine) -> tuple[NetworkPeriod, ...]:
    """The counts of each period, up to the last one in which something left the network."""
    counts = zip(
        raw.read_requests,
        raw.write_requests,
        raw.read_responses,
        raw.write_responses,
        strict=True,
    )
    return tuple(NetworkPeriod(*count, flits=_flits(*count, machine)) for count in counts)


def _flits(
    reads: int, writes: int, blocks: int, acknowledgements: int, machine: Machine
) -> int | None:
    """By docs/noc.md: stores and the responses to loads carry a block, the others 8 bytes."""
    if machine.icnt_model is None:
        return None
    flit = machine.icnt_model.flit_size
    assert flit is not None, "a rule has required it"
    data, control = (-(-size // flit) for size in (machine.dram_req_size_byte, HEADER_BYTES))
    return (writes + blocks) * data + (reads + acknowledgements) * control


def network_figures(raw: _togsim.NocStats) -> NetworkFigures:
    """The counts of the C++ network."""
    return NetworkFigures(
        packets=raw.packets,
        flits=raw.flits,
        latency_sum=raw.latency_sum,
        latency_min=raw.latency_min,
        latency_max=raw.latency_max,
        hops=raw.hops,
        link_flits=tuple(raw.link_flits),
    )
