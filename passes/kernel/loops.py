"""What passes on kernels ask about loops: bounds, kinds, the loops around an operation."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects import arith, func, scf
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, StringAttr
from xdsl.ir import Block, Operation, SSAValue

from npu.configs.errors import UserError
from npu.dialects import npu
from npu.dialects.places import place

ITERATION = "npu.iteration"
"""Attribute of an `scf.for`: how its iterations depend on each other."""

PARALLEL = "parallel"
"""Iterations are independent."""

REDUCTION = "reduction"
"""Iterations accumulate: what they share must be kept from one to the next."""

PIECE = "piece"
"""Iterations are the pieces of one transfer (made by `npu-insert-dma`)."""


@dataclass(frozen=True)
class Loop:
    """One dimension of a loop nest; `npu.parallel` gives one for each of its dimensions."""

    iv: SSAValue
    lower: int
    upper: int
    step: int
    kind: str
    body: Block

    @property
    def trips(self) -> int:
        """Number of iterations."""
        return max(0, -(-(self.upper - self.lower) // self.step))

    @property
    def is_dealt(self) -> bool:
        """True for a dimension of `npu.parallel`, whose iterations are dealt to the cores."""
        return isinstance(self.body.parent_op(), npu.ParallelOp)


def kernels_of(module: ModuleOp) -> list[npu.KernelOp]:
    """The kernels of a module in order.

    Raises UserError when computations stand outside of kernels: an earlier pass was left out, and
    doing nothing would hide that.
    """
    for function in module.ops:
        if isinstance(function, func.FuncOp):
            _check_computes_in_kernels(function)
    return [op for op in module.ops if isinstance(op, npu.KernelOp)]


def _check_computes_in_kernels(function: func.FuncOp) -> None:
    for op in function.walk():
        if op.name.startswith("linalg.") or isinstance(op, npu.GroupOp):
            raise UserError(
                f"{place(op)}"
                f"@{function.sym_name.data}: {op.name} stands outside of all kernels; expected a "
                "module as npu-tile leaves it; run npu-group, npu-map and npu-tile first"
            )


def loops_of(op: scf.ForOp | npu.ParallelOp) -> list[Loop]:
    """The loop, or the dimensions of an `npu.parallel`, outermost first."""
    body = op.body.block
    if isinstance(op, npu.ParallelOp):
        return [
            Loop(iv, lower, upper, step, PARALLEL, body)
            for iv, (lower, upper, step) in zip(body.args, op.bounds, strict=True)
        ]
    lower, upper, step = (_constant(op, bound) for bound in (op.lb, op.ub, op.step))
    if step < 1 or op.iter_args:
        raise _refused(op, "has a step below 1 or loop-carried values")
    return [Loop(body.args[0], lower, upper, step, _kind(op), body)]


def enclosing_loops(op: Operation) -> list[Loop]:
    """The loops around an operation within its kernel, outermost first."""
    loops: list[Loop] = []
    parent = op.parent_op()
    while parent is not None and not isinstance(parent, npu.KernelOp):
        if isinstance(parent, scf.ForOp | npu.ParallelOp):
            loops = loops_of(parent) + loops
        parent = parent.parent_op()
    return loops


def kernel_name(op: Operation) -> str:
    """The name of the kernel around an operation, for messages."""
    kernel = kernel_around(op)
    return "?" if kernel is None else kernel.sym_name.data


def kernel_around(op: Operation) -> npu.KernelOp | None:
    """The kernel that an operation is, or stands in; None outside of all kernels."""
    parent: Operation | None = op
    while parent is not None and not isinstance(parent, npu.KernelOp):
        parent = parent.parent_op()
    return parent


def _kind(op: scf.ForOp) -> str:
    """What `npu.iteration` says; empty where nothing is known."""
    attribute = op.attributes.get(ITERATION)
    if attribute is None:
        return ""
    if not isinstance(attribute, StringAttr) or attribute.data not in (PARALLEL, REDUCTION, PIECE):
        raise _refused(op, f"has {ITERATION} = {attribute}", f'"{PARALLEL}" or "{REDUCTION}"')
    return attribute.data


def _constant(loop: scf.ForOp, value: SSAValue) -> int:
    owner = value.owner
    if isinstance(owner, arith.ConstantOp) and isinstance(owner.value, IntegerAttr):
        return owner.value.value.data
    raise _refused(loop, "has a bound or step that is not an arith.constant")


def _refused(
    loop: scf.ForOp, problem: str, expected: str = "constant bounds, a positive step, no iter_args"
) -> UserError:
    return UserError(
        f"kernel '{kernel_name(loop)}': an scf.for {problem}; expected {expected} "
        "(docs/design.md section 4, rule 2)"
    )
