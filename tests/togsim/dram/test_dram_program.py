"""Programs on machines with DRAM in detail: times by hand, equal with and without shortcuts."""

from dataclasses import replace

import pytest

from npu.configs.loader import load
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
    Tensor,
)
from npu.togsim.simulate import simulate

DETAILED = ("8x8_ramulator2", "tpuv3_ramulator2", "tpuv6e_ramulator2")


def load_of(elements: int) -> Program:
    """One transfer of `elements` floats into the scratchpad."""
    tile = Access("x", Const(0), (Const(0),), (Const(elements),))
    node = Load("t", 0, Const(0), (DmaDim(Const(elements), 4),), 4, tile)
    kernel = Kernel("k", ("t",), (Buffer("x", 1, (elements,), 4, 0),), (), (node,))
    return Program(VERSION, (Tensor("t", 1 << 32, 1 << 20),), (kernel,), (Launch(0, (0,)),))


def test_one_block_takes_as_long_as_the_simple_machine_says():
    """Core, network and DRAM of 8x8 share a clock of 800 MHz, and the simple machine's latency is
    the closed read of the very preset: 1 + nRCD 10 + nCL 10 + nBL 4."""
    simple, detailed = load("8x8"), load("8x8_ramulator2")
    assert simple.dram_latency == 25
    assert (
        simulate(load_of(16), detailed).total_cycles == simulate(load_of(16), simple).total_cycles
    )


def test_a_second_row_costs_what_its_bank_does():
    """Blocks of one row follow each other every nCCD_L = 5 ticks in a bank group."""
    machine = load("8x8_ramulator2")
    one = simulate(load_of(16), machine).total_cycles
    assert simulate(load_of(32), machine).total_cycles == one + 5
    assert simulate(load_of(16 * 10), machine).total_cycles == one + 9 * 5


@pytest.mark.parametrize("name", DETAILED)
def test_plain_is_equal(name: str):
    machine = load(name)
    quick = simulate(load_of(1 << 14), machine)
    plain = simulate(load_of(1 << 14), machine, plain=True)
    assert replace(quick, wall_seconds=0) == replace(plain, wall_seconds=0)
    assert sum(channel.bytes for channel in quick.channels) == 4 << 14
