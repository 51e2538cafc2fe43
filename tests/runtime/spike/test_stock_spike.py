"""The extension in the stock `spike` command: the documented example, as a user runs it."""

import importlib.util
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import fdt
import pytest
from elftools.elf.elffile import ELFFile

from npu.runtime.elf import Segment, write_elf
from npu.runtime.spike.library import library_path, spike_data
from npu.runtime.start_code import Call, Comparison, start_code

EXAMPLE = Path(__file__).parents[3] / "examples" / "stock_spike.py"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("1",), 2),
        (("0", "65536"), 0),
        *(
            pytest.param(*more, marks=pytest.mark.slow)
            for more in ((("0",), 0), (("0", "8192"), 0), (("1", "32768"), 2))
        ),
    ],
)
def test_example_passes_and_notices_a_wrong_product(arguments: tuple[str, ...], code: int):
    command = [sys.executable, str(EXAMPLE), *arguments]
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


@pytest.mark.parametrize(
    ("extension", "vlenb"),
    [("npu", 512), ("npu_vlen8192", 1024), ("npu_vlen32768", 4096), ("npu_vlen65536", 8192)],
)
def test_the_extension_says_how_wide_registers_are(tmp_path: Path, extension: str, vlenb: int):
    """A program of the stock command reads `vlenb`, and all that a group of eight may hold."""
    start, code, tohost = 0x8700_0000, 0x8700_1000, 0x8700_2000
    data, expected = 0x1_0000_0000, 0x1_0000_1000
    function = [
        0xC22 << 20 | 2 << 12 | 5 << 7 | 0x73,  # csrr t0, vlenb
        5 << 20 | 10 << 15 | 2 << 12 | 0x23,  # sw t0, 0(a0)
        0xD3 << 20 | 0 << 15 | 7 << 12 | 5 << 7 | 0x57,  # vsetvli t0, zero, e32, m8
        5 << 20 | 10 << 15 | 2 << 12 | 4 << 7 | 0x23,  # sw t0, 4(a0)
        0x8067,  # ret
    ]
    wanted = struct.pack("<2I", vlenb, vlenb // 4 * 8)
    text = start_code(
        [Call(code, (data,))], Comparison(data, expected, 2), stack_top=0x8900_0000, tohost=tohost
    )
    segments = [
        Segment(code, struct.pack("<5I", *function)), Segment(start, text),
        Segment(tohost, bytes(16)), Segment(data, bytes(8)), Segment(expected, wanted),
    ]  # fmt: skip
    elf, blob = tmp_path / "program.elf", tmp_path / "machine.dtb"
    elf.write_bytes(write_elf(segments, start, {"tohost": tohost, "fromhost": tohost + 8}))
    isa = "rv64gcv_zvl4096b"
    blob.write_bytes(fdt.parse_dts(_example().DEVICE_TREE.replace(_example().ISA, isa)).to_dtb(17))
    command = [
        str(spike_data() / "bin" / "spike"), f"--extlib={library_path()}",
        f"--extension={extension}", f"--isa={isa}",
        "-m0x80000000:0x9000000,0x100000000:0x10000", f"--dtb={blob}", str(elf),
    ]  # fmt: skip
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr


def _example() -> Any:
    place = importlib.util.spec_from_file_location("stock_spike", EXAMPLE)
    assert place is not None
    assert place.loader is not None
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module
