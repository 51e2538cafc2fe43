"""`tog` transfers: loads, stores, and waiting for them."""

from collections.abc import Sequence
from typing import Any, cast

from typing_extensions import override
from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    IndexType,
    MemRefType,
    i64,
)
from xdsl.ir import BlockArgument, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from npu.dialects.dma_descriptor import MAX_DIMS
from npu.dialects.npu.attrs import SPAD
from npu.dialects.tog.attrs import (
    ParsedAccess,
    RectangleAttr,
    TokenType,
    parse_access,
    parse_defined,
    print_access,
    rectangle,
)
from npu.dialects.tog.expr import Alternatives, ExprParser, print_expr
from npu.dialects.tog.verify import verify_access, verify_expressions, verify_single
from npu.dialects.tog.walks import verify_walk


class TransferOp(IRDLOperation):
    """What loads and stores share.

    Rules:
    - TD1: `tensor` is an argument of the graph, and `buffer` has its element type.
    - TD2: 1 to 4 dimensions, each with a size and a stride.
    - TD3: in the first and in the last iteration of the loops around it, the walk has as many
      elements as the rectangle. (In the others the simulator checks it.)
    - TD4: no dimension is empty in every iteration, and no stride is negative.
    - TD5: in the iterations of TD3, a walk that is not empty stays within its tensor.
    - TE1 to TE3 of expressions, TA1 of accesses.
    """

    tensor = operand_def(MemRefType)
    """The DRAM tensor."""

    buffer = operand_def(MemRefType)
    """The scratchpad buffer."""

    ivs = var_operand_def(IndexType)
    """The induction variables that the expressions are over."""

    offset = prop_def(AffineMapAttr)
    """Bytes from the tensor's start to the first element."""

    sizes = prop_def(ArrayAttr[AffineMapAttr])
    """Elements of each dimension of the DRAM side in the order of the walk, outermost first."""

    strides = prop_def(DenseArrayBase.constr(i64))
    """Bytes from one element to the next in each of these dimensions."""

    access = prop_def(RectangleAttr)
    """The rectangle of `buffer`."""

    token = result_def(TokenType)
    """Ready when the transfer is complete."""

    def __init__(
        self,
        tensor: SSAValue,
        buffer: SSAValue,
        ivs: Sequence[SSAValue],
        offset: AffineMapAttr,
        sizes: Sequence[AffineMapAttr],
        strides: Sequence[int],
        access: RectangleAttr,
    ) -> None:
        super().__init__(
            operands=[tensor, buffer, list(ivs)],
            result_types=[TokenType()],
            properties={
                "offset": offset,
                "sizes": ArrayAttr(sizes),
                "strides": DenseArrayBase.from_list(i64, list(strides)),
                "access": access,
            },
        )

    @property
    def tensor_type(self) -> MemRefType[Any]:
        """The type of the DRAM tensor."""
        return cast(MemRefType[Any], self.tensor.type)

    @property
    def argument(self) -> int:
        """Which argument of the graph `tensor` is."""
        return cast(BlockArgument, self.tensor).index

    @property
    def stride_bytes(self) -> tuple[int, ...]:
        """`strides` as integers."""
        return tuple(int(value) for value in self.strides.get_values())

    @override
    def verify_(self) -> None:
        is_argument = isinstance(self.tensor, BlockArgument)
        buffer_type = cast(MemRefType[Any], self.buffer.type)
        if (
            not is_argument
            or self.tensor_type.memory_space == SPAD
            or self.tensor_type.element_type != buffer_type.element_type
        ):
            raise VerifyException(
                f"TD1: {self.name} moves between an argument of the graph and a buffer of the same "
                f"element type, got {self.tensor_type} and {buffer_type}"
            )
        if len(self.sizes.data) != len(self.strides) or not 1 <= len(self.strides) <= MAX_DIMS:
            raise VerifyException(
                f"TD2: a transfer has 1 to {MAX_DIMS} dimensions, each with a size and a stride; "
                f"got {len(self.sizes.data)} sizes and {len(self.strides)} strides"
            )
        verify_expressions(self, self.ivs, (self.offset, *self.sizes.data, *self.access.maps))
        verify_single("the DRAM offset", self.offset)
        verify_access(self.buffer, self.access)
        dims = list(zip(self.sizes.data, self.stride_bytes, strict=True))
        verify_walk(self, self.tensor_type, self.offset, dims, self.access, self.ivs)

    def print_dram(self, printer: Printer) -> None:
        """`%tensor at offset walk [size : stride, ...]`."""
        printer.print_ssa_value(self.tensor)
        printer.print_string(" at ")
        print_expr(printer, self.offset, self.ivs)
        printer.print_string(" walk ")

        def dim(pair: tuple[AffineMapAttr, int]) -> None:
            print_expr(printer, pair[0], self.ivs)
            printer.print_string(f" : {pair[1]}")

        with printer.in_square_brackets():
            printer.print_list(zip(self.sizes.data, self.stride_bytes, strict=True), dim)

    def print_spad(self, printer: Printer) -> None:
        """`%buffer slot(...)[...][...]`."""
        print_access(printer, self.buffer, self.access, self.ivs)


_ParsedDram = tuple[SSAValue, Alternatives, list[tuple[Alternatives, int]]]


def _parse_dram(parser: Parser, exprs: ExprParser) -> _ParsedDram:
    """What `print_dram` prints: tensor, offset, dimensions."""
    tensor = parse_defined(parser)
    parser.parse_keyword("at")
    offset = exprs.expr()
    parser.parse_keyword("walk")

    def dim() -> tuple[Alternatives, int]:
        size = exprs.expr()
        parser.parse_punctuation(":")
        return size, parser.parse_integer(allow_boolean=False)

    return tensor, offset, parser.parse_comma_separated_list(parser.Delimiter.SQUARE, dim)


@irdl_op_definition
class LoadOp(TransferOp):
    """DRAM to scratchpad, asynchronous.

    ```mlir
    %t = tog.load %a at %i * 976 + %k * 4 walk [min(256, 516 - %i) : 976, 128 : 4]
        to %A slot(%k floordiv 128 mod 2)[0, 0][min(256, 516 - %i), 128]
    ```

    Reads DRAM from byte `at` on: nested dimensions of `size : stride in bytes`, outermost first.

    Rules: TD1 to TD5, TE1 to TE3, TA1.
    """

    name = "tog.load"

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "LoadOp":
        exprs = ExprParser(parser)
        dram = _parse_dram(parser, exprs)
        parser.parse_keyword("to")
        return cls(*_arguments(dram, parse_access(parser, exprs), exprs))

    @override
    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        self.print_dram(printer)
        printer.print_string(" to ")
        self.print_spad(printer)


@irdl_op_definition
class StoreOp(TransferOp):
    """Scratchpad to DRAM, asynchronous.

    ```mlir
    %t = tog.store %C[0, 0][256, 224] to %c at %i * 896 walk [256 : 896, 224 : 4]
    ```

    Rules: TD1 to TD5, TE1 to TE3, TA1.
    """

    name = "tog.store"

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "StoreOp":
        exprs = ExprParser(parser)
        access = parse_access(parser, exprs)
        parser.parse_keyword("to")
        return cls(*_arguments(_parse_dram(parser, exprs), access, exprs))

    @override
    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        self.print_spad(printer)
        printer.print_string(" to ")
        self.print_dram(printer)


@irdl_op_definition
class WaitOp(IRDLOperation):
    """Holds the computation behind it until a transfer is complete; transfers behind it go on."""

    name = "tog.wait"

    token = operand_def(TokenType)
    """The transfer."""

    assembly_format = "$token attr-dict"

    def __init__(self, token: SSAValue) -> None:
        super().__init__(operands=[token])


def _arguments(
    dram: _ParsedDram, access: ParsedAccess, exprs: ExprParser
) -> tuple[
    SSAValue,
    SSAValue,
    Sequence[SSAValue],
    AffineMapAttr,
    Sequence[AffineMapAttr],
    Sequence[int],
    RectangleAttr,
]:
    """The constructor's arguments from what was parsed."""
    tensor, offset, dims = dram
    return (
        tensor,
        access[0],
        exprs.ivs,
        exprs.attribute(offset),
        [exprs.attribute(size) for size, _ in dims],
        [stride for _, stride in dims],
        rectangle(access, exprs),
    )
