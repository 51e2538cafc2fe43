"""The dimensions of a walk through DRAM: their stored form, text and arithmetic.

    min(8, 56 - %h) : 224 from %h * 2 - 1 of 56 by 2

are `min(8, 56 - %h)` elements, each 224 bytes after the one before; element i is index
`%h * 2 - 1 + i * 2` of a dimension of the tensor that has 56, and exists only where that is from 0
up to 56. `by 1` is left out, and without `from` all elements exist.

    64 : 16384 at %ids[%i] of 128256

are the elements whose indices are numbers `%i` to `%i + 63` of %ids (`npu.dialects.tog.indexed`).
"""

from collections.abc import Sequence
from typing import NamedTuple

from xdsl.dialects.builtin import I64, AffineMapAttr, IntegerAttr, i64
from xdsl.ir import ParametrizedAttribute, SSAValue
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import Parser
from xdsl.printer import Printer

from npu.dialects.tog.attrs import parse_defined
from npu.dialects.tog.expr import Alternatives, ExprParser, print_expr
from npu.dialects.tog.indexed import IndicesAttr, indices


@irdl_attr_definition
class BoundsAttr(ParametrizedAttribute):
    """Where a dimension of a walk lies in the tensor, over the operation's `ivs`.

    In an operation it is written `from first of extent by step` behind the dimension.
    """

    name = "tog.bounds"

    first: AffineMapAttr
    """The index in the tensor of element 0: a sum."""

    extent: IntegerAttr[I64]
    """Elements of the tensor in this dimension: an index exists from 0 up to it."""

    step: IntegerAttr[I64]
    """Indices from one element to the next; negative backwards, 0 the same one again."""


def bounds(first: AffineMapAttr, extent: int, step: int = 1) -> BoundsAttr:
    """Element i of a dimension is index `first` + i * `step`, of `extent`."""
    return BoundsAttr(first, IntegerAttr(extent, i64), IntegerAttr(step, i64))


class WalkDim(NamedTuple):
    """One dimension of the DRAM side of a transfer."""

    size: AffineMapAttr
    """Elements, with those outside the bounds."""

    stride: int
    """Bytes from one element to the next, with the step; may be negative or 0."""

    bounds: BoundsAttr | IndicesAttr | None = None
    """None where all elements exist; indices where these are data."""


class Inside(NamedTuple):
    """The elements of a dimension that exist: from `lo` up to `hi`."""

    lo: int
    hi: int


def inside(size: int, first: int, extent: int, step: int) -> Inside:
    """Which of `size` elements exist; see `BoundsAttr`."""
    if step == 0:
        return Inside(0, size if 0 <= first < extent else 0)
    if step < 0:  # counted from the other end of the tensor, indices rise
        first, step = extent - 1 - first, -step
    lo = min(max(0, -(first // step)), size)
    return Inside(lo, min(max(lo, -((first - extent) // step)), size))


class ParsedDim(NamedTuple):
    """A dimension before the number of induction variables is known."""

    size: Alternatives
    stride: int
    bounds: tuple[Alternatives, int, int] | None
    indices: tuple[SSAValue, Alternatives, int] | None = None
    """The argument that holds them, the first one, and the extent."""

    def stored(self, exprs: ExprParser) -> WalkDim:
        """The stored form; call it when all of the operation is parsed."""
        within = None
        if self.indices is not None:
            _, first, extent = self.indices
            within = indices(exprs.attribute(first), extent)
        if self.bounds is not None:
            first, extent, step = self.bounds
            within = bounds(exprs.attribute(first), extent, step)
        return WalkDim(exprs.attribute(self.size), self.stride, within)


def parse_dim(parser: Parser, exprs: ExprParser) -> ParsedDim:
    """`size : stride from first of extent by step`; the last two parts may be left out.

    Or `size : stride at %argument[first] of extent`.
    """
    size = exprs.expr()
    parser.parse_punctuation(":")
    stride = parser.parse_integer(allow_boolean=False)
    if parser.parse_optional_keyword("at") is not None:
        source = parse_defined(parser)
        with parser.in_square_brackets():
            at = exprs.expr()
        parser.parse_keyword("of")
        return ParsedDim(
            size, stride, None, (source, at, parser.parse_integer(allow_boolean=False))
        )
    if parser.parse_optional_keyword("from") is None:
        return ParsedDim(size, stride, None)
    first = exprs.expr()
    parser.parse_keyword("of")
    extent = parser.parse_integer(allow_boolean=False)
    step = 1
    if parser.parse_optional_keyword("by") is not None:
        step = parser.parse_integer(allow_boolean=False)
    return ParsedDim(size, stride, (first, extent, step))


def print_dim(
    printer: Printer, dim: WalkDim, ivs: Sequence[SSAValue], source: SSAValue | None = None
) -> None:
    """Prints what `parse_dim` reads; `source` is the argument that holds indices."""
    print_expr(printer, dim.size, ivs)
    printer.print_string(f" : {dim.stride}")
    if dim.bounds is None:
        return
    if isinstance(dim.bounds, IndicesAttr):
        assert source is not None, "rule TD8"
        printer.print_string(" at ")
        printer.print_ssa_value(source)
        with printer.in_square_brackets():
            print_expr(printer, dim.bounds.first, ivs)
        printer.print_string(f" of {dim.bounds.extent.value.data}")
        return
    printer.print_string(" from ")
    print_expr(printer, dim.bounds.first, ivs)
    printer.print_string(f" of {dim.bounds.extent.value.data}")
    step = dim.bounds.step.value.data
    if step != 1:
        printer.print_string(f" by {step}")
