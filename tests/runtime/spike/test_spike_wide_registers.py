"""Vector registers up to 65,536 bits, wider than an ISA string can say."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from npu.codegen.image import SPAD_BASE
from npu.configs.machine import Machine
from npu.runtime.spike import Spike

A0, A1, A2, T0 = 10, 11, 12, 5
M8 = 3
VLENB = 0xC22

WIDTHS = (128, 4096, 8192, 32768, 65536)


def csrr(rd: int, csr: int) -> int:
    return csr << 20 | 2 << 12 | rd << 7 | 0x73


@pytest.fixture(params=WIDTHS)
def wide(request: pytest.FixtureRequest, machine: Machine) -> Machine:
    return dataclasses.replace(
        machine, vpu_spad_size_kb_per_lane=128, riscv_vlen_bits=int(request.param)
    )


def test_vlenb_and_vl_are_those_of_the_machine(wide: Machine, asm: Any):
    """The bytes of a register, and the f32 in a group of eight."""
    words = [
        csrr(T0, VLENB), asm.sd(T0, A0),
        asm.addi(T0, 0, -1), asm.vsetvli(T0, T0, M8), asm.sd(T0, A0, 8), asm.ret,
    ]  # fmt: skip
    with Spike(wide) as spike:
        spike.load(asm.image(words))
        spike.call("f", [SPAD_BASE])
        spike_says = np.frombuffer(spike.read(SPAD_BASE, 16), np.int64)
    assert spike_says.tolist() == [wide.riscv_vlen_bits // 8, wide.riscv_vlen_bits // 32 * 8]


@pytest.mark.parametrize("short_by", [0, 1, 3])
def test_a_whole_group_is_added_to_its_last_element(wide: Machine, asm: Any, short_by: int):
    count = wide.riscv_vlen_bits // 32 * 8 - short_by
    words = [
        asm.vsetvli(0, A1, M8), asm.vle32(8, A0), asm.vadd(16, 8, 8), asm.vse32(16, A0), asm.ret,
    ]  # fmt: skip
    values = np.arange(count + 5, dtype=np.int32)
    with Spike(wide) as spike:
        spike.load(asm.image(words))
        spike.write(SPAD_BASE, values)
        spike.call("f", [SPAD_BASE, count])
        got = np.frombuffer(spike.read(SPAD_BASE, values.nbytes), np.int32)
    assert np.array_equal(got[:count], 2 * values[:count])
    assert np.array_equal(got[count:], values[count:])


def test_a_gather_reaches_across_a_whole_group(wide: Machine, asm: Any):
    """Registers lie one behind the other: element i reads element count - 1 - i."""
    count = wide.riscv_vlen_bits // 32 * 8
    words = [
        asm.vsetvli(0, A2, M8), asm.vle32(8, A0), asm.vle32(16, A1),
        asm.vrgather(24, 8, 16), asm.vse32(24, A0), asm.ret,
    ]  # fmt: skip
    values = np.arange(7, 7 + count, dtype=np.int32)
    places = np.arange(count, dtype=np.int32)[::-1].copy()
    other = SPAD_BASE + values.nbytes
    with Spike(wide) as spike:
        spike.load(asm.image(words))
        spike.write(SPAD_BASE, values)
        spike.write(other, places)
        spike.call("f", [SPAD_BASE, other, count])
        got = np.frombuffer(spike.read(SPAD_BASE, values.nbytes), np.int32)
    assert np.array_equal(got, values[::-1])


def test_cycles_count_the_datapath_not_the_registers(wide: Machine, asm: Any):
    """8 lanes of 256 bits pass 64 f32 a cycle: vl / 64 cycles, not the 1 of one element."""
    vl = wide.riscv_vlen_bits // 32 * 8
    with Spike(wide) as spike:
        spike.load(asm.image([asm.vsetvli(0, A1, M8), asm.vle32(8, A0), asm.ret]))
        full = spike.time_call("f", [SPAD_BASE, vl])
        one = spike.time_call("f", [SPAD_BASE, 1])
    assert full - one == max(1, vl // 64) - 1
