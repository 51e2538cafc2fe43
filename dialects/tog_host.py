"""`tog` operations of the whole program: DRAM tensors and launches."""

from collections.abc import Sequence

from typing_extensions import override
from xdsl.dialects.builtin import I64, ArrayAttr, IntegerAttr, StringAttr, SymbolRefAttr, i64
from xdsl.ir import SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import SymbolOpInterface, SymbolTable
from xdsl.utils.exceptions import VerifyException

from npu.dialects.tog_attrs import RunType
from npu.dialects.tog_graph import GraphOp


@irdl_op_definition
class TensorOp(IRDLOperation):
    """A range of DRAM.

    ```mlir
    tog.tensor @x at 0x100000000 bytes 2064
    ```

    Rules:
    - TT1: the address is not negative and the size is positive.
    """

    name = "tog.tensor"

    sym_name = prop_def(StringAttr)
    """The symbol `tog.launch` names."""

    address = prop_def(IntegerAttr[I64])
    """Virtual address of the first byte."""

    bytes = prop_def(IntegerAttr[I64])
    """Size."""

    traits = traits_def(SymbolOpInterface())

    def __init__(self, sym_name: str, address: int, size: int) -> None:
        super().__init__(
            properties={
                "sym_name": StringAttr(sym_name),
                "address": IntegerAttr(address, i64),
                "bytes": IntegerAttr(size, i64),
            }
        )

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "TensorOp":
        name = parser.parse_symbol_name().data
        parser.parse_keyword("at")
        address = parser.parse_integer(allow_boolean=False)
        parser.parse_keyword("bytes")
        op = cls(name, address, parser.parse_integer(allow_boolean=False))
        op.attributes.update(parser.parse_optional_attr_dict())
        return op

    @override
    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        address, size = self.address.value.data, self.bytes.value.data
        printer.print_string(f" at {address:#x} bytes {size}")
        printer.print_op_attributes(self.attributes)

    @override
    def verify_(self) -> None:
        if self.address.value.data < 0 or self.bytes.value.data < 1:
            raise VerifyException(
                "TT1: a tensor's address is not negative and its size is positive, got address "
                f"{self.address.value.data} and {self.bytes.value.data} bytes"
            )


@irdl_op_definition
class LaunchOp(IRDLOperation):
    """Runs a graph on tensors once the runs it depends on are complete.

    ```mlir
    %r1 = tog.launch @relu_1(@x, @y) after (%r0)
    ```

    Rules:
    - TN1: `graph` names a `tog.graph` and `tensors` name `tog.tensor`s of the module.
    - TN2: there is one tensor for each argument of the graph.
    - TN3: `after` names earlier launches.
    """

    name = "tog.launch"

    after = var_operand_def(RunType)
    """The runs that must be complete before."""

    graph = prop_def(SymbolRefAttr)
    """What to run."""

    tensors = prop_def(ArrayAttr[SymbolRefAttr])
    """The DRAM tensor of each argument."""

    run = result_def(RunType)
    """Complete when all cores are through and all stores have arrived."""

    def __init__(self, graph: str, tensors: Sequence[str], after: Sequence[SSAValue] = ()) -> None:
        super().__init__(
            operands=[list(after)],
            result_types=[RunType()],
            properties={
                "graph": SymbolRefAttr(graph),
                "tensors": ArrayAttr([SymbolRefAttr(name) for name in tensors]),
            },
        )

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "LaunchOp":
        graph = parser.parse_symbol_name().data
        tensors = parser.parse_comma_separated_list(
            parser.Delimiter.PAREN, lambda: parser.parse_symbol_name().data
        )
        after: list[SSAValue] = []
        if parser.parse_optional_keyword("after") is not None:
            after = parser.parse_comma_separated_list(
                parser.Delimiter.PAREN, lambda: parser.parse_operand(RunType())
            )
        op = cls(graph, tensors, after)
        op.attributes.update(parser.parse_optional_attr_dict())
        return op

    @override
    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.graph.string_value())
        with printer.in_parens():
            printer.print_list(
                self.tensors.data, lambda one: printer.print_symbol_name(one.string_value())
            )
        if self.after:
            printer.print_string(" after ")
            with printer.in_parens():
                printer.print_list(self.after, printer.print_ssa_value)
        printer.print_op_attributes(self.attributes)

    @override
    def verify_(self) -> None:
        target = SymbolTable.lookup_symbol(self, self.graph)
        if not isinstance(target, GraphOp):
            raise VerifyException(f"TN1: no tog.graph is called {self.graph}")
        for tensor in self.tensors.data:
            if not isinstance(SymbolTable.lookup_symbol(self, tensor), TensorOp):
                raise VerifyException(f"TN1: no tog.tensor is called {tensor}")
        expected = len(target.function_type.inputs)
        if len(self.tensors.data) != expected:
            raise VerifyException(
                f"TN2: {self.graph} takes {expected} tensors, got {len(self.tensors.data)}"
            )
        for run in self.after:
            if not isinstance(run.owner, LaunchOp) or not run.owner.is_before_in_block(self):
                raise VerifyException("TN3: a launch may only wait for earlier launches")
