"""Statistics of the detailed memory models: in the result, the log and the energy."""

from dataclasses import astuple, replace

import pytest

from npu.configs.energy import load_energy_table
from npu.configs.loader import load
from npu.configs.machine import Machine
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
    Mul,
    Program,
    Store,
    Tensor,
)
from npu.togsim.report.log import log_lines
from npu.togsim.report.result import Result
from npu.togsim.simulate import simulate

DETAILED = load("tpuv3_ramulator2")
ROWS = 128
TILE = Access("x", Const(0), (Const(0), Const(0)), (Const(ROWS), Const(128)))


def program() -> Program:
    """Sixteen tiles of 64 KB read, and as many written."""
    dims = (DmaDim(Const(ROWS), 512), DmaDim(Const(128), 4))
    offset = Mul(Iv("i"), ROWS * 512)
    body = (Load("t", 0, offset, dims, 4, TILE), Store("s", 1, offset, dims, 4, TILE))
    loop = Loop("i", 0, 16, 1, body, parallel=True)
    kernel = Kernel("copy", ("a", "b"), (Buffer("x", 1, (ROWS, 128), 4, 0),), (), (loop,))
    size = 16 * ROWS * 512
    tensors = (Tensor("a", 1 << 32, size), Tensor("b", (1 << 32) + size, size))
    return Program(VERSION, tensors, (kernel,), (Launch(0, (0, 1)),))


@pytest.fixture(scope="module")
def result() -> Result:
    machine = replace(DETAILED, energy_table=load_energy_table("hbm2_7nm"))
    return simulate(program(), machine)


def test_rows_and_commands_add_up(result: Result) -> None:
    for channel in result.channels:
        found = channel.controller
        assert found is not None
        rows = sum(astuple(found.read_rows)) + sum(astuple(found.write_rows))
        served = channel.reads + channel.writes - found.forwarded_reads - found.absorbed_writes
        assert rows == served
        assert found.commands["RD"] == channel.reads - found.forwarded_reads
        assert found.commands["WR"] == channel.writes - found.absorbed_writes
        assert found.commands["ACT"] == sum(found.activations)
        assert channel.refreshes == found.commands.get("REFab", 0)
        assert found.read_latency is not None
        assert found.read_latency.min <= found.read_latency.p50 <= found.read_latency.p99
        for waits in (found.read_waits, found.write_waits):
            assert waits.total == sum(astuple(waits)[:-1])


def test_requests_are_those_of_the_cores(result: Result) -> None:
    assert sum(c.reads for c in result.channels) == 16 * ROWS * 512 // 32
    assert sum(c.reads for c in result.channels) == result.cores[0].dma.read_requests
    assert sum(c.writes for c in result.channels) == result.cores[0].dma.write_requests


def test_waits_for_memory_are_explained(result: Result) -> None:
    dma = result.cores[0].dma
    assert sum(astuple(dma.memory_wait)) == dma.waiting_memory_cycles > 0
    # the last to come back is a store, which is complete with its command
    assert dma.memory_wait.access_cycles == 0
    assert dma.memory_wait.bank_cycles > 0
    assert dma.memory_wait.cache_cycles == 0


def test_energy_counts_rows_and_bits(result: Result) -> None:
    assert result.energy is not None
    counts = {line.action: line.count for line in result.energy.actions}
    activations = sum(sum(c.controller.activations) for c in result.channels if c.controller)
    assert counts["dram_activation"] == activations > 0
    assert counts["dram_read_bit"] <= 16 * ROWS * 512 * 8
    assert counts["dram_write_bit"] == 16 * ROWS * 512 * 8


def test_the_log_has_the_rows(result: Result) -> None:
    lines = list(log_lines(result, DETAILED))
    found = result.channels[0].controller
    assert found is not None
    hits = found.read_rows.hits + found.write_rows.hits
    assert any(line.startswith(f"[DRAM] channel 0 | rows: {hits} hits, ") for line in lines)
    assert any(line.startswith("[DRAM] all 16 channels | rows: ") for line in lines)
    refresh = found.read_waits.refresh + found.write_waits.refresh
    first = next(line for line in lines if line.startswith("[DRAM] channel 0 | "))
    assert first.endswith(f", refresh {refresh}")


def with_cache(machine: Machine) -> Machine:
    return replace(
        machine,
        l2d_type="datacache",
        l2d_config="S:128:128:16,32,L:B:m:W:L,A:192:4,32:0,32",
        energy_table=load_energy_table("hbm2_7nm"),
    )


@pytest.mark.parametrize("machine", [load("tpuv3"), DETAILED], ids=["simple", "detailed"])
def test_a_cache_is_in_the_waits_the_log_and_the_energy(machine: Machine) -> None:
    twice = replace(program(), launches=(Launch(0, (0, 1)), Launch(0, (0, 1), (0,))))
    cached = simulate(twice, with_cache(machine))
    dma = cached.cores[0].dma
    assert sum(astuple(dma.memory_wait)) == dma.waiting_memory_cycles
    assert dma.memory_wait.cache_cycles > 0
    reads = sum(one.reads.total for one in cached.slices)
    assert reads == dma.read_requests
    lines = list(log_lines(cached, machine))
    assert sum(line.startswith("[L2] slice ") for line in lines) == 16
    hits = sum(one.reads.hits + one.writes.hits for one in cached.slices)
    assert any(f"accesses, {hits} hits" in line for line in lines)
    assert cached.energy is not None
    counts = {line.action: line.count for line in cached.energy.actions}
    back = sum(one.write_backs for one in cached.slices)
    assert counts["l2_read_byte"] == (reads + back) * 32
    # what was evicted and is fetched again may still stand in a controller's write queue
    forwarded = sum(c.controller.forwarded_reads for c in cached.channels if c.controller)
    fetched = sum(one.fetches for one in cached.slices) - forwarded
    assert counts["dram_read_bit"] == fetched * 32 * 8


def test_a_network_is_in_the_waits_the_log_and_the_energy() -> None:
    machine = replace(
        load("tpuv3_booksim2"),
        energy_table=load_energy_table("hbm2_7nm"),
        icnt_stats_print_period_cycles=200,
    )
    result = simulate(program(), machine)
    dma, network = result.cores[0].dma, result.network
    assert sum(astuple(dma.memory_wait)) == dma.waiting_memory_cycles
    assert dma.memory_wait.network_cycles > 0
    assert network is not None
    # every request has a response
    assert network.packets == 2 * (dma.read_requests + dma.write_requests)
    assert network.latency_min <= network.mean_latency <= network.latency_max
    assert any(
        line.startswith(f"[ICNT] {network.packets} packets, ")
        for line in log_lines(result, machine)
    )
    # what the periods count as flits by the sizes of packets is what the routers have moved
    assert sum(period.flits or 0 for period in result.network_periods) == network.flits
    assert any(
        line.startswith("[ICNT] network cycles 200-400 | ") and line.endswith(" flits")
        for line in log_lines(result, machine)
    )
    assert result.energy is not None
    counts = {line.action: line.count for line in result.energy.actions}
    assert machine.icnt_model is not None
    flit = machine.icnt_model.flit_size
    assert flit is not None
    assert counts["icnt_byte_hop"] == sum(network.link_flits) * flit >= network.flits * flit
    assert "icnt_byte" not in counts
