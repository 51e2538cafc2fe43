"""`tog` transfers: loads, stores, and waiting for them."""

from typing_extensions import override
from xdsl.ir import SSAValue
from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def
from xdsl.parser import Parser
from xdsl.printer import Printer

from npu.dialects.tog.attrs import TokenType, parse_access
from npu.dialects.tog.expr import ExprParser
from npu.dialects.tog.indexed import parse_by
from npu.dialects.tog.transfer import TransferOp, arguments, parse_after, parse_dram


@irdl_op_definition
class LoadOp(TransferOp):
    """DRAM to scratchpad, asynchronous.

    ```mlir
    %t = tog.load %a at %i * 976 + %k * 4 walk [min(256, 516 - %i) : 976, 128 : 4]
        to %A slot(%k floordiv 128 mod 2)[0, 0][min(256, 516 - %i), 128]
    ```

    Reads DRAM from byte `at` on: nested dimensions of `size : stride in bytes`, outermost first.
    A dimension may lie only partly in the tensor:

    ```mlir
    %u = tog.load %x at %i * 224 - 228 walk [10 : 224 from %i - 1 of 56, 58 : 4 from -1 of 56]
        to %X[0, 0][10, 58] after (%t)
    ```

    `from FIRST of EXTENT by STEP` says that element i is index `FIRST + i * STEP` of a dimension of
    `EXTENT` (`by 1` may be left out) and exists only where that is from 0 up to `EXTENT`. What does
    not exist costs no DRAM request; it is filled, and has its place in the rectangle. `STRIDE` is
    from one element to the next, with the step: below 0 where the tensor is walked backwards, 0
    where an element is taken again. `after` names transfers that must be complete before: their
    latest execution.

    The indices of one dimension may be data, a gather:

    ```mlir
    %v = tog.load %table at 0 walk [64 : 16384 at %ids[%i] of 128256, 4096 : 4]
        to %rows[0, 0][64, 4096] by %idx[0][64]
    ```

    Element i is index number `%i + i` of those that the launch has in the argument %ids; `by` is
    where they lie in the scratchpad. What they are is not in the text: it is recorded when a
    program runs, or drawn at random (docs/timing-model.md).

    Rules: TD1 to TD8, TE1 to TE3, TA1.
    """

    name = "tog.load"

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "LoadOp":
        exprs = ExprParser(parser)
        dram = parse_dram(parser, exprs)
        parser.parse_keyword("to")
        access = parse_access(parser, exprs)
        return cls(
            *arguments(
                dram, access, exprs, parse_by(parser, exprs, dram.has_indices), parse_after(parser)
            )
        )

    @override
    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        self.print_dram(printer)
        printer.print_string(" to ")
        self.print_spad(printer)
        self.print_after(printer)


@irdl_op_definition
class StoreOp(TransferOp):
    """Scratchpad to DRAM, asynchronous.

    ```mlir
    %t = tog.store %C[0, 0][256, 224] to %c at %i * 896 walk [256 : 896, 224 : 4] after (%u)
    ```

    Bounds, indices and `after` are those of `tog.load`; what does not exist is dropped. A store
    with indices, a scatter, waits for the one before; `combining` behind `by` says that it reads
    each block that it writes.

    Rules: TD1 to TD8, TE1 to TE3, TA1.
    """

    name = "tog.store"

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "StoreOp":
        exprs = ExprParser(parser)
        access = parse_access(parser, exprs)
        parser.parse_keyword("to")
        dram = parse_dram(parser, exprs)
        return cls(
            *arguments(
                dram, access, exprs, parse_by(parser, exprs, dram.has_indices), parse_after(parser)
            )
        )

    @override
    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        self.print_spad(printer)
        printer.print_string(" to ")
        self.print_dram(printer)
        self.print_after(printer)


@irdl_op_definition
class WaitOp(IRDLOperation):
    """Holds the computation behind it until a transfer is complete; transfers behind it go on."""

    name = "tog.wait"

    token = operand_def(TokenType)
    """The transfer."""

    assembly_format = "$token attr-dict"

    def __init__(self, token: SSAValue) -> None:
        super().__init__(operands=[token])
