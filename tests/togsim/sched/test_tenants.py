"""Two tenants on two queues: what one costs the other, and that the statistics say why."""

import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from npu.configs.errors import UserError
from npu.togsim.arrivals import poisson_arrivals
from npu.togsim.graph import (
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
    Tensor,
)
from npu.togsim.session import Session

EXAMPLE = Path(__file__).parents[3] / "examples" / "two_tenants.py"
TENANTS = {"a": (0, 40, 60_000), "b": (1, 25, 120_000)}
"""Name -> queue, tiles of a request, requests a second."""


def reading(tiles: int) -> Program:
    """Reads so many tiles of 64 blocks into two slots in turn."""
    slot = Access("x", Mod(Iv("i"), 2), (Const(0),), (Const(1024),))
    load = Load("t", 0, Mul(Iv("i"), 4096), (DmaDim(Const(1024), 4),), 4, slot)
    buffer = Buffer("x", 2, (1024,), 4, 0)
    kernel = Kernel("k", ("t",), (buffer,), (), (Loop("i", 0, tiles, 1, (load,)),))
    tensor = Tensor("t", 1 << 32, 4096 * tiles)
    return Program(2, (tensor,), (kernel,), (Launch(0, (0,)),))


def run(toy, names, duration_ms=0.2, plain=False):
    """One channel, without refresh: a block of 64 bytes a nanosecond is all that two cores get."""
    machine = toy.machine(
        (0, 1),
        dram_channels=1,
        dram_refresh_interval_ns=0,
        dram_refresh_ns=0,
        dram_bandwidth_gbps_total=None,
    )
    session = Session(machine, plain=plain)
    for seed, (name, (queue, tiles, rate)) in enumerate(TENANTS.items()):
        program = reading(tiles)
        for arrival_ns in poisson_arrivals(rate, duration_ms, seed=seed):
            if name in names:
                session.submit(program, queue=queue, arrival_ns=arrival_ns, request=name)
    return session.result()


def of(result, name):
    return [launch for launch in result.launches if launch.request == name]


def total(launches, figure):
    return sum(figure(launch) for launch in launches)


def test_a_neighbour_costs_bandwidth_and_the_statistics_say_so(toy):
    together = run(toy, "ab")
    for name in TENANTS:
        alone = run(toy, name)
        before, after = of(alone, name), of(together, name)
        assert len(before) == len(after) > 5

        def more(figure, before=before, after=after):
            return total(after, figure) - total(before, figure)

        # Every request moves the same blocks, in as many cycles of injection ...
        assert more(lambda one: one.activity.dma.read_requests) == 0
        assert more(lambda one: one.activity.dma.active_cycles) == 0
        # ... but takes longer, and all of that is cycles in which the DMA engine waits.
        slower = more(lambda one: one.activity.core_cycles)
        assert slower > 0.1 * total(before, lambda one: one.activity.core_cycles)
        waited = more(
            lambda one: (
                one.activity.dma.waiting_memory_cycles + one.activity.dma.waiting_hazard_cycles
            )
        )
        idle = more(lambda one: one.activity.dma.idle_cycles)
        assert waited + idle == slower
        assert abs(idle) <= 0.01 * slower
        # A request is slowed down twice over: it takes longer, and stands behind ones that do.
        latency = more(lambda one: one.end - one.arrival)
        queueing = more(lambda one: one.start - one.arrival)
        assert latency == slower + queueing
        assert queueing >= 0
    blocks = {names: run(toy, names).channels[0].reads for names in ("a", "b", "ab")}
    assert blocks["a"] + blocks["b"] == blocks["ab"]
    assert together.channels[0].utilization > max(
        run(toy, name).channels[0].utilization for name in TENANTS
    )


def test_tenants_cost_each_other_as_much_without_shortcuts(toy):
    quick, plain = (run(toy, "ab", 0.04, plain) for plain in (False, True))
    assert len(quick.launches) > 3
    assert replace(quick, wall_seconds=0.0) == replace(plain, wall_seconds=0.0)


def test_latencies_are_the_same_in_another_process():
    def printed(seed: str) -> str:
        environment = {"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed}
        command = [sys.executable, str(EXAMPLE)]
        return subprocess.run(
            command, env={**os.environ, **environment}, capture_output=True, text=True, check=True
        ).stdout

    first = printed("1")
    assert first == printed("2")
    assert [line.split()[:2] for line in first.splitlines()] == [
        ["small", "alone"],
        ["small", "together"],
        ["large", "alone"],
        ["large", "together"],
    ]


def test_poisson_arrivals_are_the_same_everywhere():
    # By hand: -ln(1 - u) of the generator's numbers for seed 0, in units of the mean gap of 1 ms
    assert poisson_arrivals(1000, 5, seed=0)[:3] == (1860607, 3279236, 3824949)


def test_poisson_arrivals_have_their_rate_and_no_memory():
    times = poisson_arrivals(10_000, 1000, seed=7)
    assert all(one < other for one, other in pairwise(times))
    assert times[0] >= 0
    assert times[-1] < 10**9
    # 10,000 expected, a standard deviation of 100; gaps have as large a deviation as mean
    assert abs(len(times) - 10_000) < 400
    gaps = [other - one for one, other in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert deviation == pytest.approx(mean, rel=0.05)
    assert poisson_arrivals(10_000, 1000, seed=8) != times
    assert poisson_arrivals(1, 0.001, seed=0) == ()


@pytest.mark.parametrize(("rate", "duration"), [(0, 1), (-1, 1), (1, 0), (float("nan"), 1)])
def test_rates_and_durations_must_be_positive(rate, duration):
    with pytest.raises(UserError, match="expected a finite number above 0"):
        poisson_arrivals(rate, duration, seed=0)


@pytest.mark.parametrize(("rate", "duration"), [(1e300, 1), (1e9, 1e9), (10_000.001, 1e6)])
def test_more_arrivals_than_memory_holds_are_refused(rate, duration):
    with pytest.raises(UserError, match="expected at most 10000000: choose a lower rate or a"):
        poisson_arrivals(rate, duration, seed=0)
