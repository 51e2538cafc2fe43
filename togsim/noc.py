"""Uniform random traffic through a network, measured as BookSim 2 measures it.

    model = load_icnt_model("fly_c2_m32.icnt")
    report = uniform_traffic(model, packet_flits=5, rate=0.3)
    report.packet_lat, report.acc_flit_rate

Every node sends to every node, itself included; docs/noc.md tells how it is measured.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal

from npu.configs.errors import UserError
from npu.configs.icnt import Allocator, IcntModel
from npu.togsim import _togsim

Mode = Literal["latency", "throughput"]

DEFAULT_SEED = 42
"""The seed that the reference measurements of BookSim 2 were made with."""

MAX_PACKET_FLITS = 100_000
MAX_CYCLES = 10_000_000


@dataclass(frozen=True, kw_only=True)
class TrafficReport:
    """What an experiment measured; cycles are those of the network."""

    packet_flits: int
    offered_flits_per_node_cycle: float
    mode: Mode
    seed: int
    nodes: int
    stable: bool
    """Whether it sustains the load: in the latency mode, mean latency stays within 500 cycles."""

    packets: int
    """Packets whose latency was taken."""

    packet_lat: float
    """Mean latency, from creation to the last flit's arrival."""

    packet_lat_min: int
    packet_lat_max: int
    packet_lat_p50: int
    """Median latency."""

    packet_lat_p90: int
    packet_lat_p99: int
    """Latency that 99 of 100 packets do not exceed."""

    net_lat: float
    """Mean latency without the source queue: from the first flit's entry."""

    frag: float
    """Mean cycles between a packet's first and last flit beyond one a flit."""

    inj_flit_rate: float
    """Flits a node a cycle that entered the network while it was measured."""

    acc_flit_rate: float
    """Flits a node a cycle that arrived."""

    hops: float
    """Mean number of routers passed."""

    cycles: int
    """Cycles simulated, warm-up and draining included."""

    zero_load_lat: float | None
    """Mean latency of a lone packet over all pairs of nodes; None beyond 256 nodes."""

    def as_json(self) -> dict[str, object]:
        """The fields under their names."""
        return dataclasses.asdict(self)


def noc_spec(model: IcntModel, seed: int = DEFAULT_SEED) -> _togsim.NocSpec:
    """The C++ specification of a network; `seed` is for a torus' choice of equal ways."""
    spec = _togsim.NocSpec()
    spec.topology, spec.k, spec.n = model.topology, model.k, model.n
    spec.use_noc_latency = model.use_noc_latency
    if model.network is not None:
        spec.routers = model.network.routers
        spec.nodes = [_togsim.NocNodeLink(*node) for node in model.network.nodes]
        spec.router_links = [
            _togsim.NocRouterLink(link.source, link.destination, link.latency)
            for link in model.network.links
        ]
    spec.num_vcs, spec.vc_buf_size = model.num_vcs, model.vc_buf_size
    spec.routing_delay = model.routing_delay
    spec.st_prepare_delay, spec.st_final_delay = model.st_prepare_delay, model.st_final_delay
    spec.credit_delay = model.credit_delay
    spec.wait_for_tail_credit = model.wait_for_tail_credit
    spec.vc_allocator = _allocator(model.vc_allocator)
    spec.sw_allocator = _allocator(model.sw_allocator)
    spec.seed = seed
    return spec


def uniform_traffic(
    model: IcntModel,
    *,
    packet_flits: int,
    rate: float,
    mode: Mode = "latency",
    sample_cycles: int | None = None,
    seed: int = DEFAULT_SEED,
    plain: bool = False,
) -> TrafficReport:
    """Runs packets of `packet_flits` flits at `rate` flits a node a cycle until figures settle.

    `sample_cycles` is the length of one of the samples (`default_sample_cycles` without it).
    Raises `UserError` for figures out of range and for a network that gets stuck.
    """
    _check(packet_flits, rate, sample_cycles, seed)
    traffic = _togsim.NocTraffic()
    traffic.packet_flits, traffic.seed = packet_flits, seed
    # A draw is a whole number of 2^-52; it is below p exactly when it is below ceil(p * 2^52).
    traffic.chance = math.ceil(rate / packet_flits * 2**52)
    traffic.mode = getattr(_togsim.NocTrafficMode, mode)
    traffic.period = sample_cycles or default_sample_cycles(model.num_nodes, rate, mode)
    try:
        raw = _togsim.noc_traffic(noc_spec(model, seed), traffic, plain)
    except _togsim.SimulationError as error:
        raise UserError(f"network: {error}") from error
    return _report(raw, model, packet_flits, rate, mode, seed)


def default_sample_cycles(nodes: int, rate: float, mode: Mode) -> int:
    """The length of a sample: about 150,000 packets' chances, five times that at a low rate."""
    if mode == "throughput":
        return min(max(100_000 // nodes, 1500), 5000)
    return min(max(150_000 // nodes, 2000), 20_000) * (5 if rate <= 0.01 else 1)


def zero_load_latency(model: IcntModel, packet_flits: int) -> float:
    """Mean over all pairs of nodes of the latency of a lone packet, in network cycles."""
    nodes = range(model.num_nodes)
    total = sum(model.zero_load_latency(a, b, packet_flits) for a in nodes for b in nodes)
    return total / len(nodes) ** 2


def _allocator(allocator: Allocator) -> _togsim.NocAllocator:
    kind = getattr(_togsim.NocAllocatorKind, allocator.kind)
    return _togsim.NocAllocator(kind, allocator.iterations)


def _check(packet_flits: int, rate: float, sample_cycles: int | None, seed: int) -> None:
    if not 1 <= packet_flits <= MAX_PACKET_FLITS:
        raise UserError(
            f"packet-flits: is {packet_flits}; expected flits of a packet, 1 to {MAX_PACKET_FLITS}"
        )
    if not 0 < rate <= 1:
        raise UserError(
            f"rate: is {rate}; expected flits a node offers in a cycle, above 0 and at most 1"
        )
    if sample_cycles is not None and not 1 <= sample_cycles <= MAX_CYCLES:
        raise UserError(
            f"cycles: is {sample_cycles}; expected cycles of a sample, 1 to {MAX_CYCLES}"
        )
    if not 0 <= seed < 2**30:
        raise UserError(f"seed: is {seed}; expected a whole number from 0 to {2**30 - 1}")


def _report(
    raw: _togsim.NocTrafficResult,
    model: IcntModel,
    packet_flits: int,
    rate: float,
    mode: Mode,
    seed: int,
) -> TrafficReport:
    packets, slots = max(raw.packets, 1), raw.measured * model.num_nodes
    counts = raw.latency_counts
    return TrafficReport(
        packet_flits=packet_flits,
        offered_flits_per_node_cycle=rate,
        mode=mode,
        seed=seed,
        nodes=model.num_nodes,
        stable=raw.stable,
        packets=raw.packets,
        packet_lat=raw.latency_sum / packets,
        packet_lat_min=raw.latency_min,
        packet_lat_max=raw.latency_max,
        packet_lat_p50=_percentile(counts, raw.packets, 50),
        packet_lat_p90=_percentile(counts, raw.packets, 90),
        packet_lat_p99=_percentile(counts, raw.packets, 99),
        net_lat=raw.network_sum / packets,
        frag=raw.fragmentation_sum / packets,
        inj_flit_rate=raw.flits_entered / slots,
        acc_flit_rate=raw.flits_accepted / slots,
        hops=raw.hops / packets,
        cycles=raw.cycles,
        zero_load_lat=zero_load_latency(model, packet_flits) if model.num_nodes <= 256 else None,
    )


def _percentile(counts: list[int], packets: int, share: int) -> int:
    """The smallest latency that `share` of 100 packets do not exceed; 0 without packets."""
    wanted, seen = -(-packets * share // 100), 0
    for latency, count in enumerate(counts):
        seen += count
        if seen >= wanted:
            return latency
    return 0
