"""Transfers whose indices in one dimension are data: what a walk says of them, and the clause.

    tog.load %table at 0 walk [64 : 16384 at %ids[%i] of 128256, 4096 : 4]
        to %rows[0, 0][64, 4096] by %idx[0][64]

Element i of the dimension is index number `%i + i` of those in the argument %ids, of 128256, and
16384 bytes lie from index to index. `by` is where the indices lie in the scratchpad.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from xdsl.dialects.builtin import I64, AffineMapAttr, IntegerAttr, MemRefType, i32, i64
from xdsl.ir import Attribute, BlockArgument, ParametrizedAttribute, SSAValue
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from npu.dialects.tog.attrs import (
    ParsedAccess,
    RectangleAttr,
    parse_access,
    print_access,
    rectangle,
)
from npu.dialects.tog.expr import ExprParser
from npu.dialects.tog.verify import verify_access, verify_expressions, verify_single

if TYPE_CHECKING:
    from npu.dialects.tog.transfer import TransferOp


@irdl_attr_definition
class IndicesAttr(ParametrizedAttribute):
    """The indices of a dimension are data, over the operation's `ivs`.

    In an operation it is written `at %argument[first] of extent` behind the dimension.
    """

    name = "tog.indices"

    first: AffineMapAttr
    """Which of the argument's elements is the index of element 0: a sum."""

    extent: IntegerAttr[I64]
    """Elements of the tensor in this dimension."""


def indices(first: AffineMapAttr, extent: int) -> IndicesAttr:
    """Element i has index number `first` + i, of a dimension of `extent`."""
    return IndicesAttr(first, IntegerAttr(extent, i64))


@dataclass(frozen=True)
class IndexedBy:
    """Where the indices of a transfer come from."""

    source: SSAValue
    """The argument of the graph that holds them."""

    buffer: SSAValue
    """The scratchpad buffer that they were loaded to."""

    access: RectangleAttr
    """Their rectangle there."""

    combines: bool = False
    """Whether a store reads what is there, too."""

    @property
    def operands(self) -> list[SSAValue]:
        """The operands of a transfer that it is."""
        return [self.source, self.buffer]

    @property
    def properties(self) -> dict[str, Attribute | None]:
        """The properties of a transfer that it is."""
        return {"index_access": self.access}


def print_by(printer: Printer, by: IndexedBy | None, ivs: Sequence[SSAValue]) -> None:
    """` by %buffer[lo][size]`, with ` combining` behind it; nothing for other transfers."""
    if by is None:
        return
    printer.print_string(" by ")
    print_access(printer, by.buffer, by.access, ivs)
    if by.combines:
        printer.print_string(" combining")


@dataclass(frozen=True)
class ParsedBy:
    """The clause before the number of induction variables is known."""

    access: ParsedAccess
    combines: bool

    def stored(self, source: SSAValue, exprs: ExprParser) -> IndexedBy:
        """The stored form; call it when all of the operation is parsed."""
        return IndexedBy(source, self.access[0], rectangle(self.access, exprs), self.combines)


def parse_by(parser: Parser, exprs: ExprParser, has_indices: bool) -> ParsedBy | None:
    """What `print_by` prints, which a transfer has that `has_indices`."""
    position = parser.pos
    if parser.parse_optional_keyword("by") is None:
        if has_indices:
            parser.raise_error("TD8: expected `by` and where the indices lie", position)
        return None
    if not has_indices:
        parser.raise_error("TD8: `by` stands behind a walk without indices", position)
    access = parse_access(parser, exprs)
    return ParsedBy(access, parser.parse_optional_keyword("combining") is not None)


def verify_by(op: TransferOp) -> None:
    """Raises VerifyException when the indices of a transfer break rule TD8."""
    found = [dim for dim in op.dims if isinstance(dim.bounds, IndicesAttr)]
    by = op.by
    if len(found) != (0 if by is None else 1):
        raise VerifyException(
            "TD8: one dimension of a transfer has indices, and `by` says where they lie, or none; "
            f"got {len(found)}{' without' if by is None else ' with'} `by`"
        )
    if by is None:
        return
    source = cast("MemRefType[Any]", by.source.type)
    buffer = cast("MemRefType[Any]", by.buffer.type)
    is_argument = isinstance(by.source, BlockArgument)
    if not is_argument or (source.element_type, buffer.element_type) != (i32, i32):
        raise VerifyException(
            f"TD8: indices are i32 of an argument, in a buffer of i32; got {source} and {buffer}"
        )
    if by.combines and op.name != "tog.store":
        raise VerifyException("TD8: `combining` is for a store")
    verify_expressions(op, op.ivs, by.access.maps)
    verify_access(by.buffer, by.access)
    for dim in found:
        assert isinstance(dim.bounds, IndicesAttr)
        verify_expressions(op, op.ivs, [dim.bounds.first])
        verify_single("the first index of a dimension", dim.bounds.first)
        extent = dim.bounds.extent.value.data
        if extent < 1 or dim.stride < 0:
            raise VerifyException(
                "TD8: a dimension with indices has an extent of at least 1 and a stride of at "
                f"least 0; got {extent} and {dim.stride}"
            )
