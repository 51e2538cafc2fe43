"""The timing decoder sees the registers of every compressed and common scalar instruction.

Each 16-bit word is timed against the 32-bit instruction it stands for, between a producer of each
possible source and consumers of its result, with latencies that tell the kinds apart. Encodings:
RISC-V unprivileged ISA, chapter "C extension".
"""

import dataclasses
from typing import Any

import pytest

from npu.codegen.image import SPAD_BASE
from npu.configs.core_timing import CoreTiming
from npu.configs.machine import Machine
from npu.runtime.spike import Spike

SP, A0, A1, A2 = 2, 10, 11, 12
C_NOP, NOP = 0x0001, 0x00000013

PAIRS = {
    "c.addi a0, 1": (0x0505, 0x00150513),
    "c.addiw a0, 1": (0x2505, 0x0015051B),
    "c.li a0, 1": (0x4505, 0x00100513),
    "c.lui a0, 1": (0x6505, 0x00001537),
    "c.addi16sp sp, -16": (0x717D, 0xFF010113),
    "c.addi4spn a0, sp, 8": (0x0028, 0x00810513),
    "c.slli a0, 1": (0x0506, 0x00151513),
    "c.srli a0, 1": (0x8105, 0x00155513),
    "c.andi a0, 1": (0x8905, 0x00157513),
    "c.sub a0, a1": (0x8D0D, 0x40B50533),
    "c.and a0, a1": (0x8D6D, 0x00B57533),
    "c.addw a0, a1": (0x9D2D, 0x00B5053B),
    "c.mv a0, a1": (0x852E, 0x00B00533),
    "c.add a0, a1": (0x952E, 0x00B50533),
    "c.lw a0, 0(a1)": (0x4188, 0x0005A503),
    "c.ld a0, 0(a1)": (0x6188, 0x0005B503),
    "c.fld fa0, 0(a1)": (0x2188, 0x0005B507),
    "c.sw a0, 0(a1)": (0xC188, 0x00A5A023),
    "c.sd a0, 0(a1)": (0xE188, 0x00A5B023),
    "c.fsd fa0, 0(a1)": (0xA188, 0x00A5B027),
    "c.ldsp a0, 0(sp)": (0x6502, 0x00013503),
    "c.lwsp a0, 0(sp)": (0x4502, 0x00012503),
    "c.fldsp fa0, 0(sp)": (0x2502, 0x00013507),
    "c.sdsp a0, 0(sp)": (0xE02A, 0x00A13023),
    "c.swsp a0, 0(sp)": (0xC02A, 0x00A12023),
    "c.fsdsp fa0, 0(sp)": (0xA02A, 0x00A13027),
}


def cycles(machine: Machine, asm: Any, words: list[int]) -> int:
    """Cycles of `words` and a `ret` with a1 at the scratchpad and distinct latencies."""
    timing = CoreTiming(
        integer_latency=3, scalar_load_latency=20, float_add_latency=50, integer_units=12
    )
    with Spike(dataclasses.replace(machine, core_timing=timing)) as spike:
        spike.load(asm.image([*words, asm.ret]))
        arguments = [SPAD_BASE] * 10  # two of them on the stack, for the accesses relative to sp
        return spike.time_call("f", arguments)


@pytest.mark.parametrize("late", ["a0", "a1", "sp", "fa0"])
@pytest.mark.parametrize("name", PAIRS)
def test_compressed_equals_its_expansion(machine: Machine, asm: Any, name: str, late: str):
    short, full = PAIRS[name]
    # fa0 = a1 bits: a float move, ready 50 cycles later.
    producer = {"a0": asm.addi(A0, A0, 0), "a1": asm.addi(A1, A1, 0), "sp": asm.addi(SP, SP, 0)}
    before = [producer.get(late, 0xF2058553)]
    after = [asm.register(A2, A0, SP), 0xE20505D3]  # add a2, a0, sp; fmv.x.d a1, fa0
    got = cycles(machine, asm, [*before, C_NOP << 16 | short, *after])
    assert got == cycles(machine, asm, [*before, full, NOP, *after])


FLOATS = {  # instruction, and the cycle its result is ready when issued at 0
    "fadd.s fa0, fa1, fa2": (0x00C5F553, 5),
    "fmul.s fa0, fa1, fa2": (0x10C5F553, 7),
    "fdiv.s fa0, fa1, fa2": (0x18C5F553, 11),
    "fsqrt.s fa0, fa1": (0x5805F553, 11),
    "fmadd.s fa0, fa1, fa2, fa3": (0x68C5F543, 7),
    "fcvt.s.w fa0, a1": (0xD005F553, 5),
}


@pytest.mark.parametrize("name", FLOATS)
def test_float_latencies(machine: Machine, asm: Any, name: str):
    word, ready = FLOATS[name]
    timing = CoreTiming(float_add_latency=5, float_multiply_latency=7, float_divide_latency=11)
    with Spike(dataclasses.replace(machine, core_timing=timing)) as spike:
        spike.load(asm.image([word, asm.ret]))
        assert spike.time_call("f", [0, 1]) == ready
        # A consumer of fa0 (fmv.x.w a0, fa0) adds its own latency: it saw the result.
        spike.load(asm.image([word, 0xE0050553, asm.ret]))
        assert spike.time_call("f", [0, 1]) == ready + 5
