"""A machine, a tiny assembler and images for the tests of Spike in process."""

import dataclasses
import struct
from collections.abc import Sequence
from typing import Any

import pytest

from npu.codegen.image import IMAGE_BASE, Image
from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.dialects import isa

RET = isa.RET_WORD
M1, M2, M4, M8 = range(4)
T0, A0 = 5, 10


class Asm:
    """Words of RISC-V instructions, by the names of the ISA manual."""

    ret = RET

    @staticmethod
    def addi(rd: int, rs1: int, value: int) -> int:
        return (value & 0xFFF) << 20 | rs1 << 15 | rd << 7 | 0x13

    @staticmethod
    def register(rd: int, rs1: int, rs2: int, funct7: int = 0, funct3: int = 0) -> int:
        """OP: add; funct7 1 is mul (funct3 0) and div (funct3 4)."""
        return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x33

    @staticmethod
    def ld(rd: int, rs1: int, offset: int = 0) -> int:
        return (offset & 0xFFF) << 20 | rs1 << 15 | 3 << 12 | rd << 7 | 0x03

    @staticmethod
    def sd(rs2: int, rs1: int, offset: int = 0) -> int:
        return (offset >> 5) << 25 | rs2 << 20 | rs1 << 15 | 3 << 12 | (offset & 31) << 7 | 0x23

    @staticmethod
    def jump_over_one() -> int:
        return 4 << 21 | 0x6F  # jal x0, 8

    @staticmethod
    def vsetvli(rd: int, rs1: int, lmul: int, sew: int = 32) -> int:
        vtype = 0xC0 | {8: 0, 16: 1, 32: 2, 64: 3}[sew] << 3 | lmul
        return vtype << 20 | rs1 << 15 | 7 << 12 | rd << 7 | 0x57

    @staticmethod
    def vector(funct6: int, funct3: int, vd: int, vs2: int, vs1: int, vm: int = 1) -> int:
        return funct6 << 26 | vm << 25 | vs2 << 20 | vs1 << 15 | funct3 << 12 | vd << 7 | 0x57

    @classmethod
    def vadd(cls, vd: int, vs2: int, vs1: int, vm: int = 1) -> int:
        return cls.vector(0x00, 0, vd, vs2, vs1, vm)

    @classmethod
    def vfmacc(cls, vd: int, vs1: int, vs2: int) -> int:
        return cls.vector(0x2C, 1, vd, vs2, vs1)

    @classmethod
    def vredsum(cls, vd: int, vs2: int, vs1: int) -> int:
        return cls.vector(0x00, 2, vd, vs2, vs1)

    @classmethod
    def vmv_x_s(cls, rd: int, vs2: int) -> int:
        return cls.vector(0x10, 2, rd, vs2, 0)

    @classmethod
    def vrgather(cls, vd: int, vs2: int, vs1: int) -> int:
        return cls.vector(0x0C, 0, vd, vs2, vs1)

    @classmethod
    def vmseq(cls, vd: int, vs2: int, vs1: int) -> int:
        return cls.vector(0x18, 0, vd, vs2, vs1)

    @staticmethod
    def vle32(vd: int, rs1: int) -> int:
        return 1 << 25 | rs1 << 15 | 6 << 12 | vd << 7 | 0x07

    @staticmethod
    def vle16(vd: int, rs1: int) -> int:
        return 1 << 25 | rs1 << 15 | 5 << 12 | vd << 7 | 0x07

    @staticmethod
    def vlse32(vd: int, rs1: int, rs2: int) -> int:
        return 2 << 26 | 1 << 25 | rs2 << 20 | rs1 << 15 | 6 << 12 | vd << 7 | 0x07

    @staticmethod
    def vse32(vs3: int, rs1: int) -> int:
        return 1 << 25 | rs1 << 15 | 6 << 12 | vs3 << 7 | 0x27

    @staticmethod
    def npu(name: str, **registers: int) -> int:
        return isa.BY_NAME[f"npu.{name}"].encode(**registers)

    @staticmethod
    def image(words: Sequence[int], name: str = "f") -> Image:
        """An image of one function."""
        data = struct.pack(f"<{len(words)}I", *words)
        return Image(IMAGE_BASE, data, {name: IMAGE_BASE}, {name: len(data)}, {name: "0" * 64})


@pytest.fixture
def asm() -> Any:
    return Asm


@pytest.fixture
def machine() -> Machine:
    """8 lanes of 256 bits, VLEN 256."""
    return dataclasses.replace(load("8x8"), riscv_vlen_bits=256)
