"""The generated C++ header carries the whole table, and needs nothing installed to be made."""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from npu.configs.core_timing import CoreTiming
from npu.dialects import dma_descriptor, isa

GENERATOR = Path(__file__).parents[3] / "runtime" / "spike" / "generate_header.py"


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The header, made in a process that sees no installed package and no other path."""
    out = tmp_path_factory.mktemp("header") / "isa_generated.h"
    subprocess.run([sys.executable, "-I", "-S", str(GENERATOR), str(out)], check=True)
    return out.read_text()


def test_every_instruction_has_match_mask_and_unit(header: str):
    for instruction in isa.INSTRUCTIONS:
        assert f"match_{instruction.semantics} = {instruction.match:#x};" in header
        assert f"mask_{instruction.semantics} = {instruction.mask:#x};" in header
        assert f"X({instruction.semantics}, {instruction.latency_class})" in header


def test_structs_have_every_field_in_order(header: str):
    names = [f" {field.name};" for field in fields(CoreTiming)]
    ends = {1: ";"}
    words = [f" {f.name}{ends.get(f.count, '[')}" for f in dma_descriptor.FIELDS]
    names = words + names
    places = [header.index(name) for name in names]
    assert places == sorted(places)


def test_trap_causes_are_custom_ones(header: str):
    for cause in isa.TRAP_CAUSES:
        assert 24 <= cause.code <= 31
        assert f"cause_{cause.name} = {cause.code:#x};" in header


def test_an_unchanged_header_is_not_written_again(tmp_path: Path):
    out = tmp_path / "isa_generated.h"
    command = [sys.executable, "-I", "-S", str(GENERATOR), str(out)]
    subprocess.run(command, check=True)
    before = out.stat().st_mtime_ns
    subprocess.run(command, check=True)
    assert out.stat().st_mtime_ns == before
