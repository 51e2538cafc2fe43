"""`npu-distribute`: the outermost independent loops become `npu.parallel`, dealt to the cores.

Overview. Every core runs the whole kernel; `npu.parallel` alone makes them differ, since work item
w is done by core w mod num_cores. After this pass every kernel has exactly one `npu.parallel`, as
its last operation:

* A kernel that ends in an `scf.for` marked `npu.iteration = "parallel"`: that loop, and the loops
  of the same kind perfectly nested in it, become the dimensions. "Perfectly" allows index
  mathematics and views between two loops; they move inwards. What stands in front of the loop, such
  as the load of an operand that all tiles share, stays there: each core needs its own copy.
* Any other kernel, and one that writes DRAM in front of the loop: all of it but constants and
  buffers becomes the body of a `npu.parallel` of one work item: one core runs it and not all.

```mlir
scf.for %i = %c0 to %c516 step %c256 {            npu.parallel (%i, %j) = (0, 0)
  %tm = affine.min ...(%i)                            to (516, 224) step (256, 112) {
  scf.for %j = %c0 to %c224 step %c112 {     ->     %tm = affine.min ...(%i)
    BODY                                            BODY
  } {npu.iteration = "parallel"}                  }
} {npu.iteration = "parallel"}
```

Limitations. Two loops that follow each other at the kernel's top level are one work item together.
A transfer between two parallel loops ends the perfect nest: only the outer loop is distributed.
"""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override
from xdsl.context import Context
from xdsl.dialects import affine, arith, memref, scf
from xdsl.dialects.builtin import IndexType, ModuleOp
from xdsl.ir import Block, Operation, Region
from xdsl.passes import ModulePass

from npu.dialects import npu
from npu.passes.kernel.constants import drop_unused_constants
from npu.passes.kernel.loops import PARALLEL, Loop, kernels_of, loops_of

FREE = (arith.ConstantOp, npu.AllocOp)
"""What stays at the kernel's top in any case."""

MOVABLE = (arith.ConstantOp, affine.ApplyOp, affine.MinOp, memref.SubviewOp)
"""What may stand between two loops of a perfect nest: it has no effect."""


@dataclass(frozen=True)
class DistributePass(ModulePass):
    """Makes the outermost independent loops of each kernel an `npu.parallel`."""

    name = "npu-distribute"

    @override
    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for kernel in kernels_of(op):
            if not any(isinstance(o, npu.ParallelOp) for o in kernel.body.block.ops):
                _distribute(kernel)


def _distribute(kernel: npu.KernelOp) -> None:
    work = [op for op in kernel.body.block.ops if not isinstance(op, (*FREE, npu.ReturnOp))]
    nest = _nest(work[-1]) if work and not any(map(_writes_dram, work[:-1])) else []
    if nest:
        _replace_nest(nest)
        drop_unused_constants(kernel)
    else:
        _wrap(kernel, work)


def _nest(op: Operation) -> list[scf.ForOp]:
    """The perfect nest of parallel loops that starts at `op`, outermost first."""
    nest: list[scf.ForOp] = []
    current: Operation | None = op
    while isinstance(current, scf.ForOp) and _loop(current).kind == PARALLEL:
        nest.append(current)
        inner = [o for o in current.body.block.ops if not isinstance(o, (*MOVABLE, scf.YieldOp))]
        current = inner[0] if len(inner) == 1 else None
    return nest


def _replace_nest(nest: list[scf.ForOp]) -> None:
    """One `npu.parallel` in place of the nest, with what stood between its loops inside."""
    loops = [_loop(op) for op in nest]
    body = Block(arg_types=[loop.iv.type for loop in loops])
    inside = set(nest)
    for loop in loops:
        for op in list(loop.body.ops):
            if op in inside or isinstance(op, scf.YieldOp):
                continue
            op.detach()
            body.add_op(op)
    body.add_op(npu.YieldOp())
    for loop, iv in zip(loops, body.args, strict=True):
        iv.name_hint = loop.iv.name_hint
        loop.iv.replace_all_uses_with(iv)
    parallel = npu.ParallelOp(
        [loop.lower for loop in loops],
        [loop.upper for loop in loops],
        [loop.step for loop in loops],
        Region(body),
    )
    outer = nest[0]
    block = outer.parent_block()
    assert block is not None
    block.insert_op_before(parallel, outer)
    outer.detach()
    outer.erase()


def _wrap(kernel: npu.KernelOp, work: list[Operation]) -> None:
    """All the work as one item."""
    body = Block(arg_types=[IndexType()])
    body.args[0].name_hint = "item"
    for op in work:
        op.detach()
        body.add_op(op)
    body.add_op(npu.YieldOp())
    last = kernel.body.block.last_op
    assert last is not None
    kernel.body.block.insert_op_before(npu.ParallelOp([0], [1], [1], Region(body)), last)


def _loop(op: scf.ForOp) -> Loop:
    return loops_of(op)[0]


def _writes_dram(op: Operation) -> bool:
    """True where `op`, or an operation in it, writes to a buffer in DRAM."""
    return any(isinstance(o, npu.TransferOp) and not o.is_load for o in op.walk())
