"""`tog` operations of the whole program: DRAM tensors and launches."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from typing_extensions import override
from xdsl.dialects.builtin import (
    I64,
    ArrayAttr,
    IntegerAttr,
    MemRefType,
    StringAttr,
    SymbolRefAttr,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import SymbolOpInterface, SymbolTable
from xdsl.utils.exceptions import VerifyException

from npu.dialects.dram_tensors import memref_bytes
from npu.dialects.origin import UNKNOWN, Origin, list_of, strings_of
from npu.dialects.tog.attrs import VERSION, VERSION_ATTRIBUTE, RunType
from npu.dialects.tog.graph import GraphOp
from npu.dialects.tog.places import Place, verify_address, verify_apart
from npu.dialects.tog.verify import FaultBehind, version_of

SCHEDULE_NUMBERS = ("queue", "arrival_ns", "priority")
"""Integer properties of a launch that tell when and where it runs, in the order of the text."""


@irdl_op_definition
class TensorOp(IRDLOperation):
    """A range of DRAM.

    ```mlir
    tog.tensor @x at 0x100000000 bytes 2064
    tog.tensor @y at 0x100001000 bytes 2064 partition 1
    ```

    `partition` is the NUMA partition that holds it; left out, it is that of the core that touches
    it first.

    Rules:
    - TT1: the address is not negative and the size is positive.
    - TT2: `partition` is not negative.
    - TT3: it ends within 48-bit addresses.
    - TT4: the tensors of a module share no byte. (What two launches or two arguments use alike is
      one tensor, named in both places.)
    """

    name = "tog.tensor"

    sym_name = prop_def(StringAttr)
    """The symbol `tog.launch` names."""

    address = prop_def(IntegerAttr[I64])
    """Virtual address of the first byte."""

    bytes = prop_def(IntegerAttr[I64])
    """Size."""

    partition = opt_prop_def(IntegerAttr[I64])
    """NUMA partition."""

    traits = traits_def(SymbolOpInterface())

    def __init__(
        self, sym_name: str, address: int, size: int, partition: int | None = None
    ) -> None:
        super().__init__(
            properties={
                "sym_name": StringAttr(sym_name),
                "address": IntegerAttr(address, i64),
                "bytes": IntegerAttr(size, i64),
                "partition": None if partition is None else IntegerAttr(partition, i64),
            }
        )

    @property
    def place(self) -> Place:
        """Where it lies."""
        begin = self.address.value.data
        return Place(self.sym_name.data, begin, begin + self.bytes.value.data)

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "TensorOp":
        name = parser.parse_symbol_name().data
        parser.parse_keyword("at")
        address = parser.parse_integer(allow_boolean=False)
        parser.parse_keyword("bytes")
        size = parser.parse_integer(allow_boolean=False)
        partition = None
        if parser.parse_optional_keyword("partition") is not None:
            partition = parser.parse_integer(allow_boolean=False)
        op = cls(name, address, size, partition)
        op.attributes.update(parser.parse_optional_attr_dict())
        return op

    @override
    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        address, size = self.address.value.data, self.bytes.value.data
        printer.print_string(f" at {address:#x} bytes {size}")
        if self.partition is not None:
            printer.print_string(f" partition {self.partition.value.data}")
        printer.print_op_attributes(self.attributes)

    @override
    def verify_(self) -> None:
        if self.address.value.data < 0 or self.bytes.value.data < 1:
            raise VerifyException(
                "TT1: a tensor's address is not negative and its size is positive, got address "
                f"{self.address.value.data} and {self.bytes.value.data} bytes"
            )
        if self.partition is not None and self.partition.value.data < 0:
            raise VerifyException(
                f"TT2: a tensor's partition is not negative, got {self.partition.value.data}"
            )
        verify_address(self.place)
        if self.parent is None or isinstance(self.prev_op, TensorOp):
            return
        # Once for all that stand together: a program has many.
        verify_apart([op.place for op in self.parent.ops if isinstance(op, TensorOp)])


@irdl_op_definition
class LaunchOp(IRDLOperation):
    """Runs a graph on tensors once the runs it depends on are complete.

    ```mlir
    %r1 = tog.launch @relu_1(@x, @y) after (%r0)
    %r2 = tog.launch @relu_1(@y, @z) queue 1 arrival_ns 5000 priority 3 request "second"
    %r3 = tog.launch @relu_1(@z, @x) after (%r1, %r2) ops ["aten.relu"] lines ["mlp.py:12"]
    ```

    `docs/scheduling.md` says what `queue` to `request` mean; left out, they are 0, 0, 0 and "".

    Rules:
    - TN1: `graph` names a `tog.graph` and `tensors` name `tog.tensor`s of the module.
    - TN2: there is one tensor for each argument of the graph.
    - TN3: `after` names earlier launches.
    - TN4: `queue` and `arrival_ns` are not negative.
    - TN5: in a module of version 1 a launch has none of `queue`, `arrival_ns`, `priority`,
      `request`, `ops` and `lines`.
    - TN6: a tensor has the bytes that its argument's type has, or more.
    """

    name = "tog.launch"

    after = var_operand_def(RunType)
    """The runs that must be complete before."""

    graph = prop_def(SymbolRefAttr)
    """What to run."""

    tensors = prop_def(ArrayAttr[SymbolRefAttr])
    """The DRAM tensor of each argument."""

    queue = opt_prop_def(IntegerAttr[I64])
    """The launch queue; 0 when absent."""

    arrival_ns = opt_prop_def(IntegerAttr[I64])
    """Nanoseconds of simulated time before which it does not start; 0 when absent."""

    priority = opt_prop_def(IntegerAttr[I64])
    """A larger one goes first where the machine's scheduler is `priority`; 0 when absent."""

    request = opt_prop_def(StringAttr)
    """The request or model it belongs to; "" when absent."""

    torch_ops = opt_prop_def(ArrayAttr[StringAttr])
    """The PyTorch operators that it stands for; when absent, those of the graph."""

    torch_lines = opt_prop_def(ArrayAttr[StringAttr])
    """Where the user's source calls them."""

    run = result_def(RunType)
    """Complete when all cores are through and all stores have arrived."""

    def __init__(
        self,
        graph: str,
        tensors: Sequence[str],
        after: Sequence[SSAValue] = (),
        schedule: Mapping[str, int | str] | None = None,
        origin: Origin | None = None,
    ) -> None:
        """`schedule` gives what is not the default of queue, arrival_ns, priority and request."""
        origin = origin or UNKNOWN
        super().__init__(
            operands=[list(after)],
            result_types=[RunType()],
            properties={
                "graph": SymbolRefAttr(graph),
                "tensors": ArrayAttr([SymbolRefAttr(name) for name in tensors]),
                **{name: _attribute(value) for name, value in (schedule or {}).items()},
                "torch_ops": list_of(origin.torch_ops),
                "torch_lines": list_of(origin.torch_lines),
            },
        )

    @property
    def schedule(self) -> dict[str, int | str]:
        """What is given of queue, arrival_ns, priority and request."""
        numbers = {name: getattr(self, name) for name in SCHEDULE_NUMBERS}
        given: dict[str, int | str] = {
            name: cast("IntegerAttr[I64]", value).value.data
            for name, value in numbers.items()
            if value is not None
        }
        return given if self.request is None else {**given, "request": self.request.data}

    @property
    def origin(self) -> Origin:
        """The PyTorch operators and their lines; operators of the graph where it has none."""
        operators = self.torch_ops
        if operators is None:
            graph = SymbolTable.lookup_symbol(self, self.graph)
            operators = graph.torch_ops if isinstance(graph, GraphOp) else None
        return Origin(strings_of(operators), strings_of(self.torch_lines))

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
        op = cls(graph, tensors, after, _parse_schedule(parser), _parse_origin(parser))
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
        for name, value in self.schedule.items():
            printer.print_string(f" {name} ")
            if isinstance(value, str):
                printer.print_string_literal(value)
            else:
                printer.print_string(str(value))
        for word, strings in (("ops", self.torch_ops), ("lines", self.torch_lines)):
            if strings is not None:
                printer.print_string(f" {word} ")
                printer.print_attribute(strings)
        printer.print_op_attributes(self.attributes)

    @override
    def verify_(self) -> None:
        if not isinstance(self.prev_op, LaunchOp):
            self._verify_names_from_here()
        for run in self.after:
            if not isinstance(run.owner, LaunchOp) or not run.owner.is_before_in_block(self):
                raise VerifyException("TN3: a launch may only wait for earlier launches")
        given = self.schedule
        for name in ("queue", "arrival_ns"):
            if int(given.get(name, 0)) < 0:
                raise VerifyException(f"TN4: {name} must not be negative, got {given[name]}")
        new = [*given]
        new += ["ops"] if self.torch_ops is not None else []
        new += ["lines"] if self.torch_lines is not None else []
        if new and version_of(self) == 1:
            raise VerifyException(
                f"TN5: a launch in a module of version 1 has no {', '.join(new)}; "
                f"write {VERSION_ATTRIBUTE} = {VERSION}"
            )

    def _verify_names_from_here(self) -> None:
        """Checks what this launch and those right behind it name: a program has many."""
        symbols = self._symbols()
        launch: Operation | None = self
        while isinstance(launch, LaunchOp):
            try:
                launch._verify_names(symbols)
            except VerifyException as error:
                raise FaultBehind(launch, str(error)) from error
            launch = launch.next_op

    def _verify_names(self, symbols: Mapping[str, Operation]) -> None:
        target = symbols.get(self.graph.string_value())
        if not isinstance(target, GraphOp):
            raise VerifyException(f"TN1: no tog.graph is called {self.graph}")
        tensors: list[TensorOp] = []
        for name in self.tensors.data:
            tensor = symbols.get(name.string_value())
            if not isinstance(tensor, TensorOp):
                raise VerifyException(f"TN1: no tog.tensor is called {name}")
            tensors.append(tensor)
        expected = len(target.function_type.inputs)
        if len(self.tensors.data) != expected:
            raise VerifyException(
                f"TN2: {self.graph} takes {expected} tensors, got {len(self.tensors.data)}"
            )
        self._verify_sizes(target, tensors)

    def _symbols(self) -> dict[str, Operation]:
        """The graphs and tensors beside it by name."""
        if self.parent is None:
            return {}
        return {
            op.sym_name.data: op for op in self.parent.ops if isinstance(op, GraphOp | TensorOp)
        }

    def _verify_sizes(self, graph: GraphOp, tensors: Sequence[TensorOp]) -> None:
        for tensor, type_ in zip(tensors, graph.function_type.inputs, strict=True):
            has, needs = tensor.bytes.value.data, memref_bytes(cast(MemRefType[Any], type_))
            if has < needs:
                raise VerifyException(
                    f"TN6: {self.graph} takes {type_}, which has {needs} bytes; "
                    f"@{tensor.sym_name.data} has {has}"
                )


def _attribute(value: int | str) -> Attribute:
    return StringAttr(value) if isinstance(value, str) else IntegerAttr(value, i64)


def _parse_schedule(parser: Parser) -> dict[str, int | str]:
    """`queue N arrival_ns N priority N request "name"`, each optional, in this order."""
    given: dict[str, int | str] = {}
    for name in SCHEDULE_NUMBERS:
        if parser.parse_optional_keyword(name) is not None:
            given[name] = parser.parse_integer(allow_boolean=False)
    if parser.parse_optional_keyword("request") is not None:
        given["request"] = parser.parse_str_literal()
    return given


def _parse_origin(parser: Parser) -> Origin:
    """`ops ["aten.relu"] lines ["mlp.py:12"]`, each optional, in this order."""
    found: list[tuple[str, ...]] = []
    for word in ("ops", "lines"):
        strings: list[str] = []
        if parser.parse_optional_keyword(word) is not None:
            strings = parser.parse_comma_separated_list(
                parser.Delimiter.SQUARE, parser.parse_str_literal
            )
        found.append(tuple(strings))
    return Origin(*found)
