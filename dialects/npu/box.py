"""The box of a transfer: the elements of a DRAM tensor that it moves, and their text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from xdsl.dialects.builtin import IndexType
from xdsl.ir import SSAValue
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer

T = TypeVar("T")

Index = int | SSAValue
"""A constant or an index value."""


@dataclass(frozen=True)
class Box:
    """Element i of dimension d is the tensor's index `offsets[d] + i * steps[d]`.

    One entry for each dimension of the tensor. An offset may lie outside of the tensor; a size that
    comes out negative is 0, and a box with a size of 0 is empty. A step may be negative (backwards)
    or 0 (one element, several times).
    """

    offsets: tuple[Index, ...]
    sizes: tuple[Index, ...]
    steps: tuple[int, ...]

    @classmethod
    def of(
        cls, offsets: Sequence[Index], sizes: Sequence[Index], steps: Sequence[int] | None = None
    ) -> "Box":
        """The box of these entries; without steps they are 1."""
        return cls(
            tuple(offsets), tuple(sizes), (1,) * len(sizes) if steps is None else tuple(steps)
        )


Entry = int | UnresolvedOperand


@dataclass(frozen=True)
class ParsedBox:
    """A box whose values are only names yet."""

    offsets: list[Entry]
    sizes: list[Entry]
    steps: list[int] | None

    def resolve(self, parser: Parser) -> Box:
        """The box of the values."""

        def all_of(entries: list[Entry]) -> list[Index]:
            return [
                e if isinstance(e, int) else parser.resolve_operand(e, IndexType()) for e in entries
            ]

        return Box.of(all_of(self.offsets), all_of(self.sizes), self.steps)


def parse_side(parser: Parser) -> tuple[UnresolvedOperand, ParsedBox | None]:
    """One side of a transfer: a value, and behind the one in DRAM its box."""
    operand = parser.parse_unresolved_operand()
    offsets = parser.parse_optional_comma_separated_list(
        parser.Delimiter.SQUARE, lambda: _parse_entry(parser)
    )
    if offsets is None:
        return operand, None
    parser.parse_keyword("sizes")
    sizes = _parse_list(parser, lambda: _parse_entry(parser))
    steps = None
    if parser.parse_optional_keyword("steps"):
        steps = _parse_list(parser, lambda: parser.parse_integer(allow_boolean=False))
    return operand, ParsedBox(offsets, sizes, steps)


def print_box(printer: Printer, box: Box) -> None:
    """What stands behind the tensor; steps of 1 are left out."""
    _print_list(printer, box.offsets)
    printer.print_string(" sizes ")
    _print_list(printer, box.sizes)
    if any(step != 1 for step in box.steps):
        printer.print_string(" steps ")
        _print_list(printer, box.steps)


def _parse_list(parser: Parser, entry: Callable[[], T]) -> list[T]:
    return parser.parse_comma_separated_list(parser.Delimiter.SQUARE, entry)


def _parse_entry(parser: Parser) -> Entry:
    operand = parser.parse_optional_unresolved_operand()
    return parser.parse_integer(allow_boolean=False) if operand is None else operand


def _print_list(printer: Printer, entries: Sequence[Index]) -> None:
    def one(entry: Index) -> None:
        if isinstance(entry, int):
            printer.print_string(str(entry))
        else:
            printer.print_ssa_value(entry)

    with printer.in_square_brackets():
        printer.print_list(entries, one)
