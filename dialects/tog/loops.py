"""`tog` loops: constant bounds, one induction variable each, walked without being unrolled."""

from typing import ClassVar

from typing_extensions import override
from xdsl.dialects.builtin import I64, IndexType, IntegerAttr, i64
from xdsl.ir import Block, Region
from xdsl.irdl import IRDLOperation, irdl_op_definition, prop_def, region_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import NoTerminator
from xdsl.utils.exceptions import VerifyException

from npu.dialects.work_items import WorkItems


@irdl_op_definition
class LoopOp(IRDLOperation):
    """A loop that one core runs from beginning to end.

    ```mlir
    tog.loop %k = 0 to 244 step 128 { ... }
    ```

    Rules:
    - TL1: the body has one induction variable, of type index.
    - TL2: the step is positive.
    """

    name = "tog.loop"

    lower = prop_def(IntegerAttr[I64])
    """First value of the induction variable."""

    upper = prop_def(IntegerAttr[I64])
    """Bound that is not reached."""

    step = prop_def(IntegerAttr[I64])
    """Distance between two iterations."""

    body = region_def("single_block")

    traits = traits_def(NoTerminator())

    def __init__(self, lower: int, upper: int, step: int, body: Region | None = None) -> None:
        super().__init__(
            regions=[Region(Block(arg_types=[IndexType()])) if body is None else body],
            properties={
                "lower": IntegerAttr(lower, i64),
                "upper": IntegerAttr(upper, i64),
                "step": IntegerAttr(step, i64),
            },
        )

    @property
    def bounds(self) -> tuple[int, int, int]:
        """(lower, upper, step)."""
        return self.lower.value.data, self.upper.value.data, self.step.value.data

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "LoopOp":
        iv = parser.parse_argument(expect_type=False).resolve(IndexType())
        parser.parse_punctuation("=")
        lower = parser.parse_integer()
        parser.parse_keyword("to")
        upper = parser.parse_integer()
        parser.parse_keyword("step")
        step = parser.parse_integer()
        op = cls(lower, upper, step, parser.parse_region([iv]))
        attributes = parser.parse_optional_attr_dict_with_keyword()
        if attributes is not None:
            op.attributes.update(attributes.data)
        return op

    @override
    def print(self, printer: Printer) -> None:
        lower, upper, step = self.bounds
        printer.print_string(" ")
        printer.print_ssa_value(self.body.block.args[0])
        printer.print_string(f" = {lower} to {upper} step {step} ")
        printer.print_region(self.body, print_entry_block_args=False)
        printer.print_op_attributes(self.attributes, print_keyword=True)

    @override
    def verify_(self) -> None:
        if list(self.body.block.arg_types) != [IndexType()]:
            raise VerifyException("TL1: tog.loop has one induction variable of type index")
        if self.step.value.data < 1:
            raise VerifyException(f"TL2: the step must be positive, got {self.step.value.data}")


@irdl_op_definition
class ParallelOp(WorkItems):
    """The work items of a kernel: item w runs on core w mod num_cores.

    ```mlir
    tog.parallel (%i, %j) = (0, 0) to (516, 224) step (256, 128) { ... }
    ```

    Items are numbered row-major, the last dimension fastest.

    Rules:
    - TP1: as many lower bounds, upper bounds and steps as induction variables, at least one.
    - TP2: steps are positive.
    - TP3: it stands directly in a `tog.graph`.
    """

    name = "tog.parallel"

    COUNTS_RULE: ClassVar[str] = "TP1"

    traits = traits_def(NoTerminator())

    @override
    def verify_(self) -> None:
        super().verify_()
        if any(step < 1 for _, _, step in self.bounds):
            raise VerifyException(f"TP2: steps must be positive, got {self.bounds}")
        parent = self.parent_op()
        if parent is None or parent.name != "tog.graph":
            raise VerifyException("TP3: tog.parallel must stand directly in a tog.graph")
