"""On every shipped machine the figures of one run agree with one another."""

import importlib.util
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from npu.configs.energy import load_energy_table
from npu.configs.loader import load, shipped_names
from npu.configs.machine import Machine
from npu.togsim.graph import Program
from npu.togsim.report.result import Result
from npu.togsim.simulate import simulate

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gemm_graph.py"


def gemm(machine: Machine) -> Program:
    """Two by two tiles of the arrays' size, each of two pairs of such tiles."""
    spec = importlib.util.spec_from_file_location("gemm_graph", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    lanes = machine.vpu_num_lanes
    return module.gemm_program(2 * lanes, lanes, lanes)


def total(counts: object, ending: str = "") -> int:
    """The sum of a dataclass' counters whose names have that ending."""
    names = [f.name for f in fields(counts)]  # pyright: ignore[reportArgumentType]
    return sum(getattr(counts, name) for name in names if name.endswith(ending))


@pytest.fixture(scope="module", params=shipped_names())
def ran(request: pytest.FixtureRequest) -> tuple[Machine, Result]:
    machine = replace(load(request.param), energy_table=load_energy_table("hbm2_7nm"))
    return machine, simulate(gemm(machine), machine)


def test_every_unit_is_in_one_state_in_every_cycle(ran: tuple[Machine, Result]) -> None:
    _, result = ran
    for core in result.cores:
        for unit in (core.front, core.execute, core.vector, core.dma, *core.arrays):
            assert total(unit, "_cycles") == result.total_cycles
        assert total(core.dma.memory_wait) == core.dma.waiting_memory_cycles


def test_what_cores_ask_for_is_what_memory_serves(ran: tuple[Machine, Result]) -> None:
    machine, result = ran
    reads = sum(core.dma.read_requests for core in result.cores)
    writes = sum(core.dma.write_requests for core in result.cores)
    lanes = machine.vpu_num_lanes
    tile = lanes * -(-lanes * 4 // machine.dram_req_size_byte)  # a row's blocks, row by row
    assert (reads, writes) == (4 * 2 * 2 * tile, 4 * tile)
    if result.slices:
        assert sum(total(one.reads) for one in result.slices) == reads
        assert sum(total(one.writes) for one in result.slices) == writes
        assert sum(one.fetches for one in result.slices) == sum(c.reads for c in result.channels)
    else:
        assert sum(channel.reads for channel in result.channels) == reads
        assert sum(channel.writes for channel in result.channels) == writes
    if result.network is not None:
        assert result.network.packets == 2 * (reads + writes)


def test_the_figures_of_a_channel_agree(ran: tuple[Machine, Result]) -> None:
    machine, result = ran
    for channel in result.channels:
        assert channel.bytes == (channel.reads + channel.writes) * machine.dram_req_size_byte
        assert 0 <= channel.utilization <= 1
        found = channel.controller
        assert (found is None) == (machine.dram_model is None)
        if found is not None:
            assert total(found.read_rows) + found.forwarded_reads == channel.reads
            assert total(found.write_rows) + found.absorbed_writes == channel.writes
            assert found.commands.get("ACT", 0) == sum(found.activations)


def test_energies_sum_to_the_total(ran: tuple[Machine, Result]) -> None:
    energy = ran[1].energy
    assert energy is not None
    parts = [one.joules for one in energy.components]
    owners = [one.joules for one in energy.kernels] + [energy.unattributed_joules]
    assert sum(parts) == pytest.approx(energy.total_joules, rel=1e-12)
    assert sum(owners) == pytest.approx(energy.total_joules, rel=1e-12)
    assert min(parts) >= 0
