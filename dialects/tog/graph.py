"""`tog.graph`: what one kernel does."""

from typing import ClassVar

from typing_extensions import override
from xdsl.dialects.builtin import (
    ArrayAttr,
    ModuleOp,
    StringAttr,
)
from xdsl.irdl import (
    irdl_op_definition,
    opt_prop_def,
    traits_def,
)
from xdsl.traits import IsolatedFromAbove, NoTerminator, SymbolOpInterface, SymbolTable
from xdsl.utils.exceptions import VerifyException

from npu.dialects.kernel_frame import KernelFrame
from npu.dialects.tog.attrs import VERSION_ATTRIBUTE
from npu.dialects.tog.loops import ParallelOp


@irdl_op_definition
class GraphOp(KernelFrame):
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

    ARGUMENTS_RULE: ClassVar[str] = "TG1"
    AMONG_ATTRIBUTES: ClassVar[str] = "torch_ops"

    torch_ops = opt_prop_def(ArrayAttr[StringAttr])
    """The PyTorch operators that launches of it stand for where they name none themselves."""

    traits = traits_def(IsolatedFromAbove(), SymbolOpInterface(), SymbolTable(), NoTerminator())

    @override
    def verify_(self) -> None:
        super().verify_()
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
