"""Programs on machines whose network is simulated in detail."""

import dataclasses
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.togsim.graph import Program
from npu.togsim.simulate import simulate

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "gemm_graph.py"


def gemm(size: int, tile: int) -> Program:
    spec = importlib.util.spec_from_file_location("gemm_graph", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.gemm_program(size, tile, 128)


@pytest.mark.parametrize(
    "name", ["tpuv3_booksim2", pytest.param("tpuv3_c2_xnuma", marks=pytest.mark.slow)]
)
def test_the_plain_way_takes_the_same_cycles(name: str):
    quick = simulate(gemm(128, 128), load(name))
    plain = simulate(gemm(128, 128), load(name), plain=True)
    assert quick.total_cycles == plain.total_cycles
    assert quick.cores == plain.cores
    assert quick.channels == plain.channels


def test_a_slow_link_takes_longer():
    """The same two dies, but with a link of 200 cycles instead of 20 between them."""
    near = load("tpuv3_c2_xnuma")
    far = _with_link(near, 200)
    program = gemm(128, 128)
    added = simulate(program, far).total_cycles - simulate(program, near).total_cycles
    # a load and then a store cross it there and back: at least 4 x 180 cycles, of 940 MHz each
    assert added >= 4 * 180


def _with_link(machine: Machine, latency: int) -> Machine:
    model = machine.icnt_model
    assert model is not None
    assert model.network is not None
    links = tuple(dataclasses.replace(link, latency=latency) for link in model.network.links)
    network = dataclasses.replace(model.network, links=links)
    changed = dataclasses.replace(model, network=network)
    return dataclasses.replace(machine, icnt_model=changed)
