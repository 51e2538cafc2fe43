"""A minimal ELF writer: a program for the stock `spike` command.

Static RV64 executables of loadable segments and a symbol table, nothing else. Spike finds the host
interface by the symbols ``tohost`` and ``fromhost``. Layout: System V ABI, ELF-64, little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")

_EXECUTABLE, _RISCV, _LOADABLE, _READ_WRITE_EXECUTE = 2, 243, 1, 7
_SYMBOL_TABLE, _STRING_TABLE = 2, 3
_GLOBAL_NO_TYPE, _ABSOLUTE = 0x10, 0xFFF1
_FLOAT_ABI_DOUBLE, _COMPRESSED = 0x4, 0x1
_PAGE = 4096


@dataclass(frozen=True)
class Segment:
    """`data` at `address`."""

    address: int
    data: bytes


def write_elf(segments: Sequence[Segment], entry: int, symbols: Mapping[str, int]) -> bytes:
    """The bytes of an executable that starts at `entry` and names `symbols`."""
    names, table = _symbols(symbols)
    section_names = b"\0.symtab\0.strtab\0"
    at = _HEADER.size + len(segments) * _PROGRAM_HEADER.size
    headers, body = b"", b""
    for segment in segments:
        body += bytes((segment.address - at - len(body)) % _PAGE)  # offset = address modulo a page
        size, offset = len(segment.data), at + len(body)
        headers += _PROGRAM_HEADER.pack(
            _LOADABLE,
            _READ_WRITE_EXECUTE,
            offset,
            segment.address,
            segment.address,
            size,
            size,
            _PAGE,
        )
        body += segment.data
    tables = at + len(body)
    sections = _sections(tables, len(table), len(names), len(section_names))
    body += table + names + section_names
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header = _HEADER.pack(
        ident, _EXECUTABLE, _RISCV, 1, entry, _HEADER.size, at + len(body),
        _FLOAT_ABI_DOUBLE | _COMPRESSED, _HEADER.size, _PROGRAM_HEADER.size, len(segments),
        _SECTION_HEADER.size, 4, 3,
    )  # fmt: skip
    return header + headers + body + sections


def _symbols(symbols: Mapping[str, int]) -> tuple[bytes, bytes]:
    """The string table of the names, and the symbol table after its null entry."""
    names, table = b"\0", bytes(_SYMBOL.size)
    for name, value in symbols.items():
        table += _SYMBOL.pack(len(names), _GLOBAL_NO_TYPE, 0, _ABSOLUTE, value, 0)
        names += name.encode() + b"\0"
    return names, table


def _sections(at: int, table: int, names: int, section_names: int) -> bytes:
    """The null section, `.symtab`, `.strtab`, and the sections' names (unnamed itself)."""

    def section(name: int, kind: int, offset: int, size: int, link: int, entry: int) -> bytes:
        return _SECTION_HEADER.pack(name, kind, 0, 0, offset, size, link, bool(link), 8, entry)

    return (
        bytes(_SECTION_HEADER.size)
        + section(1, _SYMBOL_TABLE, at, table, 2, _SYMBOL.size)
        + section(9, _STRING_TABLE, at + table, names, 0, 0)
        + section(0, _STRING_TABLE, at + table + names, section_names, 0, 0)
    )
