"""`tog` computation: the systolic arrays and the vector unit."""

from collections.abc import Sequence

from typing_extensions import override
from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, IndexType, MemRefType, SymbolRefAttr
from xdsl.ir import SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    prop_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import SymbolTable
from xdsl.utils.exceptions import VerifyException

from npu.dialects.tog.attrs import RectangleAttr, parse_access, print_access, rectangle
from npu.dialects.tog.declare import FunctionOp
from npu.dialects.tog.expr import ExprParser, print_expr
from npu.dialects.tog.verify import verify_access, verify_expressions

Access = tuple[SSAValue, RectangleAttr]
"""A buffer and the rectangle of it that is touched."""


@irdl_op_definition
class PreloadOp(IRDLOperation):
    """Brings `rows` x `cols` (k x n) weights into the next array of the rotation.

    ```mlir
    tog.preload rows 128 cols min(128, 224 - %n) from %B[0, 0][128, min(128, 224 - %n)]
    ```

    Rules: TE1, TE2, TA1.
    """

    name = "tog.preload"

    buffer = operand_def(MemRefType)
    """The buffer that is read."""

    ivs = var_operand_def(IndexType)
    """The induction variables that the expressions are over."""

    rows = prop_def(AffineMapAttr)
    """k: rows of weights."""

    cols = prop_def(AffineMapAttr)
    """n: columns of weights."""

    reads = prop_def(RectangleAttr)
    """The rectangle of `buffer` with the weights."""

    def __init__(
        self, access: Access, ivs: Sequence[SSAValue], rows: AffineMapAttr, cols: AffineMapAttr
    ) -> None:
        super().__init__(
            operands=[access[0], list(ivs)],
            properties={"rows": rows, "cols": cols, "reads": access[1]},
        )

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "PreloadOp":
        exprs = ExprParser(parser)
        parser.parse_keyword("rows")
        rows = exprs.expr()
        parser.parse_keyword("cols")
        cols = exprs.expr()
        parser.parse_keyword("from")
        access = parse_access(parser, exprs)
        return cls(
            (access[0], rectangle(access, exprs)),
            exprs.ivs,
            exprs.attribute(rows),
            exprs.attribute(cols),
        )

    @override
    def print(self, printer: Printer) -> None:
        printer.print_string(" rows ")
        print_expr(printer, self.rows, self.ivs)
        printer.print_string(" cols ")
        print_expr(printer, self.cols, self.ivs)
        printer.print_string(" from ")
        print_access(printer, self.buffer, self.reads, self.ivs)

    @override
    def verify_(self) -> None:
        verify_expressions(self, self.ivs, (self.rows, self.cols, *self.reads.maps))
        verify_access(self.buffer, self.reads)


@irdl_op_definition
class MatmulOp(IRDLOperation):
    """Pushes `rows` (m) rows through the array that holds the weights of the latest preload.

    ```mlir
    tog.matmul rows 256 from %A[0, 0][256, 128] into %C[0, 0][256, 128]
    tog.matmul rows [8, min(28, 56 - %w)] from %X[%y, %z, 0][15, min(55, 111 - %w * 2), 64]
        into %Y[0, 0, 0][8, min(28, 56 - %w), 128]
    ```

    The results are added to the accumulator rectangle, or overwrite it: that costs the same. Rows
    of several dimensions are the sizes of these in brackets. The rectangle of `source` bounds what
    is read: rows may stand apart in it, as with the steps of a convolution, and may overlap; the
    simulator refuses one that holds too little for m rows of k elements, no two of them the same.
    That of `accumulator` holds m x n elements. A matmul goes on behind another one without a wait
    for its results where both write the very same rectangle.

    Rules:
    - TM1: `rows` has at least one size.
    - TE1, TE2, TA1.
    """

    name = "tog.matmul"

    source = operand_def(MemRefType)
    """The buffer of the rows."""

    accumulator = operand_def(MemRefType)
    """The buffer of the results."""

    ivs = var_operand_def(IndexType)
    """The induction variables that the expressions are over."""

    rows = prop_def(ArrayAttr[AffineMapAttr])
    """m: rows pushed, the product of these sizes."""

    reads = prop_def(RectangleAttr)
    """The rectangle of `source`."""

    writes = prop_def(RectangleAttr)
    """The rectangle of `accumulator`."""

    def __init__(
        self,
        source: Access,
        accumulator: Access,
        ivs: Sequence[SSAValue],
        rows: Sequence[AffineMapAttr],
    ) -> None:
        super().__init__(
            operands=[source[0], accumulator[0], list(ivs)],
            properties={"rows": ArrayAttr(rows), "reads": source[1], "writes": accumulator[1]},
        )

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "MatmulOp":
        exprs = ExprParser(parser)
        parser.parse_keyword("rows")
        rows = parser.parse_optional_comma_separated_list(parser.Delimiter.SQUARE, exprs.expr)
        if rows is None:
            rows = [exprs.expr()]
        parser.parse_keyword("from")
        source = parse_access(parser, exprs)
        parser.parse_keyword("into")
        accumulator = parse_access(parser, exprs)
        return cls(
            (source[0], rectangle(source, exprs)),
            (accumulator[0], rectangle(accumulator, exprs)),
            exprs.ivs,
            [exprs.attribute(one) for one in rows],
        )

    @override
    def print(self, printer: Printer) -> None:
        printer.print_string(" rows ")
        self._print_rows(printer)
        printer.print_string(" from ")
        print_access(printer, self.source, self.reads, self.ivs)
        printer.print_string(" into ")
        print_access(printer, self.accumulator, self.writes, self.ivs)

    def _print_rows(self, printer: Printer) -> None:
        if len(self.rows) == 1:
            print_expr(printer, self.rows.data[0], self.ivs)
            return
        with printer.in_square_brackets():
            printer.print_list(self.rows.data, lambda one: print_expr(printer, one, self.ivs))

    @override
    def verify_(self) -> None:
        if not self.rows.data:
            raise VerifyException("TM1: rows has at least one size")
        maps = (*self.rows, *self.reads.maps, *self.writes.maps)
        verify_expressions(self, self.ivs, maps)
        verify_access(self.source, self.reads)
        verify_access(self.accumulator, self.writes)


@irdl_op_definition
class VectorOp(IRDLOperation):
    """One call of a tile function on the vector unit.

    ```mlir
    tog.vector @gelu_c0(min(256, 516 - %i)) reads [%x[0][256]] writes [%y[0][256]]
    ```

    Rules:
    - TV1: `function` names a `tog.function` of the graph, whose cases have as many sizes.
    - TV2: as many rectangles as buffers, and at least one is written.
    - TE1, TE2, TA1.
    """

    name = "tog.vector"

    inputs = var_operand_def(MemRefType)
    """The buffers that are read."""

    outputs = var_operand_def(MemRefType)
    """The buffers that are written."""

    ivs = var_operand_def(IndexType)
    """The induction variables that the expressions are over."""

    function = prop_def(SymbolRefAttr)
    """The tile function."""

    sizes = prop_def(ArrayAttr[AffineMapAttr])
    """The sizes that select the function's case: its dynamic sizes in ABI order."""

    reads = prop_def(ArrayAttr[RectangleAttr])
    """The rectangles of `inputs`."""

    writes = prop_def(ArrayAttr[RectangleAttr])
    """The rectangles of `outputs`."""

    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def __init__(
        self,
        function: str,
        sizes: Sequence[AffineMapAttr],
        reads: Sequence[Access],
        writes: Sequence[Access],
        ivs: Sequence[SSAValue],
    ) -> None:
        super().__init__(
            operands=[[b for b, _ in reads], [b for b, _ in writes], list(ivs)],
            properties={
                "function": SymbolRefAttr(function),
                "sizes": ArrayAttr(sizes),
                "reads": ArrayAttr([rect for _, rect in reads]),
                "writes": ArrayAttr([rect for _, rect in writes]),
            },
        )

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "VectorOp":
        exprs = ExprParser(parser)
        name = parser.parse_symbol_name().data
        sizes = parser.parse_comma_separated_list(parser.Delimiter.PAREN, exprs.expr)
        parsed = [
            (
                parser.parse_keyword(keyword),
                parser.parse_comma_separated_list(
                    parser.Delimiter.SQUARE, lambda: parse_access(parser, exprs)
                ),
            )[1]
            for keyword in ("reads", "writes")
        ]
        accesses = [[(one[0], rectangle(one, exprs)) for one in group] for group in parsed]
        return cls(name, [exprs.attribute(s) for s in sizes], accesses[0], accesses[1], exprs.ivs)

    @override
    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.function.string_value())
        with printer.in_parens():
            printer.print_list(self.sizes.data, lambda s: print_expr(printer, s, self.ivs))
        for keyword, buffers, rects in (
            (" reads ", self.inputs, self.reads),
            (" writes ", self.outputs, self.writes),
        ):
            printer.print_string(keyword)
            with printer.in_square_brackets():
                printer.print_list(
                    zip(buffers, rects.data, strict=True),
                    lambda access: print_access(printer, access[0], access[1], self.ivs),
                )

    @override
    def verify_(self) -> None:
        target = SymbolTable.lookup_symbol(self, self.function)
        if not isinstance(target, FunctionOp):
            raise VerifyException(f"TV1: no tog.function is called {self.function}")
        if any(len(case) != len(self.sizes.data) for case in target.sizes):
            raise VerifyException(
                f"TV1: {self.function} has other numbers of sizes than {len(self.sizes.data)}"
            )
        if (
            len(self.inputs) != len(self.reads.data)
            or len(self.outputs) != len(self.writes.data)
            or not self.outputs
        ):
            raise VerifyException(
                "TV2: tog.vector needs a rectangle for each buffer and writes at least one"
            )
        rects = (*self.reads.data, *self.writes.data)
        maps = [*self.sizes.data, *(one for rect in rects for one in rect.maps)]
        verify_expressions(self, self.ivs, maps)
        for buffer, rect in zip((*self.inputs, *self.outputs), rects, strict=True):
            verify_access(buffer, rect)
