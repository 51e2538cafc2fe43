"""What `npu.kernel` and `tog.graph` share: a symbol, arguments in DRAM, one block, no results.

npu.kernel @neg(%x: memref<516xf32>, %y: memref<516xf32>) attributes {mapping = ...} { ... }
"""

from abc import ABC
from collections.abc import Sequence
from typing import ClassVar, Self

from typing_extensions import override
from xdsl.dialects.builtin import FunctionType, MemRefType, StringAttr
from xdsl.dialects.utils import parse_func_op_like, print_func_op_like
from xdsl.ir import Attribute, Block, Region
from xdsl.irdl import IRDLOperation, prop_def, region_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from npu.dialects.npu.attrs import SPAD

RESERVED = ("sym_name", "function_type")
"""Properties that the syntax writes as name and arguments."""


class KernelFrame(IRDLOperation, ABC):
    """A kernel, or what stands for one; printed like a function."""

    ARGUMENTS_RULE: ClassVar[str]
    """The number of the rule on arguments and results, as messages name it."""

    AMONG_ATTRIBUTES: ClassVar[str]
    """The property that is written with the attributes."""

    sym_name = prop_def(StringAttr)
    """The symbol that launches name."""

    function_type = prop_def(FunctionType)
    """The DRAM buffers, inputs first; no results."""

    body = region_def("single_block")

    def __init__(
        self,
        sym_name: str,
        argument_types: Sequence[Attribute],
        body: Region | None = None,
        extra: Attribute | None = None,
    ) -> None:
        super().__init__(
            regions=[Region(Block(arg_types=argument_types)) if body is None else body],
            properties={
                "sym_name": StringAttr(sym_name),
                "function_type": FunctionType.from_lists(list(argument_types), []),
                self.AMONG_ATTRIBUTES: extra,
            },
        )

    @classmethod
    @override
    def parse(cls, parser: Parser) -> Self:
        name, inputs, outputs, region, extra, _, _ = parse_func_op_like(
            parser, reserved_attr_names=RESERVED
        )
        if outputs:
            parser.raise_error(
                f"{cls.ARGUMENTS_RULE}: {cls.name} has no results; write to an output buffer"
            )
        if not region.blocks:
            region.add_block(Block())
        attributes = dict(extra.data) if extra is not None else {}
        op = cls(name, list(inputs), region, attributes.pop(cls.AMONG_ATTRIBUTES, None))
        op.attributes.update(attributes)
        return op

    @override
    def print(self, printer: Printer) -> None:
        extra = dict(self.attributes)
        if self.AMONG_ATTRIBUTES in self.properties:
            extra[self.AMONG_ATTRIBUTES] = self.properties[self.AMONG_ATTRIBUTES]
        print_func_op_like(
            printer,
            self.sym_name,
            self.function_type,
            self.body,
            extra,
            reserved_attr_names=RESERVED,
        )

    @override
    def verify_(self) -> None:
        for number, type_ in enumerate(self.function_type.inputs):
            if not _is_dram(type_):
                raise VerifyException(
                    f"{self.ARGUMENTS_RULE}: argument {number} must be a memref of static shape "
                    f"in DRAM (no memory space), got {type_}"
                )
        if tuple(self.body.block.arg_types) != tuple(self.function_type.inputs):
            raise VerifyException(
                f"{self.ARGUMENTS_RULE}: the block arguments must have the function's types"
            )


def _is_dram(type_: Attribute) -> bool:
    """A memref of static shape that is not in the scratchpad."""
    if not isinstance(type_, MemRefType):
        return False
    return type_.memory_space != SPAD and type_.has_static_shape()
