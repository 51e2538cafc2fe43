"""The extension in the stock `spike` command: the documented example, as a user runs it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from elftools.elf.elffile import ELFFile

from npu.runtime.elf import Segment, write_elf
from npu.runtime.start_code import Call, Comparison, start_code

EXAMPLE = Path(__file__).parents[3] / "examples" / "stock_spike.py"


@pytest.mark.parametrize(("argument", "code"), [("0", 0), ("1", 2)])
def test_example_passes_and_notices_a_wrong_product(argument: str, code: int):
    command = [sys.executable, str(EXAMPLE), argument]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == code, run.stdout + run.stderr
    assert "--extension=npu" in run.stdout


def test_elf_is_read_back_by_another_reader(tmp_path: Path):
    segments = [Segment(0x8000_0000, b"code"), Segment(0x8000_1010, b"data!")]
    path = tmp_path / "program.elf"
    path.write_bytes(write_elf(segments, 0x8000_0002, {"tohost": 0x8000_1010, "main": 0x8000_0002}))
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        assert (elf["e_machine"], elf["e_entry"]) == ("EM_RISCV", 0x8000_0002)
        loaded = [(s["p_paddr"], s.data()) for s in elf.iter_segments()]
        table: Any = elf.get_section_by_name(".symtab")
        symbols = {s.name: s["st_value"] for s in table.iter_symbols() if s.name}
    assert loaded == [(s.address, s.data) for s in segments]
    assert symbols == {"tohost": 0x8000_1010, "main": 0x8000_0002}


def test_start_code_refuses_more_arguments_than_registers():
    comparison = Comparison(0, 0, 1)
    with pytest.raises(ValueError, match="at most 8 arguments"):
        start_code([Call(0, (0,) * 9)], comparison, stack_top=0, tohost=0)
