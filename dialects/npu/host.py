"""`npu` operations around kernels: groups of tensor operations, kernels, launches."""

from collections.abc import Sequence
from typing import ClassVar

from typing_extensions import override
from xdsl.dialects.builtin import (
    ArrayAttr,
    MemRefType,
    StringAttr,
    SymbolNameConstraint,
    SymbolRefAttr,
    TensorType,
)
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    opt_region_def,
    prop_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import (
    IsolatedFromAbove,
    IsTerminator,
    SymbolOpInterface,
    SymbolTable,
)
from xdsl.utils.exceptions import VerifyException

from npu.dialects.kernel_frame import KernelFrame
from npu.dialects.npu.mapping import MappingAttr
from npu.dialects.origin import UNKNOWN, Origin, list_of, strings_of


@irdl_op_definition
class YieldOp(IRDLOperation):
    """Ends the bodies of `npu.group` (yielding its tensors), `npu.compute` and `npu.parallel`."""

    name = "npu.yield"

    values = var_operand_def()
    """The values of the enclosing operation's results."""

    traits = traits_def(IsTerminator())
    assembly_format = "attr-dict ($values^ `:` type($values))?"

    def __init__(self, values: Sequence[SSAValue] = ()) -> None:
        super().__init__(operands=[list(values)])


@irdl_op_definition
class ReturnOp(IRDLOperation):
    """Ends the body of `npu.kernel`."""

    name = "npu.return"

    traits = traits_def(IsTerminator())
    assembly_format = "attr-dict"

    def __init__(self) -> None:
        super().__init__()


@irdl_op_definition
class GroupOp(IRDLOperation):
    """The tensor operations that become one kernel.

    ```mlir
    %r = npu.group @matmul_0 ins(%a, %b : tensor<7x13xf32>, tensor<13x5xf32>) {
    ^bb0(%x: tensor<7x13xf32>, %y: tensor<13x5xf32>):
      ...
      npu.yield %z : tensor<7x5xf32>
    } ops ["aten.mm"] : tensor<7x5xf32>
    %s = npu.group @matmul_0 ins(%c, %b : tensor<7x13xf32>, tensor<13x5xf32>) ops ["aten.mm"]
        : tensor<7x5xf32>
    ```

    The second one repeats the first on other tensors: equal work is written down, checked and
    planned once.

    Rules:
    - G1: block arguments match the operands one to one in type.
    - G2: the body ends in `npu.yield` of values that match the results in type.
    - G3: without a body, an earlier group of its name beside it has one, whose types and mapping
      are its own, too.
    """

    name = "npu.group"

    sym_name = prop_def(SymbolNameConstraint())
    """The name of the kernel to be. Groups that are equal but for it share one kernel."""

    torch_ops = prop_def(ArrayAttr[StringAttr])
    """The PyTorch operators it stands for, e.g. `["aten.mm", "aten.relu"]`."""

    torch_lines = opt_prop_def(ArrayAttr[StringAttr])
    """Where the user's source calls them, e.g. `["mlp.py:12"]`."""

    mapping = opt_prop_def(MappingAttr)
    """How it is tiled; set by `npu-map`."""

    inputs = var_operand_def(TensorType)
    """The tensors it reads."""

    outputs = var_result_def(TensorType)
    """The tensors it defines."""

    body = opt_region_def("single_block")
    """What it computes; absent where it repeats an earlier group."""

    traits = traits_def(IsolatedFromAbove())
    assembly_format = (
        "$sym_name (`ins` `(` $inputs^ `:` type($inputs) `)`)? ($body^)? `ops` $torch_ops "
        "(`lines` $torch_lines^)? (`mapping` $mapping^)? attr-dict `:` type($outputs)"
    )

    def __init__(
        self,
        sym_name: str,
        inputs: Sequence[SSAValue],
        result_types: Sequence[Attribute],
        body: Region | None,
        origin: Origin,
        mapping: MappingAttr | None = None,
    ) -> None:
        super().__init__(
            operands=[list(inputs)],
            result_types=[list(result_types)],
            regions=[[] if body is None else [body]],
            properties={
                "sym_name": StringAttr(sym_name),
                "torch_ops": ArrayAttr([StringAttr(op) for op in origin.torch_ops]),
                "torch_lines": list_of(origin.torch_lines),
                "mapping": mapping,
            },
        )

    @property
    def origin(self) -> Origin:
        """The PyTorch operators and their lines."""
        return Origin(strings_of(self.torch_ops), strings_of(self.torch_lines))

    @property
    def work(self) -> Block:
        """The body, its own or that of the group that it repeats. Raises VerifyException (G3)."""
        if self.body is not None:
            return self.body.block
        for op in () if self.parent is None else self.parent.ops:
            if op is self:
                break
            if isinstance(op, GroupOp) and op.body is not None and op.sym_name == self.sym_name:
                return op.body.block
        raise VerifyException(
            f"G3: {self.sym_name} has no body; expected an earlier group of that name with one"
        )

    @override
    def verify_(self) -> None:
        if self.body is None and self.mapping is not None:
            raise VerifyException(
                "G3: a group without a body has the mapping of the group that it repeats, "
                "and none of its own"
            )
        block = self.work
        if tuple(block.arg_types) != tuple(self.inputs.types):
            raise VerifyException(
                "G1: the block arguments must have the types of the operands one to one"
            )
        last = block.last_op
        if not isinstance(last, YieldOp) or tuple(last.values.types) != tuple(self.outputs.types):
            raise VerifyException(
                "G2: the body must end in npu.yield of values with the result types"
            )


@irdl_op_definition
class KernelOp(KernelFrame):
    """A program of one core over DRAM buffers; every core of the machine runs it.

    Rules:
    - K1: no results; every argument is a memref in DRAM (no memory space) of static shape.
    - K2: the body is one block that ends in `npu.return`.
    - K3: the kernel stands at the top level of a module.
    """

    name = "npu.kernel"

    ARGUMENTS_RULE: ClassVar[str] = "K1"
    AMONG_ATTRIBUTES: ClassVar[str] = "mapping"

    mapping = opt_prop_def(MappingAttr)
    """The mapping it was tiled with."""

    traits = traits_def(IsolatedFromAbove(), SymbolOpInterface())

    @override
    def verify_(self) -> None:
        super().verify_()
        if not isinstance(self.body.block.last_op, ReturnOp):
            raise VerifyException("K2: the body must end in npu.return")
        parent = self.parent_op()
        if parent is not None and not parent.has_trait(SymbolTable):
            raise VerifyException("K3: npu.kernel must stand at the top level of a module")


@irdl_op_definition
class LaunchOp(IRDLOperation):
    """Runs a kernel on DRAM buffers; launches run in program order.

    ```mlir
    npu.launch @matmul_7x13x5(%x, %w, %y) ops ["aten.linear"] lines ["mlp.py:12"]
        : (memref<7x13xf32>, memref<13x5xf32>, memref<7x5xf32>)
    ```

    A kernel may be launched many times; what it computes there is said by the launch.

    Rules:
    - L1: `kernel` names an `npu.kernel` of the module.
    - L2: the arguments have the kernel's argument types.
    """

    name = "npu.launch"

    kernel = prop_def(SymbolRefAttr)
    """The kernel to run."""

    arguments = var_operand_def(MemRefType)
    """Its DRAM buffers."""

    torch_ops = opt_prop_def(ArrayAttr[StringAttr])
    """The PyTorch operators that this launch stands for."""

    torch_lines = opt_prop_def(ArrayAttr[StringAttr])
    """Where the user's source calls them."""

    assembly_format = (
        "$kernel `(` $arguments `)` (`ops` $torch_ops^)? (`lines` $torch_lines^)? attr-dict "
        "`:` `(` type($arguments) `)`"
    )

    def __init__(
        self,
        kernel: str,
        arguments: Sequence[SSAValue],
        origin: Origin | None = None,
    ) -> None:
        origin = origin or UNKNOWN
        super().__init__(
            operands=[list(arguments)],
            properties={
                "kernel": SymbolRefAttr(kernel),
                "torch_ops": list_of(origin.torch_ops),
                "torch_lines": list_of(origin.torch_lines),
            },
        )

    @property
    def origin(self) -> Origin:
        """The PyTorch operators and their lines."""
        return Origin(strings_of(self.torch_ops), strings_of(self.torch_lines))

    @override
    def verify_(self) -> None:
        target = SymbolTable.lookup_symbol(self, self.kernel)
        if not isinstance(target, KernelOp):
            raise VerifyException(f"L1: no npu.kernel is called {self.kernel}")
        if tuple(self.arguments.types) != tuple(target.function_type.inputs):
            raise VerifyException(
                f"L2: {self.kernel} takes {target.function_type}, "
                f"got ({', '.join(str(t) for t in self.arguments.types)})"
            )
