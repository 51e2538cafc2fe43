"""The L2 on the whole path from a core to the DRAM and back.

The machine has all clocks at 1000 MHz, one port, one channel of 20 cycles, a network of 5 cycles
each way. A read injected at t that hits is at the slice at t + 5, answered at t + 6 and back at
t + 11; one that misses leaves the slice at t + 6 for the DRAM, is answered at t + 26 and back at
t + 31.
"""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    DmaDim,
    Kernel,
    Launch,
    Load,
    Program,
    Store,
    Tensor,
    Wait,
)
from npu.togsim.report.result import Result
from npu.togsim.session import Session
from npu.togsim.simulate import simulate
from tests.togsim import timing
from tests.togsim.test_properties import programs

MACHINE = replace(
    timing.MACHINE,
    l2d_type="datacache",
    l2d_config="S:4:64:4,32,L:B:m:F:L,A:16:4,16:0,32",
)
ZERO = Const(0)
TENSORS = (Tensor("t", 0, 8192),)
BUFFERS = (Buffer("x", 1, (256, 8), 4, 0),)


def rows(count):
    return Access("x", ZERO, (ZERO, ZERO), (Const(count), Const(8)))


def read(blocks):
    """A kernel that loads the first `blocks` blocks of its tensor."""
    node = Load("a", 0, ZERO, (DmaDim(Const(8 * blocks), 4),), 4, rows(blocks))
    return Kernel("read", ("t",), BUFFERS, (), (node, Wait("a")))


def write(blocks):
    node = Store("a", 0, ZERO, (DmaDim(Const(8 * blocks), 4),), 4, rows(blocks))
    return Kernel("write", ("t",), BUFFERS, (), (node, Wait("a")))


def chain(kernels, tensors=TENSORS, uses=None):
    """The kernels one after the other, on tensor `uses[i]` each (the first one by default)."""
    launches = tuple(
        Launch(i, ((uses[i] if uses else 0),), (i - 1,) if i else ()) for i in range(len(kernels))
    )
    return Program(VERSION, tensors, tuple(kernels), launches)


def cycles(result: Result) -> list[int]:
    return [launch.cycles for launch in result.launches]


def test_a_hit_is_back_twenty_cycles_before_a_miss():
    without = replace(MACHINE, l2d_type="nocache", l2d_config=None)
    alone = simulate(chain([read(1)]), without)
    result = simulate(chain([read(1), read(1)]), MACHINE)
    assert cycles(result)[0] == cycles(alone)[0] + 1
    assert cycles(result)[1] == cycles(result)[0] - 20


def test_writes_that_the_dram_starts_after_the_end_are_not_counted():
    """The cache answers at once; a channel of a hundredth of its clock starts write-backs later."""
    slow = replace(MACHINE, dram_freq_mhz=10)
    for machine in (slow, replace(slow, dram_stats_print_period_cycles=3)):
        quick, plain = (simulate(chain([write(64)]), machine, plain=p) for p in (False, True))
        assert quick.channels == plain.channels
        assert quick.channels[0].writes < quick.slices[0].write_backs


@pytest.mark.parametrize("latency", [1, 7])
def test_the_hit_latency_is_the_hits_own(latency):
    result = simulate(chain([read(1), read(1)]), replace(MACHINE, l2d_hit_latency=latency))
    first, second = cycles(result)
    assert second == first - 21 + latency


def test_what_is_read_again_is_not_read_from_the_dram():
    result = simulate(chain([read(8), read(8)]), MACHINE)
    (channel,), (slice_,) = result.channels, result.slices
    assert (slice_.reads.hits, slice_.reads.misses, slice_.reads.sector_misses) == (8, 4, 4)
    assert slice_.fetches == channel.reads == 8
    assert sum(core.dma.read_requests for core in result.cores) == 16


def test_what_is_larger_than_the_cache_is_read_again():
    """16 lines of 2 blocks, used in order: LRU keeps none of 40 blocks for the second time."""
    result = simulate(chain([read(40), read(40)]), MACHINE)
    (channel,), (slice_,) = result.channels, result.slices
    assert slice_.reads.hits == 0
    assert slice_.fetches == channel.reads == 80
    assert slice_.evictions == 20 + 20 - 16


def test_stores_are_answered_by_the_slice_and_written_back_for_room():
    result = simulate(chain([write(8), read(8), read(40)]), MACHINE)
    (channel,), (slice_,) = result.channels, result.slices
    assert (slice_.writes.total, slice_.writes_through, slice_.dirty_blocks) == (8, 0, 0)
    assert slice_.write_backs == channel.writes == 8
    # The first 8 of the 40 are still there.
    assert slice_.fetches == channel.reads == 32


CONFIGS = [
    "S:4:64:4,32,L:B:m:F:L,A:16:4,16:0,32",
    "S:2:128:1,64,F:B:m:L:X,S:3:2,8:0,16",
    "N:4:64:2,64,L:T:m:W:P,S:2:1,4:0,32",
    "S:2:64:2,32,L:T:f:W:L,A:1:2,3:0,32",
    "S:2:64:2,32,L:E:s:N:L,A:0:2,3:0,32",
    "S:1:64:2,32,L:R:m:N:L,A:2:2,2:0,16",
]


@st.composite
def cached_machines(draw: st.DrawFn) -> Machine:
    """Machines with a slice so small that it refuses much."""
    return replace(
        MACHINE,
        num_cores=draw(st.integers(1, 3)),
        core_freq_mhz=draw(st.sampled_from([700, 1333])),
        dram_channels=draw(st.sampled_from([1, 4])),
        dram_freq_mhz=draw(st.sampled_from([333, 800, 1201])),
        dram_latency=draw(st.sampled_from([1, 17])),
        dram_refresh_interval_ns=200,
        dram_refresh_ns=60,
        dram_bandwidth_gbps_total=draw(st.sampled_from([None, 3.7])),
        icnt_freq_mhz=draw(st.sampled_from([700, 2000])),
        icnt_latency_cycles=draw(st.sampled_from([0, 1, 10])),
        icnt_injection_ports_per_core=draw(st.integers(1, 4)),
        l2d_config=draw(st.sampled_from(CONFIGS)),
        l2d_hit_latency=draw(st.sampled_from([1, 6])),
    )


@given(program=programs(), machine=cached_machines())
@settings(max_examples=80, deadline=None, derandomize=True)
def test_with_and_without_shortcuts_are_equal(program, machine):
    fast = simulate(program, machine, trace=True)
    plain = simulate(program, machine, trace=True, plain=True)
    assert replace(plain, wall_seconds=0.0) == replace(fast, wall_seconds=0.0)


@given(program=programs(), machine=cached_machines())
@settings(max_examples=80, deadline=None, derandomize=True)
def test_requests_and_dram_traffic_add_up(program, machine):
    """Each access finds one thing; the DRAM serves what the slices ask for and no more."""
    result = simulate(program, machine)
    reads = sum(core.dma.read_requests for core in result.cores)
    writes = sum(core.dma.write_requests for core in result.cores)
    assert sum(slice_.reads.total for slice_ in result.slices) == reads
    assert sum(slice_.writes.total for slice_ in result.slices) == writes
    for slice_, channel in zip(result.slices, result.channels, strict=True):
        # What nobody waits for may still be on its way when the last launch has completed.
        assert channel.reads <= slice_.fetches + slice_.reads.bypassed
        past = slice_.write_backs + slice_.writes_through + slice_.writes.bypassed
        assert channel.writes <= past


TWO = (Tensor("t", 0, 256), Tensor("u", 4096, 2048))


def test_a_plan_limits_the_cache_to_its_tensors():
    program = chain([read(8)] * 4, TWO, uses=[0, 1, 0, 1])
    (slice_,) = simulate(program, MACHINE, plan={"t"}).slices
    assert (slice_.reads.hits, slice_.reads.bypassed, slice_.fetches) == (8, 16, 8)
    (slice_,) = simulate(program, MACHINE, plan=set()).slices
    assert (slice_.reads.hits, slice_.reads.bypassed, slice_.fetches) == (0, 32, 0)


def test_a_tensor_is_written_back_after_its_last_launch():
    """Reading u does not touch t's lines: without a release t would stay dirty."""
    program = chain([write(8), read(8), read(40)], TWO, uses=[0, 0, 1])
    result = simulate(program, MACHINE, plan={"t"})
    (channel,), (slice_,) = result.channels, result.slices
    assert slice_.reads.hits == 8
    assert (slice_.evictions, slice_.dropped_sectors, slice_.dirty_blocks) == (0, 8, 0)
    assert slice_.write_backs == channel.writes == 8


def test_a_submission_makes_a_released_tensor_resident_again():
    program = chain([read(8), read(8)], TWO, uses=[0, 0])
    session = Session(MACHINE, plan={"t"})
    for _ in range(2):
        session.submit(program)
        session.barrier()
    (slice_,) = session.result().slices
    assert (slice_.reads.hits, slice_.fetches) == (16, 16)


def test_a_plan_needs_a_cache_and_known_tensors():
    program = chain([read(1)])
    with pytest.raises(UserError, match="no L2"):
        simulate(program, replace(MACHINE, l2d_type="nocache", l2d_config=None), plan={"t"})
    with pytest.raises(UserError, match="'tt' is not a tensor of the program; it has 't'"):
        simulate(program, MACHINE, plan={"tt"})


@given(program=programs(), machine=cached_machines())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_with_a_plan_shortcuts_change_nothing(program, machine):
    fast = simulate(program, machine, plan={"t"})
    plain = simulate(program, machine, plan={"t"}, plain=True)
    assert replace(plain, wall_seconds=0.0) == replace(fast, wall_seconds=0.0)
