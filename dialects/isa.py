"""The instruction table: every custom instruction of the NPU, once.

The accelerator is reached from the in-order RV64GCV front by two opcodes of the RISC-V custom
space:

* custom-1 (``0x2B``), R-type, scalar operands only: the DMA engine. LLVM knows no such instruction,
  so the code generator emits each as a two-word stub function (the word, then ``ret``) and calls
  it: a call keeps its order with loads and stores.
* custom-2 (``0x5B``), the VCIX encodings LLVM emits for ``llvm.riscv.sf.vc.*`` (feature
  ``+xsfvcp``): the systolic array and the special functions, on vector registers. The operation
  number is VCIX's two-bit field, bits 27..26. Array intrinsics are the ``.se`` (side effect) kind,
  ordered among themselves but *not* with memory: data reaches the array through registers only.

Code generation, the Spike extension's header, the disassembler (`isa_text`) and ``docs/isa.md`` are
all made from `INSTRUCTIONS`. This module imports nothing of the project, so that a build can load
it alone. Sources of the encodings: the RISC-V unprivileged ISA (custom opcodes, R-type) and
SiFive's VCIX specification, checked against the words LLVM 22 emits
(``tests/dialects/test_isa.py``).
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["x", "v"]
LatencyClass = Literal["dma", "array", "special"]

CUSTOM_1 = 0x2B
CUSTOM_2 = 0x5B

SPECIAL_FUNCTIONS = ("exp", "tanh", "erf", "sin", "cos")
"""Special functions in the order of their number (the 5-bit immediate of the instruction)."""


ARRAY_TYPES = ("f32", "bf16", "f16")
"""Element types of the arrays in the order of their number in npu.array.config."""

ARRAY_TYPE_SHIFT = 24
"""The lowest bit of that number."""


@dataclass(frozen=True)
class Operand:
    """A register field: `width` bits from bit `low`; kind x (integer) or v (vector)."""

    name: str
    kind: Kind
    low: int
    width: int = 5


RD_V = Operand("vd", "v", 7)
RS1 = Operand("rs1", "x", 15)
VS2 = Operand("vs2", "v", 20)


@dataclass(frozen=True)
class Vcix:
    """How LLVM spells an instruction: an intrinsic and its constant arguments.

    The call is ``@llvm.riscv.<intrinsic>`` plus type suffixes; arguments, `opcode` (bits 27..26)
    first, constants all i64, register fields an instruction does not use 0:

    * ``sf.vc.x.se``    (opcode, 0, 0, value, sew, lmul, vl); sew 32, lmul 0 (m1), vl 1
    * ``sf.vc.iv.se``   (opcode, 0, vs2, imm, vl)
    * ``sf.vc.v.i.se``  (opcode, 0, imm, vl), returns vd
    * ``sf.vc.v.iv``    (opcode, vs2, imm, vl), returns vd
    """

    intrinsic: str
    opcode: int
    imm: int = 0


@dataclass(frozen=True)
class Instruction:
    """One custom instruction.

    A 32-bit word is this instruction when ``word & mask == match``; the bits outside `mask` are the
    operands. `semantics` names the C++ function that executes it; `latency_class` is the unit that
    the timing models charge; `meaning` is its whole semantics in one paragraph.
    """

    name: str
    semantics: str
    match: int
    operands: tuple[Operand, ...]
    latency_class: LatencyClass
    meaning: str
    vcix: Vcix | None = None

    @property
    def mask(self) -> int:
        """The bits of the word that are not operands."""
        fields = sum(((1 << o.width) - 1) << o.low for o in self.operands)
        return 0xFFFF_FFFF & ~fields

    def encode(self, **registers: int) -> int:
        """The word of this instruction, each operand's register number (0..31) given by name."""
        expected = {o.name for o in self.operands}
        if set(registers) != expected:
            raise ValueError(
                f"{self.name} takes operands {sorted(expected)}, not {sorted(registers)}"
            )
        word = self.match
        for operand in self.operands:
            number = registers[operand.name]
            if not 0 <= number < 1 << operand.width:
                raise ValueError(f"{self.name}: no register {operand.kind}{number}")
            word |= number << operand.low
        return word


def _dma(name: str, funct7: int, meaning: str) -> Instruction:
    """An R-type instruction of custom-1 with one integer operand."""
    semantics = name.removeprefix("npu.").replace(".", "_")
    return Instruction(name, semantics, funct7 << 25 | CUSTOM_1, (RS1,), "dma", meaning)


def _vcix_word(form: int, vm: int, funct3: int, opcode: int, imm: int) -> int:
    """A VCIX word: `form` is bits 31..28, `opcode` 27..26, `vm` 25 (0 writes vd), `imm` 19..15."""
    return form << 28 | opcode << 26 | vm << 25 | imm << 15 | funct3 << 12 | CUSTOM_2


def _special(number: int, function: str) -> Instruction:
    """The special function `function`, ``sf.vc.v.iv`` with its number as the immediate."""
    return Instruction(
        f"npu.v{function}",
        f"special_{function}",
        _vcix_word(form=0b0010, vm=0, funct3=0b011, opcode=3, imm=number),
        (RD_V, VS2),
        "special",
        f"vd[i] = {function}(vs2[i]) for i < vl, f32, evaluated in double precision and rounded "
        "once. Pure: no flag is raised and no other state changes. Elements past vl are "
        "undisturbed. SEW other than 32 is an illegal instruction.",
        Vcix("sf.vc.v.iv", 3, number),
    )


INSTRUCTIONS: tuple[Instruction, ...] = (
    _dma(
        "npu.dma.load",
        0,
        "Copies DRAM to the scratchpad as the descriptor at address rs1 says; with indices, which "
        "it reads from the scratchpad, it gathers. Its tag is busy "
        "until the data is there; the functional model copies at once.",
    ),
    _dma(
        "npu.dma.store",
        1,
        "Copies the scratchpad to DRAM as the descriptor at address rs1 says; with indices, which "
        "it reads from the scratchpad, it scatters, in order and behind the scatter before, and "
        "may combine what it brings with what is there. Its tag is busy "
        "until the data is there; the functional model copies at once.",
    ),
    _dma(
        "npu.dma.wait",
        2,
        "Waits until no transfer with tag rs1 is under way. In the functional model none ever is, "
        "so only the tag is checked: a tag of 2^32 or more traps.",
    ),
    _dma(
        "npu.dma.after",
        3,
        "The next transfer of this core starts when no transfer with tag rs1 is under way; several "
        "of these add up. In the functional model only the tag is checked: a tag of 2^32 or more "
        "traps.",
    ),
    Instruction(
        "npu.array.config",
        "array_config",
        _vcix_word(form=0b0000, vm=1, funct3=0b100, opcode=0, imm=0),
        (RS1,),
        "array",
        "Starts a new weight tile of k = rs1[23:0] rows x n = rs1[63:32] columns of elements of "
        "type rs1[31:24]: 0 f32, 1 bf16, 2 f16, else a trap; the previous weights are gone. k and "
        "n are 1..lanes, else a trap. Results not yet popped, or an input row only partly pushed, "
        "would be lost: a trap.",
        Vcix("sf.vc.x.se", 0),
    ),
    Instruction(
        "npu.array.wpush",
        "array_wpush",
        _vcix_word(form=0b0010, vm=1, funct3=0b011, opcode=0, imm=0),
        (VS2,),
        "array",
        "Pushes vl weights of the tile's type, row-major, k x n in all; a row may take several "
        "pushes and a push may hold several rows. Another SEW than the width of the type is an "
        "illegal instruction. More than k x n weights is a trap.",
        Vcix("sf.vc.iv.se", 0),
    ),
    Instruction(
        "npu.array.push",
        "array_push",
        _vcix_word(form=0b0010, vm=1, funct3=0b011, opcode=1, imm=0),
        (VS2,),
        "array",
        "Pushes vl elements of the input, of the weights' type, rows of k one after another. Each "
        "whole row yields one result row of n in f32: result[j] = sum over i = 0..k-1, in that "
        "order, of input[i] * weight[i][j], starting from +0, product (exact for bf16 and f16) and "
        "sum each rounded to f32. Another SEW than the type's width is an illegal "
        "instruction. Weights not complete: a trap.",
        Vcix("sf.vc.iv.se", 1),
    ),
    Instruction(
        "npu.array.pop",
        "array_pop",
        _vcix_word(form=0b0000, vm=0, funct3=0b011, opcode=2, imm=0),
        (RD_V,),
        "array",
        "vd = the next vl f32 of the results, rows of n one after another in push order. Fewer "
        "than vl results there (the hardware would block for ever): a trap. Elements past vl are "
        "undisturbed.",
        Vcix("sf.vc.v.i.se", 2),
    ),
    *(_special(number, function) for number, function in enumerate(SPECIAL_FUNCTIONS)),
)

BY_NAME: dict[str, Instruction] = {i.name: i for i in INSTRUCTIONS}
"""The table by instruction name."""

RET_WORD = 0x0000_8067
"""``jalr x0, 0(ra)``: the second word of a DMA stub function."""


def dma_stub(name: str) -> tuple[int, int]:
    """The two words of a custom-1 instruction's stub function: its operand comes in a0 (x10)."""
    return BY_NAME[name].encode(rs1=10), RET_WORD


@dataclass(frozen=True)
class TrapCause:
    """An exception cause of the custom range (24..31 of mcause) that the NPU raises."""

    code: int
    name: str
    meaning: str


TRAP_CAUSES: tuple[TrapCause, ...] = (
    TrapCause(
        24, "dma_descriptor", "a DMA descriptor or tag that is not valid; mtval: its address or tag"
    ),
    TrapCause(25, "dma_address", "a DMA byte outside its memory; mtval: that address"),
    TrapCause(26, "array_use", "an array instruction out of protocol; mtval: the instruction word"),
    TrapCause(
        27,
        "not_timed",
        "timing of a tile function met a DMA or array instruction, whose time the system simulator "
        "counts; mtval: the instruction word",
    ),
    TrapCause(
        28,
        "dma_index",
        "an index of a gather or a scatter outside of its tensor; mtval: the index's address",
    ),
)
"""Custom trap causes, by code."""
