"""Loops over work items, the same in `npu.parallel` and `tog.parallel`.

npu.parallel (%i, %j) = (0, 0) to (516, 224) step (256, 128) { ... }
"""

from abc import ABC
from collections.abc import Sequence
from typing import ClassVar, Self

from typing_extensions import override
from xdsl.dialects.builtin import DenseArrayBase, IndexType, IntegerType, i64
from xdsl.ir import Block, Region
from xdsl.irdl import IRDLOperation, prop_def, region_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

Integers = DenseArrayBase[IntegerType]


class WorkItems(IRDLOperation, ABC):
    """The outermost loops of a kernel; items are numbered row-major, the last dimension fastest."""

    COUNTS_RULE: ClassVar[str]
    """The number of the rule on how many bounds there are, as messages name it."""

    lower = prop_def(DenseArrayBase.constr(i64))
    """First value of each induction variable."""

    upper = prop_def(DenseArrayBase.constr(i64))
    """Bounds that are not reached."""

    step = prop_def(DenseArrayBase.constr(i64))
    """Distances between iterations."""

    body = region_def("single_block")

    def __init__(
        self,
        lower: Sequence[int],
        upper: Sequence[int],
        step: Sequence[int],
        body: Region | None = None,
    ) -> None:
        block_types = [IndexType()] * len(lower)
        super().__init__(
            regions=[Region(Block(arg_types=block_types)) if body is None else body],
            properties={
                "lower": DenseArrayBase.from_list(i64, list(lower)),
                "upper": DenseArrayBase.from_list(i64, list(upper)),
                "step": DenseArrayBase.from_list(i64, list(step)),
            },
        )

    @property
    def bounds(self) -> list[tuple[int, int, int]]:
        """(lower, upper, step) of each dimension, outermost first."""
        columns = (self.lower.get_values(), self.upper.get_values(), self.step.get_values())
        return [(int(a), int(b), int(c)) for a, b, c in zip(*columns, strict=True)]

    @classmethod
    @override
    def parse(cls, parser: Parser) -> Self:
        unresolved = parser.parse_comma_separated_list(
            parser.Delimiter.PAREN, lambda: parser.parse_argument(expect_type=False)
        )
        ivs = [argument.resolve(IndexType()) for argument in unresolved]
        parser.parse_punctuation("=")
        lower = _parse_numbers(parser)
        parser.parse_keyword("to")
        upper = _parse_numbers(parser)
        parser.parse_keyword("step")
        step = _parse_numbers(parser)
        op = cls(lower, upper, step, cls._completed(parser.parse_region(ivs)))
        attributes = parser.parse_optional_attr_dict_with_keyword()
        if attributes is not None:
            op.attributes.update(attributes.data)
        return op

    @classmethod
    def _completed(cls, body: Region) -> Region:
        """The body with what the custom syntax leaves out."""
        return body

    @override
    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        with printer.in_parens():
            printer.print_list(self.body.block.args, printer.print_ssa_value)
        for separator, values in (
            (" = ", self.lower),
            (" to ", self.upper),
            (" step ", self.step),
        ):
            text = ", ".join(str(value) for value in values.get_values())
            printer.print_string(f"{separator}({text})")
        printer.print_string(" ")
        printer.print_region(self.body, print_entry_block_args=False, print_block_terminators=False)
        printer.print_op_attributes(self.attributes, print_keyword=True)

    @override
    def verify_(self) -> None:
        types = list(self.body.block.arg_types)
        counts = {len(types), len(self.lower), len(self.upper), len(self.step)}
        if len(counts) != 1 or not types or set(types) != {IndexType()}:
            raise VerifyException(
                f"{self.COUNTS_RULE}: {self.name} needs as many lower bounds, upper bounds and "
                f"steps as induction variables of type index, at least one; got {len(types)} "
                f"variables, {len(self.lower)}, {len(self.upper)} and {len(self.step)}"
            )


def _parse_numbers(parser: Parser) -> list[int]:
    return parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_integer)
