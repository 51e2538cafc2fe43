"""What the detailed network counts (docs/noc.md)."""

from __future__ import annotations

from dataclasses import dataclass

from npu.togsim import _togsim


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
