"""`npu.kernel` -> one LLVM function: loops, views, DMA, array calls and tile function calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from math import prod
from typing import cast

from xdsl.dialects import affine, arith, memref, scf
from xdsl.dialects.builtin import DYNAMIC_INDEX, IntegerAttr, i1
from xdsl.ir import Block, Operation, SSAValue

from npu.codegen.debug_info import NoDebugInfo
from npu.codegen.device import MATMUL, PRELOAD, function_name
from npu.codegen.dma import descriptor_slot, transfer, wait
from npu.codegen.image import SPAD_BASE
from npu.codegen.index_math import evaluate_map, minimum
from npu.codegen.llvm_ir import (
    I1,
    I64,
    VOID,
    Builder,
    Constant,
    Module,
    Value,
    call_external,
    counted_loop,
    i64,
    new_function,
)
from npu.codegen.view import View, memref_type, static_view, subview
from npu.dialects.npu import (
    AllocOp,
    ComputeOp,
    DmaLoadOp,
    DmaOp,
    DmaStoreOp,
    KernelOp,
    MatmulOp,
    ParallelOp,
    PreloadOp,
    ReturnOp,
    WaitOp,
    YieldOp,
)


@dataclass
class KernelBuilder:
    """The state of one kernel's translation: where to emit, and what each value became."""

    builder: Builder
    core: Value
    cores: Value
    debug: NoDebugInfo
    values: dict[SSAValue, Value] = field(default_factory=dict[SSAValue, Value])
    views: dict[SSAValue, View] = field(default_factory=dict[SSAValue, View])
    tags: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])

    def value(self, ssa: SSAValue) -> Value:
        """The index or condition that `ssa` became."""
        return self.values[ssa]

    def block(self, block: Block) -> None:
        """Emits the operations of `block` in order."""
        for op in block.ops:
            with self.debug.operation(op, self.builder):
                LOWERINGS[type(op)](self, op)


def emit_kernel(module: Module, kernel: KernelOp, debug: NoDebugInfo) -> None:
    """Defines ``void @name(core id, number of cores, DRAM address of each argument)``.

    A core without a work item returns at once. The others run what stands ahead of `npu.parallel`
    once, for all of their items.
    """
    arguments = kernel.body.block.args
    names = ["core", "cores", *(f"arg{i}" for i in range(len(arguments)))]
    function, builder = new_function(module, kernel.sym_name.data, names)
    debug.function(function, builder)
    core, cores, *addresses = function.args
    with builder.if_then(builder.icmp_signed(">=", core, i64(_work_items(kernel)))):
        builder.ret_void()
    state = KernelBuilder(builder, core, cores, debug)
    for argument, address in zip(arguments, addresses, strict=True):
        state.views[argument] = static_view(address, memref_type(argument))
    state.block(kernel.body.block)
    builder.ret_void()


def _work_items(kernel: KernelOp) -> int:
    """How many work items there are to deal out; without `npu.parallel` the whole kernel is one."""
    loops = [op for op in kernel.body.block.ops if isinstance(op, ParallelOp)]
    return prod(_trip_counts(loops[0])) if loops else 1


def _trip_counts(op: ParallelOp) -> list[int]:
    """Iterations of each dimension."""
    return [-(-(upper - lower) // step) for lower, upper, step in op.bounds]


def _constant(state: KernelBuilder, op: Operation) -> None:
    assert isinstance(op, arith.ConstantOp)
    attribute = cast("IntegerAttr", op.value)
    type_ = I1 if op.result.type == i1 else I64
    state.values[op.result] = Constant(type_, attribute.value.data)


def _apply(state: KernelBuilder, op: Operation) -> None:
    assert isinstance(op, affine.ApplyOp)
    operands = [state.value(v) for v in op.mapOperands]
    (state.values[op.result],) = evaluate_map(state.builder, op.map.data, operands)


def _min(state: KernelBuilder, op: Operation) -> None:
    assert isinstance(op, affine.MinOp)
    operands = [state.value(v) for v in op.arguments]
    values = evaluate_map(state.builder, op.map.data, operands)
    state.values[op.result] = minimum(state.builder, values)


_SIGNS = ("==", "!=", "<", "<=", ">", ">=", "<", "<=", ">", ">=")
"""arith.cmpi's predicates in the order of their number; the last four are unsigned."""

_FIRST_UNSIGNED = 6


def _cmpi(state: KernelBuilder, op: Operation) -> None:
    assert isinstance(op, arith.CmpiOp)
    number = op.predicate.value.data
    builder = state.builder
    compare = builder.icmp_signed if number < _FIRST_UNSIGNED else builder.icmp_unsigned
    state.values[op.result] = compare(_SIGNS[number], state.value(op.lhs), state.value(op.rhs))


def _ori(state: KernelBuilder, op: Operation) -> None:
    assert isinstance(op, arith.OrIOp)
    state.values[op.result] = state.builder.or_(state.value(op.lhs), state.value(op.rhs))


def _for(state: KernelBuilder, op: Operation) -> None:
    assert isinstance(op, scf.ForOp)
    block = op.body.block

    def body(index: Value) -> Sequence[Value]:
        state.values[block.args[0]] = index
        state.block(block)
        return ()

    lower, upper, step = (state.value(v) for v in (op.lb, op.ub, op.step))
    counted_loop(state.builder, lower, upper, step, (), body, "for")


def _parallel(state: KernelBuilder, op: Operation) -> None:
    """Work items row-major; this core runs items core, core + cores, core + 2 cores, ..."""
    assert isinstance(op, ParallelOp)
    builder, block = state.builder, op.body.block
    counts = _trip_counts(op)

    def body(item: Value) -> Sequence[Value]:
        rest = item
        for (lower, _, step), count, argument in reversed(
            list(zip(op.bounds, counts, block.args, strict=True))
        ):
            position = builder.urem(rest, i64(count))
            rest = builder.udiv(rest, i64(count))
            index = builder.add(i64(lower), builder.mul(position, i64(step)))
            state.values[argument] = index
        state.block(block)
        return ()

    counted_loop(builder, state.core, i64(prod(counts)), state.cores, (), body, "item")


def _alloc(state: KernelBuilder, op: Operation) -> None:
    assert isinstance(op, AllocOp)
    assert op.offset is not None, "checked before code generation"
    address = i64(SPAD_BASE + op.offset.value.data)
    state.views[op.buffer] = static_view(address, memref_type(op.buffer))


def _subview(state: KernelBuilder, op: Operation) -> None:
    assert isinstance(op, memref.SubviewOp)
    state.views[op.result] = subview(state.builder, op, state.views[op.source], state.value)


def _dma(state: KernelBuilder, op: Operation) -> None:
    """Every static transfer has a tag and a descriptor slot of its own."""
    assert isinstance(op, DmaOp)
    state.tags[op.token] = len(state.tags)
    tensor, view = state.views[op.tensor], state.views[op.view]
    indices = None if op.by is None else state.views[op.by.indices]
    slot = descriptor_slot(state.builder)
    transfer(state.builder, op, tensor, view, state.value, indices, slot, state.tags)


def _wait(state: KernelBuilder, op: Operation) -> None:
    assert isinstance(op, WaitOp)
    wait(state.builder, state.tags[op.token])


def _preload(state: KernelBuilder, op: Operation) -> None:
    assert isinstance(op, PreloadOp)
    weights = state.views[op.source]
    *k, n = weights.sizes
    args = [weights.address, i64(weights.byte_strides[-2]), _product(state, k), n]
    name = function_name(PRELOAD, str(memref_type(op.source).element_type))
    call_external(state.builder, name, VOID, args)


def _product(state: KernelBuilder, sizes: Sequence[Value]) -> Value:
    """The product of one or more sizes."""
    return reduce(state.builder.mul, sizes)


def _matmul(state: KernelBuilder, op: Operation) -> None:
    """One call for the rows of the innermost m dimension, in loops over the outer ones."""
    assert isinstance(op, MatmulOp)
    rows, out = state.views[op.rows], state.views[op.accumulator]
    adding = (
        i64(0) if op.accumulate is None else state.builder.zext(state.value(op.accumulate), I64)
    )
    name = function_name(MATMUL, str(memref_type(op.rows).element_type))
    *outer, m = out.sizes[:-1]
    step, k = 1, rows.sizes[-1]
    if op.window_step is not None:
        preload = op.weights.owner
        assert isinstance(preload, PreloadOp)
        step = op.window_step.value.data
        k = _product(state, state.views[preload.source].sizes[:-1])

    def call(rows_address: Value, out_address: Value) -> None:
        args = [
            rows_address,
            i64(step * rows.byte_strides[-2]),
            out_address,
            i64(out.byte_strides[-2]),
            m,
            k,
            out.sizes[-1],
            adding,
        ]
        call_external(state.builder, name, VOID, args)

    def around(dimension: int, rows_address: Value, out_address: Value) -> None:
        if dimension == len(outer):
            call(rows_address, out_address)
            return

        def body(index: Value) -> Sequence[Value]:
            builder = state.builder
            at = [
                builder.add(address, builder.mul(index, i64(view.byte_strides[dimension])))
                for address, view in ((rows_address, rows), (out_address, out))
            ]
            around(dimension + 1, *at)
            return ()

        counted_loop(state.builder, i64(0), outer[dimension], i64(1), (), body, "m")

    around(0, rows.address, out.address)


def _compute(state: KernelBuilder, op: Operation) -> None:
    """Calls the tile function: each operand's address, then each of its dynamic sizes."""
    assert isinstance(op, ComputeOp)
    args: list[Value] = []
    for operand in op.operands:
        view = state.views[operand]
        args.append(view.address)
        shape = memref_type(operand).get_shape()
        args += [s for n, s in zip(shape, view.sizes, strict=True) if n == DYNAMIC_INDEX]
    call_external(state.builder, op.sym_name.data, VOID, args)


def _end(state: KernelBuilder, op: Operation) -> None:
    """Terminators: the enclosing construct emits what follows."""
    del state, op


LOWERINGS: dict[type[Operation], Callable[[KernelBuilder, Operation], None]] = {
    arith.ConstantOp: _constant,
    affine.ApplyOp: _apply,
    affine.MinOp: _min,
    arith.CmpiOp: _cmpi,
    arith.OrIOp: _ori,
    scf.ForOp: _for,
    scf.YieldOp: _end,
    ParallelOp: _parallel,
    AllocOp: _alloc,
    memref.SubviewOp: _subview,
    DmaLoadOp: _dma,
    DmaStoreOp: _dma,
    WaitOp: _wait,
    PreloadOp: _preload,
    MatmulOp: _matmul,
    ComputeOp: _compute,
    YieldOp: _end,
    ReturnOp: _end,
}
"""What may stand in a kernel, and how it is emitted."""
