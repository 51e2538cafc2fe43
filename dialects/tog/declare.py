"""`tog` declarations: scratchpad buffers, and tile functions with their cycles."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from typing_extensions import override
from xdsl.dialects.builtin import (
    I64,
    ArrayAttr,
    DenseArrayBase,
    IntegerAttr,
    MemRefType,
    StringAttr,
    i64,
)
from xdsl.ir import Attribute
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import SymbolOpInterface
from xdsl.utils.exceptions import VerifyException

from npu.dialects.npu.attrs import SPAD


@irdl_op_definition
class BufferOp(IRDLOperation):
    """A scratchpad buffer: `slots` copies of a row-major tile; it exists once in each core.

    ```mlir
    %A = tog.buffer at 0 : memref<2x256x128xf32, "spad">
    ```

    Rules:
    - TB1: a memref of static shape and default layout in memory space "spad", of rank >= 2.
    - TB2: the offset is not negative.
    """

    name = "tog.buffer"

    offset = prop_def(IntegerAttr[I64])
    """Bytes from the start of the scratchpad."""

    buffer = result_def(MemRefType)
    """Slots x tile shape."""

    assembly_format = "`at` $offset attr-dict `:` type($buffer)"

    def __init__(self, type_: MemRefType[Attribute], offset: int) -> None:
        super().__init__(result_types=[type_], properties={"offset": IntegerAttr(offset, i64)})

    @property
    def type(self) -> MemRefType[Any]:
        """Slots x tile shape."""
        return cast(MemRefType[Any], self.buffer.type)

    @override
    def verify_(self) -> None:
        if (
            self.type.memory_space != SPAD
            or not self.type.has_static_shape()
            or self.type.get_num_dims() < 2
        ):
            raise VerifyException(
                'TB1: tog.buffer gives a memref<slots x shape, "spad"> of static shape, '
                f"got {self.type}"
            )
        if self.offset.value.data < 0:
            raise VerifyException(
                f"TB2: the scratchpad offset must not be negative, got {self.offset.value.data}"
            )


@irdl_op_definition
class FunctionOp(IRDLOperation):
    """A tile function of the vector unit: the sizes it is called with and its cycles for each.

    ```mlir
    tog.function @scale_c0 cases [(4), (256)]                 // not timed yet
    tog.function @scale_c0 cases [(4) = 80, (256) = 1234]     // timed
    ```

    Rules:
    - TF1: all cases have the same number of sizes and no two are equal; no size is negative.
    - TF2: either no case has cycles or all have, and each at least one.
    """

    name = "tog.function"

    sym_name = prop_def(StringAttr)
    """The tile function's name: that of its `npu.compute`."""

    cases = prop_def(ArrayAttr[DenseArrayBase[I64]])
    """The combinations of sizes that occur: each the function's dynamic sizes in ABI order."""

    cycles = opt_prop_def(DenseArrayBase.constr(i64))
    """Core cycles of each case; absent until timed."""

    traits = traits_def(SymbolOpInterface())

    def __init__(
        self, sym_name: str, cases: Sequence[Sequence[int]], cycles: Sequence[int] | None = None
    ) -> None:
        arrays = [DenseArrayBase.from_list(i64, list(case)) for case in cases]
        super().__init__(
            properties={
                "sym_name": StringAttr(sym_name),
                "cases": ArrayAttr(arrays),
                "cycles": None if cycles is None else DenseArrayBase.from_list(i64, list(cycles)),
            }
        )

    @property
    def sizes(self) -> list[tuple[int, ...]]:
        """The cases as integers."""
        return [tuple(int(v) for v in case.get_values()) for case in self.cases.data]

    @property
    def figures(self) -> dict[tuple[int, ...], int] | None:
        """Cycles by sizes, None until timed."""
        if self.cycles is None:
            return None
        values = [int(v) for v in self.cycles.get_values()]
        return dict(zip(self.sizes, values, strict=True))

    def set_figures(self, figures: Mapping[tuple[int, ...], int]) -> None:
        """Fills in the cycles of every case. Raises KeyError for a case without a figure."""
        cycles = [figures[case] for case in self.sizes]
        self.properties["cycles"] = DenseArrayBase.from_list(i64, cycles)

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "FunctionOp":
        name = parser.parse_symbol_name().data
        parser.parse_keyword("cases")
        start = parser.pos
        rows = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, lambda: _parse_case(parser)
        )
        timed = [figure for _, figure in rows if figure is not None]
        if timed and len(timed) != len(rows):
            parser.raise_error("TF2: either no case has cycles or all have", start, parser.pos)
        op = cls(name, [sizes for sizes, _ in rows], timed or None)
        op.attributes.update(parser.parse_optional_attr_dict())
        return op

    @override
    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        printer.print_string(" cases ")
        figures = self.figures
        with printer.in_square_brackets():
            printer.print_list(
                self.sizes, lambda case: printer.print_string(_case_text(case, figures))
            )
        printer.print_op_attributes(self.attributes)

    @override
    def verify_(self) -> None:
        sizes = self.sizes
        if len({len(case) for case in sizes}) > 1 or len(set(sizes)) != len(sizes):
            raise VerifyException(
                f"TF1: the cases must differ and have the same number of sizes, got {sizes}"
            )
        if any(size < 0 for case in sizes for size in case):
            raise VerifyException(f"TF1: a size is negative in {sizes}")
        if self.cycles is None:
            return
        cycles = [int(v) for v in self.cycles.get_values()]
        if len(cycles) != len(sizes) or any(value < 1 for value in cycles):
            raise VerifyException(
                f"TF2: expected {len(sizes)} cycles, each at least 1, got {cycles}"
            )


def _parse_case(parser: Parser) -> tuple[tuple[int, ...], int | None]:
    """`(sizes)` or `(sizes) = cycles`."""
    sizes = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_integer)
    if parser.parse_optional_punctuation("=") is None:
        return tuple(sizes), None
    return tuple(sizes), parser.parse_integer()


def _case_text(case: tuple[int, ...], figures: Mapping[tuple[int, ...], int] | None) -> str:
    """What `_parse_case` reads."""
    sizes = f"({', '.join(str(size) for size in case)})"
    return sizes if figures is None else f"{sizes} = {figures[case]}"
