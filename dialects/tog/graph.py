"""`tog.graph`: what one kernel does."""

from collections.abc import Sequence

from typing_extensions import override
from xdsl.dialects.builtin import (
    ArrayAttr,
    FunctionType,
    ModuleOp,
    StringAttr,
)
from xdsl.dialects.utils import parse_func_op_like, print_func_op_like
from xdsl.ir import Attribute, Block, Region
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import IsolatedFromAbove, NoTerminator, SymbolOpInterface, SymbolTable
from xdsl.utils.exceptions import VerifyException

from npu.dialects.dram_arguments import verify_dram_arguments
from npu.dialects.tog.attrs import VERSION_ATTRIBUTE
from npu.dialects.tog.loops import ParallelOp


@irdl_op_definition
class GraphOp(IRDLOperation):
    """What one kernel does, tile by tile, with its loops still rolled.

    ```mlir
    tog.graph @neg(%x: memref<516xf32>, %y: memref<516xf32>) attributes {torch_ops = ["aten.neg"]} {
      ...
    }
    ```

    Rules:
    - TG1: every argument is a memref of static shape in DRAM (no memory space); no results.
    - TG2: the body holds `tog` operations only, and a `tog.parallel` is its last one. What stands
      in front of that, each core that has a work item does once, before its first one.
    - TG3: it stands at the top level of a module with the attribute `tog.version`.
    """

    name = "tog.graph"

    sym_name = prop_def(StringAttr)
    """The symbol `tog.launch` names: the kernel's."""

    function_type = prop_def(FunctionType)
    """The DRAM tensors, in the kernel's order; no results."""

    torch_ops = opt_prop_def(ArrayAttr[StringAttr])
    """The PyTorch operators that launches of it stand for where they name none themselves."""

    body = region_def("single_block")

    traits = traits_def(IsolatedFromAbove(), SymbolOpInterface(), SymbolTable(), NoTerminator())

    def __init__(
        self,
        sym_name: str,
        argument_types: Sequence[Attribute],
        body: Region | None = None,
        torch_ops: ArrayAttr[StringAttr] | None = None,
    ) -> None:
        super().__init__(
            regions=[Region(Block(arg_types=argument_types)) if body is None else body],
            properties={
                "sym_name": StringAttr(sym_name),
                "function_type": FunctionType.from_lists(list(argument_types), []),
                "torch_ops": torch_ops,
            },
        )

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "GraphOp":
        name, inputs, outputs, region, extra, _, _ = parse_func_op_like(
            parser, reserved_attr_names=("sym_name", "function_type")
        )
        if outputs:
            parser.raise_error("TG1: tog.graph has no results")
        if not region.blocks:
            region.add_block(Block())
        attributes = dict(extra.data) if extra is not None else {}
        op = cls(name, list(inputs), region)
        if "torch_ops" in attributes:
            op.properties["torch_ops"] = attributes.pop("torch_ops")
        op.attributes.update(attributes)
        return op

    @override
    def print(self, printer: Printer) -> None:
        extra = dict(self.attributes)
        if self.torch_ops is not None:
            extra["torch_ops"] = self.torch_ops
        print_func_op_like(
            printer,
            self.sym_name,
            self.function_type,
            self.body,
            extra,
            reserved_attr_names=("sym_name", "function_type"),
        )

    @override
    def verify_(self) -> None:
        verify_dram_arguments(self.function_type, self.body.block.arg_types, "TG1")
        self._verify_body()
        parent = self.parent_op()
        if not isinstance(parent, ModuleOp) or VERSION_ATTRIBUTE not in parent.attributes:
            raise VerifyException(
                f"TG3: tog.graph must stand in a module with the attribute {VERSION_ATTRIBUTE}"
            )

    def _verify_body(self) -> None:
        ops = list(self.body.block.ops)
        for op in self.body.walk():
            if op.dialect_name() != "tog":
                raise VerifyException(f"TG2: {op.name} is no operation of a tile-operation graph")
        if any(isinstance(op, ParallelOp) for op in ops[:-1]):
            raise VerifyException("TG2: tog.parallel must be the last operation of its tog.graph")
