"""`tog` types and the rectangle attribute."""

from collections.abc import Sequence

from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr
from xdsl.ir import ParametrizedAttribute, SSAValue, TypeAttribute
from xdsl.ir.affine import AffineConstantExpr
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import Parser
from xdsl.printer import Printer

from npu.dialects.tog.expr import Alternatives, ExprParser, print_expr

VERSION = 2
"""Version of the text form: the integer attribute `tog.version` of the module.

2 added `queue`, `arrival_ns`, `priority` and `request` of `tog.launch`, and bounds and `after` of
transfers."""

READABLE_VERSIONS = (1, 2)
"""Versions that are read: a text of version 1 is one that has nothing of what 2 added."""

VERSION_ATTRIBUTE = "tog.version"
"""The attribute by which a module is recognised as a program of tile-operation graphs."""


@irdl_attr_definition
class TokenType(ParametrizedAttribute, TypeAttribute):
    """A DMA transfer under way; `tog.wait` takes it."""

    name = "tog.token"


@irdl_attr_definition
class RunType(ParametrizedAttribute, TypeAttribute):
    """The run of a launched kernel; a later `tog.launch ... after (...)` takes it."""

    name = "tog.run"


@irdl_attr_definition
class RectangleAttr(ParametrizedAttribute):
    """A rectangle of one slot of a buffer, as expressions over the operation's `ivs`.

    In an operation it is written behind the buffer: `%A slot(%k mod 2)[0, 0][128, 64]` is the slot
    `%k mod 2`, from element (0, 0) on, 128 x 64 elements. Slot 0 may be left out.
    """

    name = "tog.rectangle"

    slot: AffineMapAttr
    """Which slot."""

    lo: ArrayAttr[AffineMapAttr]
    """The first element in each dimension of a slot."""

    size: ArrayAttr[AffineMapAttr]
    """The number of elements in each dimension of a slot."""

    @property
    def maps(self) -> tuple[AffineMapAttr, ...]:
        """All expressions it holds."""
        return (self.slot, *self.lo.data, *self.size.data)


ParsedAccess = tuple[SSAValue, Alternatives, Sequence[Alternatives], Sequence[Alternatives]]
"""Buffer, slot, lo and size, before the number of induction variables is known."""


def parse_defined(parser: Parser) -> SSAValue:
    """An operand whose type its definition tells. Raises ParseError where there is none before."""
    operand = parser.parse_unresolved_operand()
    values = parser.ssa_values.get(operand.operand_name)
    if values is None or operand.index >= len(values):
        parser.raise_error(
            "no such value here; expected one that is defined before it is used", operand.span
        )
    return values[operand.index]


def parse_access(parser: Parser, exprs: ExprParser) -> ParsedAccess:
    """`%buffer slot(expr)[lo, ...][size, ...]`."""
    buffer = parse_defined(parser)
    slot: Alternatives = (AffineConstantExpr(0),)
    if parser.parse_optional_keyword("slot") is not None:
        with parser.in_parens():
            slot = exprs.expr()
    lo = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, exprs.expr)
    size = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, exprs.expr)
    return buffer, slot, lo, size


def rectangle(parsed: ParsedAccess, exprs: ExprParser) -> RectangleAttr:
    """The stored form of a parsed access; call it when all of the operation is parsed."""
    _, slot, lo, size = parsed
    return RectangleAttr(
        exprs.attribute(slot),
        ArrayAttr([exprs.attribute(e) for e in lo]),
        ArrayAttr([exprs.attribute(e) for e in size]),
    )


def print_access(
    printer: Printer, buffer: SSAValue, rect: RectangleAttr, ivs: Sequence[SSAValue]
) -> None:
    """Prints what `parse_access` reads."""
    printer.print_ssa_value(buffer)
    if not is_zero(rect.slot):
        printer.print_string(" slot")
        with printer.in_parens():
            print_expr(printer, rect.slot, ivs)
    for maps in (rect.lo, rect.size):
        with printer.in_square_brackets():
            printer.print_list(maps.data, lambda one: print_expr(printer, one, ivs))


def is_zero(stored: AffineMapAttr) -> bool:
    """Whether an expression is the number 0."""
    return [str(result) for result in stored.data.results] == ["0"]
