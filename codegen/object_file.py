"""An ELF relocatable object: the sections, functions and relocations that reach an image."""

import io
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from elftools.elf.elffile import ELFFile

_ALLOC = 0x2


@dataclass(frozen=True)
class Section:
    """An allocated section: its bytes and where they may lie."""

    data: bytes
    alignment: int
    entry_bytes: int
    """Bytes of one entry of a constant pool, 0 for a section without equal entries."""


@dataclass(frozen=True)
class Place:
    """A byte of an object: section index and offset."""

    section: int
    offset: int


@dataclass(frozen=True)
class Relocation:
    """A patch of `kind` (psABI number) at `at`, with the address of what it refers to.

    That is `target`, or the undefined symbol `symbol` plus `addend` where `target` is None.
    """

    at: Place
    kind: int
    symbol: str
    addend: int
    target: Place | None


@dataclass(frozen=True)
class FunctionSpan:
    """A function: name, place, length in bytes."""

    name: str
    start: Place
    size: int

    def holds(self, place: Place) -> bool:
        """Whether `place` lies in the function."""
        if place.section != self.start.section:
            return False
        return self.start.offset <= place.offset < self.start.offset + self.size


@dataclass(frozen=True)
class RelocatableObject:
    """What of an object file reaches the image; all in order of section and offset."""

    sections: Mapping[int, Section]
    functions: tuple[FunctionSpan, ...]
    relocations: tuple[Relocation, ...]


def read_object(object_file: bytes) -> RelocatableObject:
    """Reads an ELF relocatable file."""
    elf: Any = ELFFile(io.BytesIO(object_file))
    sections = {
        index: Section(_data(section), max(1, section["sh_addralign"]), section["sh_entsize"])
        for index, section in enumerate(elf.iter_sections())
        if section["sh_flags"] & _ALLOC and section["sh_size"] > 0
    }
    table = elf.get_section_by_name(".symtab")
    return RelocatableObject(sections, _functions(table), relocations_of(elf, sections))


def _data(section: Any) -> bytes:
    """A section's bytes, zeros where the file holds none."""
    return bytes(section["sh_size"]) if section["sh_type"] == "SHT_NOBITS" else section.data()


def _functions(table: Any) -> tuple[FunctionSpan, ...]:
    """The defined functions."""
    spans = [
        FunctionSpan(s.name, Place(s["st_shndx"], s["st_value"]), s["st_size"])
        for s in table.iter_symbols()
        if s["st_info"]["type"] == "STT_FUNC" and isinstance(s["st_shndx"], int)
    ]
    return tuple(sorted(spans, key=lambda span: (span.start.section, span.start.offset)))


def relocations_of(elf: Any, kept: Container[int]) -> tuple[Relocation, ...]:
    """All relocations of the sections with the numbers `kept`, in order of section and offset."""
    table = elf.get_section_by_name(".symtab")
    found = [
        _relocation(section["sh_info"], entry, table.get_symbol(entry["r_info_sym"]))
        for section in elf.iter_sections()
        if section["sh_type"] == "SHT_RELA" and section["sh_info"] in kept
        for entry in section.iter_relocations()
    ]
    return tuple(sorted(found, key=lambda r: (r.at.section, r.at.offset, r.kind)))


def _relocation(section: int, entry: Any, symbol: Any) -> Relocation:
    """One entry of a relocation table."""
    addend, home = entry["r_addend"], symbol["st_shndx"]
    target = Place(home, symbol["st_value"] + addend) if isinstance(home, int) else None
    at = Place(section, entry["r_offset"])
    return Relocation(at, entry["r_info_type"], symbol.name, addend, target)
