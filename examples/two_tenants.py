"""Two tenants on the two cores of a TPUv3 chip: how much does each suffer from the other?

    python examples/two_tenants.py

Each tenant has a core, a launch queue and memory of its own; requests arrive at random. What they
share is the DRAM's bandwidth. The figures show what the neighbour costs, and where the time goes.
"""

from collections.abc import Sequence

from npu.configs.loader import load
from npu.togsim.arrivals import poisson_arrivals
from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    DmaDim,
    Iv,
    Kernel,
    Launch,
    Load,
    Loop,
    Mod,
    Mul,
    Program,
    Store,
    Tensor,
    TileFunction,
    Vector,
)
from npu.togsim.report.result import Result
from npu.togsim.session import Session

MACHINE = load("tpuv3_c2_partition")
TILE = 64 * 1024  # bytes
TENANTS = {"small": (0, 2, 40_000), "large": (1, 16, 6_000)}
"""Name -> queue, MB that a request reads and writes, requests a second."""


def streaming(megabytes: int) -> Program:
    """Reads so many MB, tile by tile, works on each tile, and writes it back: double-buffered."""
    tiles = megabytes * 1024 * 1024 // TILE
    tile = Access("x", Mod(Iv("i"), 2), (Const(0),), (Const(TILE // 4),))
    offset, walk = Mul(Iv("i"), TILE), (DmaDim(Const(TILE // 4), 4),)
    body = (
        Load("in", 0, offset, walk, 4, tile),
        Vector("scale", (), (tile,), (tile,)),
        Store("out", 1, offset, walk, 4, tile),
    )
    kernel = Kernel(
        name="streaming",
        arguments=("source", "target"),
        buffers=(Buffer("x", 2, (TILE // 4,), 4, 0),),
        functions=(TileFunction("scale", {(): 64}),),
        body=(Loop("i", 0, tiles, 1, body),),
    )
    size = tiles * TILE
    tensors = (Tensor("source", 0x1_0000_0000, size), Tensor("target", 0x1_0000_0000 + size, size))
    return Program(VERSION, tensors, (kernel,), (Launch(0, (0, 1)),))


def run(names: Sequence[str]) -> Result:
    """These tenants together for two milliseconds."""
    session = Session(MACHINE)
    for seed, (name, (queue, megabytes, rate)) in enumerate(TENANTS.items()):
        program = streaming(megabytes)
        for arrival_ns in poisson_arrivals(rate, duration_ms=2, seed=seed):
            if name in names:
                session.submit(program, queue=queue, arrival_ns=arrival_ns, request=name)
    return session.result()


def report(title: str, name: str, result: Result) -> None:
    """A line on one tenant."""
    mine = [launch for launch in result.launches if launch.request == name]
    latencies = sorted(launch.end - launch.arrival for launch in mine)
    mean = sum(latencies) / len(latencies) / MACHINE.core_freq_mhz
    worst = latencies[-1] / MACHINE.core_freq_mhz
    cycles = sum(launch.activity.core_cycles for launch in mine) / len(mine)
    dma = [launch.activity.dma for launch in mine]
    waiting = sum(one.waiting_memory_cycles + one.waiting_hazard_cycles for one in dma) / len(mine)
    used = sum(channel.utilization for channel in result.channels) / len(result.channels)
    print(
        f"{name:6} {title:9} {len(mine):4} requests, latency {mean:7.2f} us mean {worst:7.2f} us "
        f"worst; {cycles:8,.0f} cycles a request, of them {waiting:8,.0f} of the DMA waiting; "
        f"channels {used:4.0%} busy"
    )


def main() -> None:
    """Each tenant alone, then both."""
    together = run(list(TENANTS))
    for name in TENANTS:
        report("alone", name, run([name]))
        report("together", name, together)


if __name__ == "__main__":
    main()
