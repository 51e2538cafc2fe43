"""The instruction table against the words LLVM really emits."""

import io
from itertools import combinations
from typing import Any

import llvmlite.binding as llvmlite_binding
import pytest
from elftools.elf.elffile import ELFFile

from npu.dialects import dma_descriptor, isa

llvm: Any = llvmlite_binding  # llvmlite has no types of its own

FEATURES = "+m,+a,+f,+d,+c,+v,+zvl256b,+xsfvcp"
VECTOR = "<vscale x 8 x float>"

PROGRAM = f"""
declare void @llvm.riscv.sf.vc.x.se.i64.i64.i64(i64, i64, i64, i64, i64, i64, i64)
declare void @llvm.riscv.sf.vc.iv.se.i64.nxv8f32.i64.i64(i64, i64, {VECTOR}, i64, i64)
declare {VECTOR} @llvm.riscv.sf.vc.v.i.se.nxv8f32.i64.i64(i64, i64, i64, i64)
declare {VECTOR} @llvm.riscv.sf.vc.v.iv.nxv8f32.i64.i64.i64(i64, {VECTOR}, i64, i64)
define void @k(i64 %c, {VECTOR} %v, ptr %p, i64 %n) {{
  call void @llvm.riscv.sf.vc.x.se.i64.i64.i64(i64 0, i64 0, i64 0, i64 %c, i64 32, i64 0, i64 1)
  call void @llvm.riscv.sf.vc.iv.se.i64.nxv8f32.i64.i64(i64 0, i64 0, {VECTOR} %v, i64 0, i64 %n)
  call void @llvm.riscv.sf.vc.iv.se.i64.nxv8f32.i64.i64(i64 1, i64 0, {VECTOR} %v, i64 0, i64 %n)
  %r = call {VECTOR} @llvm.riscv.sf.vc.v.i.se.nxv8f32.i64.i64(i64 2, i64 0, i64 0, i64 %n)
%CALLS%
  store {VECTOR} %LAST%, ptr %p
  ret void
}}
"""


def _special_calls() -> str:
    """One call of each special function, each on the result of the one before."""
    first = f"  %s0 = fadd {VECTOR} %r, %v"
    calls = (
        f"  %s{number + 1} = call {VECTOR} @llvm.riscv.sf.vc.v.iv.nxv8f32.i64.i64.i64("
        f"i64 3, {VECTOR} %s{number}, i64 {number}, i64 %n)"
        for number in range(len(isa.SPECIAL_FUNCTIONS))
    )
    return "\n".join([first, *calls])


@pytest.fixture(scope="module")
def emitted() -> list[int]:
    """The custom-2 words of PROGRAM in order, as LLVM emits them."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple("riscv64-unknown-elf")
    machine = target.create_target_machine(cpu="generic-rv64", features=FEATURES, reloc="static")
    header = f'target datalayout = "{machine.target_data}"\ntarget triple = "riscv64-unknown-elf"\n'
    last = f"%s{len(isa.SPECIAL_FUNCTIONS)}"
    program = PROGRAM.replace("%CALLS%", _special_calls()).replace("%LAST%", last)
    module = llvm.parse_assembly(header + program)
    elf: Any = ELFFile(io.BytesIO(machine.emit_object(module)))
    code: bytes = elf.get_section_by_name(".text").data()
    words, at = list[int](), 0
    while at < len(code):
        length = 4 if code[at] & 3 == 3 else 2
        words.append(int.from_bytes(code[at : at + length], "little"))
        at += length
    return [w for w in words if w & 0x7F == isa.CUSTOM_2]


def test_llvm_emits_the_encodings_of_the_table(emitted: list[int]) -> None:
    expected = [i for i in isa.INSTRUCTIONS if i.vcix is not None]
    assert len(emitted) == len(expected)
    for word, instruction in zip(emitted, expected, strict=True):
        assert word & instruction.mask == instruction.match, (hex(word), instruction.name)


def test_no_word_is_two_instructions() -> None:
    for one, other in combinations(isa.INSTRUCTIONS, 2):
        common = one.mask & other.mask
        assert one.match & common != other.match & common, (one.name, other.name)


def test_match_lies_in_mask() -> None:
    for instruction in isa.INSTRUCTIONS:
        assert instruction.match & ~instruction.mask == 0, instruction.name


def test_encode() -> None:
    assert isa.BY_NAME["npu.dma.store"].encode(rs1=10) == 0x0205002B
    assert isa.dma_stub("npu.dma.wait") == (0x0405002B, 0x00008067)
    assert isa.BY_NAME["npu.vtanh"].encode(vd=8, vs2=16) == 0x2D00B45B
    with pytest.raises(ValueError, match="takes operands"):
        isa.BY_NAME["npu.dma.load"].encode(vd=1)
    with pytest.raises(ValueError, match="no register x32"):
        isa.BY_NAME["npu.dma.load"].encode(rs1=32)


def test_descriptor_fields_are_dense() -> None:
    word = 0
    for field in dma_descriptor.FIELDS:
        assert field.word == word
        word += field.count
    assert word == dma_descriptor.DESCRIPTOR_WORDS


def test_descriptor_bytes() -> None:
    packed = dma_descriptor.pack_descriptor(
        dram_address=1 << 32,
        spad_address=0xD000_0000,
        element_bytes=4,
        tag=3,
        size=(2, 5),
        dram_stride_bytes=(-20, 4),
        spad_stride_bytes=(4, 8),
    )
    words = [int.from_bytes(packed[i : i + 8], "little", signed=True) for i in range(0, 248, 8)]
    whole = [0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0]
    head = [1 << 32, 0xD000_0000, 2, 4, 3, 0, 0]
    assert words == [*head, 2, 5, 0, 0, -20, 4, 0, 0, 4, 8, 0, 0, *whole]
    with pytest.raises(ValueError, match="up to 4 sizes"):
        dma_descriptor.pack_descriptor(
            dram_address=0, spad_address=0, element_bytes=4, tag=0, size=(1,),
            dram_stride_bytes=(), spad_stride_bytes=(),
        )  # fmt: skip
