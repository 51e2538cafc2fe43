"""`npu-derive-tog`: the tile-operation graphs of kernels in final form (see the `tog` dialect).

Overview. An analysis: kernels and `@main` stay as they are, and a module `@tog` with the graphs is
added at the end (one that is there already is replaced). With `only` the result is that module
alone. Index mathematics is composed through `affine.apply`, `affine.min` and chains of
`memref.subview`, and simplified by the values that induction variables take, so that each transfer
has its DRAM offset, sizes and strides, and each operation its rectangles, in terms of loops only.

```mlir
npu.kernel @k(%a: memref<516x244xf32>) {        tog.graph @k(%a: memref<516x244xf32>) {
  %A = npu.alloc {offset = 0 : i64} : ...         %A = tog.buffer at 0 : ...
  npu.parallel (%i) = (0) to (516) step (256) {   tog.parallel (%i) = (0) to (516) step (256) {
    %m = affine.min ... (256, 516 - d0)>(%i)
    %d = memref.subview %A[0, 0, 0] [1, %m, 244]
    %t = npu.dma_load %a[%i, 0]                     %t = tog.load %a at %i * 976
           sizes [%m, 244] to %d                      walk [min(256, 516 - %i) : 976, 244 : 4]
                                                      to %A[0, 0][min(256, 516 - %i), 244]
```

The DRAM side of a transfer is walked in the order of the tensor's dimensions, also where a
`permutation` transposes: the scratchpad side is the one that is scattered. A tile function's cases
are all combinations of sizes that occur. Launches depend on earlier ones through DRAM tensors
(read after write, write after read, write after write) unless
the boxes that they touch are apart; with `serial` each waits for the one
before.

Rules (what is not so is refused with a message, never guessed):
- R1: indices are constants, `affine.apply` and `affine.min` over induction variables, and can be
  written as minima of affine expressions; DRAM addresses are affine.
- R2: loops have constant bounds and carry no values.
- R3: every buffer has its scratchpad offset.
- R4: views are `memref.subview` with unit steps of a buffer.
- R5: a scratchpad view lies in one slot; a size that comes out negative is 0.
- R6: a kernel holds index mathematics, conditions, views, loops and `npu` operations only.
- R7: the body of an `npu.compute` is `linalg.generic`, `linalg.fill`, `npu.lookup`, `npu.ends` and
  scalar constants.
- R9: the indices of a gather or a scatter are what one load brings from an argument, or the ends of
  those that an `npu.ends` finds.
- R8: `@main` holds allocations, changes of shape and launches only.

Limitations. An output of an `npu.compute` counts as read when the first operation of the body that
touches it reads it. What a kernel reads or writes of a tensor counts as one box.
"""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override
from xdsl.context import Context
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, StringAttr, i64
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass

from npu.dialects import npu, tog
from npu.passes.tog.host import host_ops
from npu.passes.tog.kernel import graph_of

MODULE_NAME = "tog"
"""Symbol of the module that holds the graphs beside the kernels."""


@dataclass(frozen=True)
class DeriveTogPass(ModulePass):
    """Adds the tile-operation graphs of all kernels and the program that launches them."""

    name = "npu-derive-tog"

    only: bool = False
    """Whether the graphs replace the kernels instead of standing behind them."""

    serial: bool = False
    """Whether each launch waits for the one before, needed or not."""

    @override
    def apply(self, ctx: Context, op: ModuleOp) -> None:
        program = program_ops(op, serial=self.serial)
        stale = list(op.ops) if self.only else [o for o in op.ops if is_program(o)]
        for old in stale:
            old.detach()
        for old in stale:
            old.erase(safe_erase=False)
        version = IntegerAttr(tog.VERSION, i64)
        if self.only:
            op.attributes[tog.VERSION_ATTRIBUTE] = version
            op.body.block.add_ops(program)
            return
        module = ModuleOp(program, {tog.VERSION_ATTRIBUTE: version}, StringAttr(MODULE_NAME))
        op.body.block.add_op(module)


def program_ops(module: ModuleOp, *, serial: bool = False) -> list[Operation]:
    """The graphs, tensors and launches of a module's kernels and `@main`, where there is one."""
    derived = [graph_of(op) for op in module.ops if isinstance(op, npu.KernelOp)]
    effects = {graph.sym_name.data: effect for graph, effect in derived}
    mains = [op for op in module.ops if isinstance(op, FuncOp) and op.sym_name.data == "main"]
    host = [one for main in mains for one in host_ops(main, effects, serial=serial)]
    return [*(graph for graph, _ in derived), *host]


def is_program(op: Operation) -> bool:
    """Whether an operation is a module of tile-operation graphs."""
    return isinstance(op, ModuleOp) and tog.VERSION_ATTRIBUTE in op.attributes
