"""What the DMA engine's waits for memory were for, cycle by cycle, by hand.

All clocks run at 1000 MHz: 5 cycles of network to the channel, 20 in the DRAM, 5 back. A load that
is decoded in cycle 0 sends from cycle 1 on, one block a cycle and port.
"""

from dataclasses import astuple, replace

from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    DmaDim,
    Kernel,
    Launch,
    Load,
    Node,
    Program,
    Store,
    Tensor,
)
from npu.togsim.report.stats import DmaStats, MemoryWait
from npu.togsim.simulate import simulate
from tests.togsim.timing import MACHINE

NO_WAIT = MemoryWait(*[0] * 8)


def rows(lo: int, count: int) -> Access:
    return Access("x", Const(0), (Const(lo), Const(0)), (Const(count), Const(8)))


def read(blocks: int, row: int = 0) -> Load:
    """One block a row."""
    return Load("t", 0, Const(0), (DmaDim(Const(8 * blocks), 4),), 4, rows(row, blocks))


def write(blocks: int, row: int = 1) -> Store:
    return Store("t", 0, Const(0), (DmaDim(Const(8 * blocks), 4),), 4, rows(row, blocks))


def run(*body: Node, **machine: object) -> DmaStats:
    kernel = Kernel("k", ("t",), (Buffer("x", 1, (128, 8), 4, 0),), (), body)
    program = Program(VERSION, (Tensor("t", 1 << 32, 4096),), (kernel,), (Launch(0, (0,)),))
    result = simulate(program, replace(MACHINE, **machine))  # pyright: ignore[reportArgumentType]
    dma = result.cores[0].dma
    assert sum(astuple(dma.memory_wait)) == dma.waiting_memory_cycles
    return dma


def test_a_lone_request_is_on_the_network_and_in_the_dram() -> None:
    # sent in 1, at the channel at 6, data at 26, back at 31; cycle 1 itself is active
    dma = run(read(1))
    assert (dma.active_cycles, dma.waiting_memory_cycles) == (1, 29)
    assert dma.memory_wait == replace(NO_WAIT, network_cycles=4 + 5, access_cycles=20)


def test_the_last_request_decides() -> None:
    # blocks sent in 1, 2, 3: from 4 on the engine waits for the third, at the channel at 8
    dma = run(read(3))
    assert dma.memory_wait == replace(NO_WAIT, network_cycles=4 + 5, access_cycles=20)


def test_requests_wait_at_the_channel_and_responses_at_the_port() -> None:
    # four ports: blocks 0-3 sent in 1 reach the channel, which takes one a cycle, in 6, 7, 8, 9;
    # each comes back to its own port, so the last one waits three cycles at the channel
    dma = run(read(4), icnt_injection_ports_per_core=4)
    expected = replace(NO_WAIT, network_cycles=4 + 5, channel_cycles=3, access_cycles=20)
    assert dma.memory_wait == expected


def test_a_slow_channel_lets_requests_wait() -> None:
    # half the clock, so that DRAM cycles begin at even times and last two: the third block arrives
    # at 8 and waits, starting at 10, for the two before it, of 6 and 8; 20 cycles take 40
    dma = run(read(3), dram_freq_mhz=500)
    expected = replace(NO_WAIT, network_cycles=4 + 5, channel_cycles=2, access_cycles=40)
    assert dma.memory_wait == expected


def test_responses_wait_at_the_port() -> None:
    # two channels, one port: what waits at a slow channel 0 leaves channel 1 to answer at once, but
    # both answers of one cycle go through the one port. The network has half the clock: requests of
    # cycles 1 and 2 both leave at 2, reach channels 0 and 1 at 12 and both return at 12 + 20 = 32;
    # they are at the port at 42, which takes one of them then and the other at 44.
    dma = run(read(2), icnt_freq_mhz=500, dram_channels=2)
    expected = replace(NO_WAIT, network_cycles=(12 - 3) + 10, access_cycles=20, port_cycles=2)
    assert dma.memory_wait == expected


def test_a_refresh_is_told_apart() -> None:
    # the channel is busy with one block a cycle from 6 on, and refreshes from 100 to 160: the block
    # sent in 95 is there at 100, that of 96 at 101, which starts at 161, all but a cycle a refresh
    dma = run(read(96), dram_refresh_interval_ns=100, dram_refresh_ns=60)
    expected = replace(NO_WAIT, network_cycles=4 + 5, refresh_cycles=160 - 101, channel_cycles=1)
    assert dma.memory_wait == replace(expected, access_cycles=20)


def test_a_turning_bus_is_told_apart() -> None:
    # the load has the port in cycle 1, the store, decoded in 1, in 2: at the channel at 7, where
    # it may start 9 cycles after the read of 6, at 15; both transfers share the waiting
    dma = run(read(1), write(1), dram_read_to_write_cycles=9)
    # cycles 3 to 30 are the load's (it completes first), 31 to 44 the store's: data at 35, back 40
    assert dma.waiting_memory_cycles == 40 - 3
    load = replace(NO_WAIT, network_cycles=(6 - 3) + 5, access_cycles=20)
    # of the store's way only what comes after 31 is left: 4 cycles of access, 5 of network
    assert dma.memory_wait == replace(load, network_cycles=3 + 5 + 5, access_cycles=20 + 4)


def test_a_write_that_turns_the_bus_alone() -> None:
    # the load is complete at 31, before the store of a row that the load fills; see waiting_hazard
    dma = run(read(1, row=5), write(1, row=5), dram_read_to_write_cycles=60)
    # the store is sent in 31, at the channel at 36; the read started at 6, so it may at 66
    assert dma.memory_wait.bus_cycles == 66 - 36
    assert dma.waiting_hazard_cycles == 31 - 2


def test_cycles_before_a_transfer_was_sent_are_not_its() -> None:
    # the store of cycle 2 is back at 2 + 30 = 32, the load's last of 40 blocks at 40 + 30
    dma = run(read(40), write(1, row=43))
    assert (dma.active_cycles, dma.waiting_memory_cycles) == (41, 71 - 42)
