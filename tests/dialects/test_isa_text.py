"""The disassembler and the generated page of the instruction table."""

from pathlib import Path

import pytest

from npu.dialects import isa, isa_text

PAGE = Path(__file__).parents[2] / "docs" / "isa.md"


@pytest.mark.parametrize("instruction", isa.INSTRUCTIONS, ids=lambda i: i.name)
def test_disassembly_gives_back_what_was_encoded(instruction: isa.Instruction) -> None:
    registers = {operand.name: 5 + at for at, operand in enumerate(instruction.operands)}
    listed = ", ".join(f"{o.kind}{registers[o.name]}" for o in instruction.operands)
    word = instruction.encode(**registers)
    assert isa_text.disassemble(word) == f"{instruction.name} {listed}"


def test_other_words_are_not_custom() -> None:
    assert isa_text.disassemble(isa.RET_WORD) is None
    assert isa_text.disassemble(0x0800002B) is None  # custom-1, funct7 4: not in the table


def test_page_is_fresh() -> None:
    expected = isa_text.isa_page()
    assert PAGE.read_text() == expected, "run: make docs"
