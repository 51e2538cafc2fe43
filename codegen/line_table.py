"""The line table of an object: which bytes of its code come from which line."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from elftools.elf.elffile import ELFFile

from npu.codegen.object_file import Place, Relocation, relocations_of
from npu.codegen.relocate import R_64

_SET_ADDRESS = 2
"""DW_LNE_set_address (DWARF 4, section 7.21)."""


@dataclass(frozen=True)
class LineSpan:
    """Code from one line: its place, its length in bytes, the line (from 1)."""

    start: Place
    size: int
    line: int


@dataclass(frozen=True)
class _Row:
    """A row of the table: the code from `place` on is of `line`, until the next row."""

    place: Place
    line: int
    last: bool


def read_line_table(object_file: bytes) -> tuple[LineSpan, ...]:
    """The spans of all lines in order of the table; code that belongs to no line is left out.

    Raises ValueError where an address of the table has no relocation: a fault of ours.
    """
    elf: Any = ELFFile(io.BytesIO(object_file))
    number = elf.get_section_index(".debug_line")
    if number is None:
        return ()
    relocations = iter(relocations_of(elf, {number}))
    # The library knows no RISC-V code under construction; the only relocations are ours to apply.
    dwarf = elf.get_dwarf_info(relocate_dwarf_sections=False)
    rows = [
        row
        for unit in dwarf.iter_CUs()
        for row in _rows(dwarf.line_program_for_CU(unit), relocations)
    ]
    spans = [
        LineSpan(row.place, following.place.offset - row.place.offset, row.line)
        for row, following in pairwise(rows)
        if not row.last and row.line != 0
    ]
    return tuple(span for span in spans if span.size > 0)


def _rows(program: Any, relocations: Iterator[Relocation]) -> Iterator[_Row]:
    """The rows of one unit; each address that is set takes the next relocation."""
    base: Place | None = None
    for entry in program.get_entries():
        if entry.is_extended and entry.command == _SET_ADDRESS:
            base = _target(next(relocations, None))
        elif entry.state is not None:
            if base is None:
                raise ValueError("the line table begins without an address")
            place = Place(base.section, base.offset + entry.state.address)
            yield _Row(place, entry.state.line, entry.state.end_sequence)


def _target(relocation: Relocation | None) -> Place:
    """Where a relocated address of the table points."""
    if relocation is None or relocation.kind != R_64 or relocation.target is None:
        raise ValueError(f"no address for the line table, but {relocation}")
    return relocation.target
