"""The text of loops over work items, the same for `npu.parallel` and `tog.parallel`.

(%i, %j) = (0, 0) to (516, 224) step (256, 128)
"""

from collections.abc import Sequence
from typing import NamedTuple

from xdsl.dialects.builtin import DenseArrayBase, IndexType, IntegerType
from xdsl.ir import SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer

Integers = DenseArrayBase[IntegerType]


class WorkItems(NamedTuple):
    """What was parsed: one entry a dimension, outermost first."""

    ivs: list[Parser.Argument]
    lower: list[int]
    upper: list[int]
    step: list[int]


def parse_work_items(parser: Parser) -> WorkItems:
    """Induction variables (of type index) and their bounds."""
    unresolved = parser.parse_comma_separated_list(
        parser.Delimiter.PAREN, lambda: parser.parse_argument(expect_type=False)
    )
    ivs = [argument.resolve(IndexType()) for argument in unresolved]
    parser.parse_punctuation("=")
    lower = _parse_numbers(parser)
    parser.parse_keyword("to")
    upper = _parse_numbers(parser)
    parser.parse_keyword("step")
    return WorkItems(ivs, lower, upper, _parse_numbers(parser))


def print_work_items(
    printer: Printer, ivs: Sequence[SSAValue], lower: Integers, upper: Integers, step: Integers
) -> None:
    """What `parse_work_items` reads, between spaces."""
    printer.print_string(" ")
    with printer.in_parens():
        printer.print_list(ivs, printer.print_ssa_value)
    for separator, values in ((" = ", lower), (" to ", upper), (" step ", step)):
        text = ", ".join(str(value) for value in values.get_values())
        printer.print_string(f"{separator}({text})")
    printer.print_string(" ")


def bounds_of(lower: Integers, upper: Integers, step: Integers) -> list[tuple[int, int, int]]:
    """(lower, upper, step) of each dimension, outermost first."""
    columns = (lower.get_values(), upper.get_values(), step.get_values())
    return [(int(a), int(b), int(c)) for a, b, c in zip(*columns, strict=True)]


def _parse_numbers(parser: Parser) -> list[int]:
    return parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_integer)
