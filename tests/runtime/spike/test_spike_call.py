"""Calls, memory and the messages of traps."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from npu.codegen.image import DRAM_BASE, SPAD_BASE
from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.runtime.spike import Spike, SpikeTrap

A0, A1, A2, SP = 10, 11, 12, 2


def test_arguments_beyond_eight_are_on_the_stack(machine: Machine, asm: Any):
    words = [
        asm.ld(5, SP, 0),
        asm.ld(6, SP, 8),
        asm.sd(17, A0),
        asm.sd(5, A0, 8),
        asm.sd(6, A0, 16),
    ]
    with Spike(machine) as spike:
        spike.load(asm.image([*words, asm.ret]))
        executed = spike.call("f", [SPAD_BASE, 1, 2, 3, 4, 5, 6, 7, 80, -9])
        stored = np.frombuffer(spike.read(SPAD_BASE, 24), np.int64)
    assert executed == 6
    assert stored.tolist() == [7, 80, -9]


def test_memory_is_shared_and_views_are_live(machine: Machine, asm: Any):
    with Spike(machine) as spike:
        spike.load(asm.image([asm.ld(5, A0), asm.sd(5, A1), asm.ret]))
        spike.write(DRAM_BASE + 4096, np.arange(4, dtype=np.int64))
        view = spike.view(SPAD_BASE, 8).view(np.int64)
        spike.call("f", [DRAM_BASE + 4096 + 16, SPAD_BASE])
        assert view[0] == 2
        spike.time_call("f", [DRAM_BASE + 4096 + 24, SPAD_BASE])
        assert view[0] == 3


def test_dram_grows_and_starts_as_zero(machine: Machine):
    with Spike(machine) as spike:
        with pytest.raises(UserError, match="no memory of the RISC-V program at 0x100000000"):
            spike.read(DRAM_BASE, 1)
        spike.write(DRAM_BASE + (5 << 30), b"far away")
        assert spike.read(DRAM_BASE + (5 << 30), 9) == b"far away\0"
        assert spike.read(DRAM_BASE, 4) == b"\0\0\0\0"


def test_loading_again_replaces_the_program(machine: Machine, asm: Any):
    with Spike(machine) as spike:
        spike.load(asm.image([asm.addi(5, 0, 1), asm.sd(5, A0), asm.ret]))
        spike.call("f", [SPAD_BASE])
        spike.load(asm.image([asm.addi(5, 0, 2), asm.sd(5, A0), asm.ret]))
        spike.call("f", [SPAD_BASE])
        assert spike.read(SPAD_BASE, 1) == b"\x02"


def test_load_outside_memory_is_named(machine: Machine, asm: Any):
    with Spike(machine) as spike:
        spike.load(asm.image([asm.addi(5, 0, 0), asm.ld(5, A0), asm.ret], name="kernel_0"))
        with pytest.raises(SpikeTrap) as caught:
            spike.call("kernel_0", [0x4000_0008])
        message = str(caught.value)
        assert caught.value.state is not None
        assert caught.value.state.pc == 0x8000_0004
        assert "load from an address where there is no memory" in message
        assert "pc 0x80000004 in function 'kernel_0' + 0x4" in message
        assert "address 0x40000008" in message
        spike.load(asm.image([asm.ret]))
        spike.call("f")  # a trap leaves the core usable


def test_scratchpad_ends_where_the_machine_says(machine: Machine, asm: Any):
    with Spike(machine) as spike:
        spike.load(asm.image([asm.ld(5, A0), asm.ret]))
        spike.call("f", [SPAD_BASE + machine.spad_bytes - 8])
        with pytest.raises(SpikeTrap):
            spike.call("f", [SPAD_BASE + machine.spad_bytes])


def test_jump_outside_the_program(machine: Machine, asm: Any):
    with Spike(machine) as spike:
        spike.load(asm.image([asm.ret]))
        with pytest.raises(SpikeTrap, match="instruction fetch outside"):
            spike.call(0x4000_0000)


def test_endless_loop_meets_the_budget(machine: Machine, asm: Any):
    with Spike(machine) as spike:
        spike.load(asm.image([0x6F]))
        with pytest.raises(SpikeTrap, match="within 1000 instructions; it was stopped at pc 0x800"):
            spike.call("f", budget=1000)
        spike.load(asm.image([asm.addi(5, 5, 1)] * 9 + [asm.ret]))
        assert spike.call("f", budget=11) == 10  # ten instructions and the stub's wfi
        with pytest.raises(SpikeTrap):
            spike.call("f", budget=9)


def test_unknown_function_lists_the_known(machine: Machine, asm: Any):
    with Spike(machine) as spike:
        spike.load(asm.image([asm.ret], name="only"))
        with pytest.raises(UserError, match="no function 'f'; it has: only"):
            spike.call("f")


def test_timing_refuses_dma_and_array(machine: Machine, asm: Any):
    with Spike(machine) as spike:
        for word in (asm.npu("dma.wait", rs1=A0), asm.npu("array.push", vs2=8)):
            spike.load(asm.image([word, asm.ret]))
            with pytest.raises(SpikeTrap, match="not_timed"):
                spike.time_call("f")


def test_two_cores_do_not_share_anything(machine: Machine, asm: Any):
    other = dataclasses.replace(machine, riscv_vlen_bits=1024)
    with Spike(machine) as one, Spike(other) as two:
        for spike in (one, two):
            spike.load(asm.image([asm.vsetvli(5, 0, 0), asm.sd(5, A0), asm.ret]))
            spike.call("f", [SPAD_BASE])
        assert one.read(SPAD_BASE, 1) == bytes([256 // 32])
        assert two.read(SPAD_BASE, 1) == bytes([1024 // 32])


@pytest.mark.parametrize("store", [False, True])
@pytest.mark.parametrize(("start", "fault"), [(-16, 0), (-4, 0), (2 - 16, 2 - 16)])
def test_vector_accesses_trap_where_memory_ends(
    machine: Machine, asm: Any, store: bool, start: int, fault: int
):
    """Spike's own traps, though whole vectors inside memory are copied natively."""
    access = asm.vse32(8, A0) if store else asm.vle32(8, A0)
    end = SPAD_BASE + machine.spad_bytes
    with Spike(machine) as spike:
        spike.load(asm.image([asm.vsetvli(0, A1, 0), access, asm.ret]))
        spike.call("f", [end - 32, 8])  # the last whole vector
        with pytest.raises(SpikeTrap) as caught:
            spike.call("f", [end + start, 8])
    assert caught.value.state is not None
    assert caught.value.state.cause in ({6, 7} if store else {4, 5})
    assert caught.value.state.value == end + fault


def test_vector_group_that_is_not_aligned_is_illegal(machine: Machine, asm: Any):
    with Spike(machine) as spike:
        spike.load(asm.image([asm.vsetvli(0, A1, 1), asm.vle32(9, A0), asm.ret]))
        with pytest.raises(SpikeTrap, match="illegal instruction"):
            spike.call("f", [SPAD_BASE, 8])
