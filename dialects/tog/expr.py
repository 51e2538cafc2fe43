"""Expressions of tile-operation graphs, written in place over loop induction variables.

    516 - %i        %k floordiv 128 mod 2        min(256, 516 - %i)

An expression is stored as an `affine_map` over the operation's `ivs` operands; a map of several
results stands for their minimum. So the generic form is readable by any MLIR tool.

    expr  ::= `min` `(` sum (`,` sum)+ `)` | sum
    sum   ::= term ((`+` | `-`) term)*
    term  ::= atom (`*` integer | `floordiv` integer | `mod` integer)*
    atom  ::= integer | iv | `(` sum `)`
"""

from collections.abc import Sequence

from xdsl.dialects.builtin import AffineMapAttr, IndexType
from xdsl.ir import SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
)
from xdsl.parser import Parser
from xdsl.printer import Printer

Alternatives = tuple[AffineExpr, ...]
"""A parsed expression: the sums whose minimum it is, one for a plain sum."""

_WORDS = {
    AffineBinaryOpKind.Mul: "*",
    AffineBinaryOpKind.FloorDiv: "floordiv",
    AffineBinaryOpKind.Mod: "mod",
}


class ExprParser:
    """Parses one operation's expressions and gathers the induction variables they name."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self.ivs: list[SSAValue] = []
        """The induction variables in order of first use: the operation's operands."""

    def expr(self) -> Alternatives:
        """`min(...)` or a sum. Raises ParseError."""
        if self._parser.parse_optional_keyword("min") is None:
            return (self._sum(),)
        return tuple(
            self._parser.parse_comma_separated_list(self._parser.Delimiter.PAREN, self._sum)
        )

    def attribute(self, alternatives: Alternatives) -> AffineMapAttr:
        """The stored form; call it when all of the operation is parsed."""
        return AffineMapAttr(AffineMap(len(self.ivs), 0, alternatives))

    def _sum(self) -> AffineExpr:
        total = self._term()
        while True:
            if self._parser.parse_optional_punctuation("+") is not None:
                total = total + self._term()
            elif self._parser.parse_optional_punctuation("-") is not None:
                total = total + self._term() * -1
            else:
                return total

    def _term(self) -> AffineExpr:
        term = self._atom()
        while True:
            if self._parser.parse_optional_punctuation("*") is not None:
                term = term * self._parser.parse_integer(allow_boolean=False)
            elif self._parser.parse_optional_keyword("floordiv") is not None:
                term = term // self._divisor()
            elif self._parser.parse_optional_keyword("mod") is not None:
                term = term % self._divisor()
            else:
                return term

    def _divisor(self) -> int:
        position = self._parser.pos
        value = self._parser.parse_integer(allow_boolean=False)
        if value < 1:
            self._parser.raise_error("expected a positive divisor", position)
        return value

    def _atom(self) -> AffineExpr:
        if self._parser.parse_optional_punctuation("(") is not None:
            inner = self._sum()
            self._parser.parse_punctuation(")")
            return inner
        number = self._parser.parse_optional_integer(allow_boolean=False)
        if number is not None:
            return AffineConstantExpr(number)
        return AffineDimExpr(self._index(self._parser.parse_operand(IndexType())))

    def _index(self, iv: SSAValue) -> int:
        if iv not in self.ivs:
            self.ivs.append(iv)
        return self.ivs.index(iv)


def print_expr(printer: Printer, stored: AffineMapAttr, ivs: Sequence[SSAValue]) -> None:
    """Prints a stored expression over the operands `ivs` as `ExprParser.expr` reads it."""
    sums = stored.data.results
    if len(sums) == 1:
        _print_sum(printer, sums[0], ivs)
        return
    printer.print_string("min")
    with printer.in_parens():
        printer.print_list(sums, lambda one: _print_sum(printer, one, ivs))


def _print_sum(printer: Printer, expr: AffineExpr, ivs: Sequence[SSAValue]) -> None:
    """The terms with a plus sign first, so that `516 - %i` reads as one writes it."""
    terms = [_signed(term) for term in _terms(expr)]
    ordered = [t for t in terms if not t[0]] + [t for t in terms if t[0]]
    if ordered[0][0]:
        ordered = _led(ordered)
    for position, (negative, term) in enumerate(ordered):
        if position:
            printer.print_string(" - " if negative else " + ")
        _print_term(printer, term, ivs)


def _print_term(printer: Printer, expr: AffineExpr, ivs: Sequence[SSAValue]) -> None:
    match expr:
        case AffineConstantExpr(value):
            printer.print_string(str(value))
        case AffineDimExpr(position):
            printer.print_ssa_value(ivs[position])
        case AffineBinaryOpExpr(kind, lhs, AffineConstantExpr(value)) if kind in _WORDS:
            _print_term(printer, lhs, ivs)
            printer.print_string(f" {_WORDS[kind]} {value}")
        case _:
            with printer.in_parens():
                _print_sum(printer, expr, ivs)


def _terms(expr: AffineExpr) -> list[AffineExpr]:
    """What is added up at the top of `expr`."""
    if isinstance(expr, AffineBinaryOpExpr) and expr.kind == AffineBinaryOpKind.Add:
        return [*_terms(expr.lhs), *_terms(expr.rhs)]
    return [expr]


def _signed(term: AffineExpr) -> tuple[bool, AffineExpr]:
    """(whether it is subtracted, what is added or subtracted)."""
    match term:
        case AffineConstantExpr(value) if value < 0:
            return True, AffineConstantExpr(-value)
        case AffineBinaryOpExpr(AffineBinaryOpKind.Mul, lhs, AffineConstantExpr(value)):
            factor = abs(value)
            magnitude = lhs if factor == 1 else _times(lhs, factor)
            return value < 0, magnitude
        case _:
            return False, term


def _led(subtracted: Sequence[tuple[bool, AffineExpr]]) -> list[tuple[bool, AffineExpr]]:
    """Terms that are all subtracted behind one that is not: their constant as it is, or 0."""
    constant = 0
    others: list[tuple[bool, AffineExpr]] = []
    for negative, term in subtracted:
        if isinstance(term, AffineConstantExpr):
            constant -= term.value
        else:
            others.append((negative, term))
    return [(False, AffineConstantExpr(constant)), *others]


def _times(expr: AffineExpr, factor: int) -> AffineExpr:
    """`expr * factor`, not distributed over sums."""
    return AffineBinaryOpExpr(AffineBinaryOpKind.Mul, expr, AffineConstantExpr(factor))
