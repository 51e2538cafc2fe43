"""A dimension of a transfer whose indices are data: a gather or a scatter."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import IntegerAttr, StringAttr, UnitAttr, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer


@dataclass(frozen=True)
class Indexed:
    """Element i of dimension `dim` of a box is index `indices[i]` of the tensor."""

    indices: SSAValue
    """A scratchpad view of one dimension of i32."""

    dim: int

    from_end: bool = False
    """Whether indices below 0 count from the end."""

    combine: str | None = None
    """What a store makes of what is there and what it brings; None: the new value."""

    @property
    def properties(self) -> dict[str, Attribute | None]:
        """What of it a transfer keeps as properties."""
        return {
            "indexed": IntegerAttr(self.dim, i64),
            "from_end": UnitAttr() if self.from_end else None,
            "combine": None if self.combine is None else StringAttr(self.combine),
        }


def print_indexed(printer: Printer, by: Indexed | None) -> None:
    """` indices(dim by %view : type)`, nothing for other transfers."""
    if by is None:
        return
    printer.print_string(" indices")
    with printer.in_parens():
        printer.print_string(f"{by.dim} by ")
        printer.print_ssa_value(by.indices)
        printer.print_string(" : ")
        printer.print_attribute(by.indices.type)


def parse_indexed(parser: Parser) -> Indexed | None:
    """What `print_indexed` prints; the rest stands among the attributes."""
    if not parser.parse_optional_keyword("indices"):
        return None
    with parser.in_parens():
        dim = parser.parse_integer(allow_boolean=False, allow_negative=False)
        parser.parse_keyword("by")
        name = parser.parse_unresolved_operand()
        parser.parse_punctuation(":")
        return Indexed(parser.resolve_operand(name, parser.parse_type()), dim)
