"""A network as plain data: topology, routers, links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Topology = Literal["fly", "mesh", "torus", "anynet"]
AllocatorKind = Literal["islip", "separable_input_first", "separable_output_first"]


@dataclass(frozen=True, kw_only=True)
class Allocator:
    """How a router matches requests and resources."""

    kind: AllocatorKind
    """`islip`, `separable_input_first` or `separable_output_first`."""

    iterations: int = 1
    """Rounds of grants and accepts a cycle (`islip`)."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A way from one router to another; the way back is a link of its own."""

    source: int
    destination: int
    latency: int
    """Network cycles of a flit, and of the credits that come back for it."""


@dataclass(frozen=True, kw_only=True)
class Anynet:
    """A network drawn by hand: the content of a `network_file`."""

    routers: int
    nodes: tuple[tuple[int, int], ...]
    """Of each node: its router, and the latency of its link in network cycles, both ways."""

    links: tuple[Link, ...]
    """In order of (source, destination)."""


@dataclass(frozen=True, kw_only=True)
class IcntModel:
    """A network of input-queued routers with virtual channels. Fields are keys of the file."""

    topology: Topology
    routing_function: str
    k: int = 0
    """Ports of a router (fly), or routers along a dimension (mesh, torus); 0 for an anynet."""

    n: int = 0
    """Stages (fly) or dimensions (mesh, torus); 0 for an anynet."""

    network: Anynet | None = None
    """What `network_file` holds (`topology = anynet`)."""

    use_noc_latency: bool = True
    num_vcs: int = 16
    vc_buf_size: int = 8
    routing_delay: int = 1
    st_prepare_delay: int = 0
    st_final_delay: int = 1
    credit_delay: int = 0
    wait_for_tail_credit: bool = False
    vc_allocator: Allocator = Allocator(kind="islip")
    sw_allocator: Allocator = Allocator(kind="islip")
    flit_size: int | None = None
    """Bytes of one flit; a machine needs it, traffic counted in flits does not."""

    @property
    def num_nodes(self) -> int:
        """Places where packets enter and leave."""
        if self.network is not None:
            return len(self.network.nodes)
        return self.k**self.n

    def flits(self, size_byte: int) -> int:
        """Flits of a packet of `size_byte` bytes, at least 1. Needs `flit_size`."""
        if self.flit_size is None:
            raise ValueError("this network has no flit_size")
        return max(1, -(-size_byte // self.flit_size))

    def zero_load_latency(self, source: int, destination: int, packet_flits: int) -> int:
        """Network cycles from injection to the last flit's arrival in an empty network.

        Each router takes routing_delay + 1 (virtual channel) + 1 (switch) + st_prepare_delay +
        st_final_delay, each link its latency and the last one a cycle more; flits follow one a
        cycle.
        """
        stages = self.routing_delay + 2 + self.st_prepare_delay + self.st_final_delay
        routers, links = self._path(source, destination)
        return routers * stages + links + 1 + packet_flits - 1

    def _path(self, source: int, destination: int) -> tuple[int, int]:
        """Routers passed, and the latencies of all links, those of the nodes included."""
        if self.topology == "fly":
            return self.n, self.n + 1
        if self.network is not None:
            return _anynet_path(self.network, source, destination)
        hops, each = 0, 2 if self.topology == "torus" and self.use_noc_latency else 1
        for _ in range(self.n):
            apart = abs(source % self.k - destination % self.k)
            hops += min(apart, self.k - apart) if self.topology == "torus" else apart
            source, destination = source // self.k, destination // self.k
        return hops + 1, hops * each + 2


def _anynet_path(network: Anynet, source: int, destination: int) -> tuple[int, int]:
    """Dijkstra from the source's router: by latency, then as the simulator breaks ties."""
    (start, entry), (goal, leave) = network.nodes[source], network.nodes[destination]
    best: dict[int, tuple[int, int]] = {start: (0, 1)}  # router -> latency, routers so far
    settled: set[int] = set()
    while True:
        at = min((r for r in best if r not in settled), key=lambda r: (best[r][0], r))
        if at == goal:
            return best[at][1], best[at][0] + entry + leave
        settled.add(at)
        for link in network.links:
            through = best[at][0] + link.latency
            known = best.get(link.destination)
            if link.source == at and (known is None or through < known[0]):
                best[link.destination] = (through, best[at][1] + 1)
