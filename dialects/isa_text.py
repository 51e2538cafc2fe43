"""Text made from the instruction table: disassembly, and the page ``docs/isa.md``."""

from npu.dialects import dma_descriptor, isa


def disassemble(word: int) -> str | None:
    """Name and operands of a custom instruction, as ``npu.dma.load x10``; None if it is none."""
    for instruction in isa.INSTRUCTIONS:
        if word & instruction.mask != instruction.match:
            continue
        operands = [
            f"{operand.kind}{word >> operand.low & ((1 << operand.width) - 1)}"
            for operand in instruction.operands
        ]
        return " ".join([instruction.name, ", ".join(operands)])
    return None


def _row(instruction: isa.Instruction) -> str:
    """One line of the table of encodings."""
    operands = ", ".join(operand.name for operand in instruction.operands)
    vcix = instruction.vcix
    intrinsic = (
        f"`{vcix.intrinsic}` opcode {vcix.opcode}, imm {vcix.imm}" if vcix else "stub function"
    )
    return (
        f"| `{instruction.name}` | {operands} | `{instruction.match:#010x}` "
        f"| `{instruction.mask:#010x}` | {instruction.latency_class} | {intrinsic} |"
    )


def isa_page() -> str:
    """The whole of ``docs/isa.md``."""
    lines = [
        "# The custom instructions",
        "",
        "<!-- Generated from dialects/isa.py by `make docs`. -->",
        "",
        "A 32-bit word is an instruction of this table when `word & mask == match`.",
        "",
        "| instruction | operands | match | mask | unit | emitted as |",
        "|---|---|---|---|---|---|",
        *map(_row, isa.INSTRUCTIONS),
        "",
        "## Semantics",
        "",
        *(f"- **`{i.name}`**: {i.meaning}" for i in isa.INSTRUCTIONS),
        "",
        "## DMA descriptor",
        "",
        f"{dma_descriptor.DESCRIPTOR_WORDS} little-endian 64-bit words, 8-byte aligned.",
        "",
        "| words | field | meaning |",
        "|---|---|---|",
    ]
    for field in dma_descriptor.FIELDS:
        last = field.word + field.count - 1
        words = f"{field.word}" if field.count == 1 else f"{field.word}..{last}"
        lines.append(f"| {words} | `{field.name}` | {field.meaning} |")
    lines += [
        "",
        "Sizes of 0 move nothing; strides may be 0 or in any order.",
    ]
    return "\n".join(lines) + "\n"
