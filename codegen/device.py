"""The device library: functions every module gets once, that drive the systolic array.

Both walk rows in strips of as many elements as the vector unit takes at once, so they fit every
array size and every VLEN. Rows that lie one behind the other in memory are pushed as one long row:
the array counts elements, not instructions.

An operation with a size of 0 or less does nothing at all: it is a piece past the end of a partial
tile, and its weights and its matmul are empty together.
"""

from collections.abc import Callable, Sequence

from npu.codegen.llvm_ir import (
    I64,
    VOID,
    Builder,
    Module,
    Type,
    Value,
    call_intrinsic,
    counted_loop,
    i64,
    new_function,
    pointer,
)
from npu.codegen.rvv import Rvv
from npu.dialects.isa import BY_NAME, Vcix

PRELOAD = "npu_preload"
"""``(address, row stride in bytes, k, n)``: gives the array a k x n weight tile."""

MATMUL = "npu_matmul"
"""``(rows address, rows stride, results address, results stride, m, k, n, accumulate)``: streams m
rows of k elements and stores, or adds to what is there (`accumulate` not 0), m result rows of n."""

DMA_STUBS = ("npu.dma.load", "npu.dma.store", "npu.dma.wait", "npu.dma.after")
"""Instructions LLVM does not know: calls of functions that the linker supplies."""

_SEW, _LMUL_1 = 32, 0
_BYTES = 4
"""Of an f32: what the arrays take and give."""


def add_device_library(module: Module) -> None:
    """Defines `PRELOAD` and `MATMUL` in `module`."""
    _define_preload(module)
    _define_matmul(module)


def _vcix(name: str) -> Vcix:
    """How LLVM spells the instruction `name`."""
    spelling = BY_NAME[name].vcix
    assert spelling is not None, name
    return spelling


def _configure(builder: Builder, k: Value, n: Value) -> None:
    """npu.array.config: a new tile of k rows x n columns."""
    shape = builder.or_(k, builder.shl(n, i64(32)))
    spelling = _vcix("npu.array.config")
    fixed = [i64(spelling.opcode), i64(0), i64(0)]
    args = [*fixed, shape, i64(_SEW), i64(_LMUL_1), i64(1)]
    call_intrinsic(builder, f"riscv.{spelling.intrinsic}", VOID, [I64, I64, I64], args)


def _push(rvv: Rvv, name: str, vector: Value, vl: Value) -> None:
    """npu.array.wpush or npu.array.push of vl elements."""
    spelling = _vcix(name)
    args = [i64(spelling.opcode), i64(0), vector, i64(spelling.imm), vl]
    overloads: list[Type] = [I64, rvv.vector, I64, I64]
    call_intrinsic(rvv.builder, f"riscv.{spelling.intrinsic}", VOID, overloads, args)


def _pop(rvv: Rvv, vl: Value) -> Value:
    """npu.array.pop: the next vl result elements."""
    spelling = _vcix("npu.array.pop")
    args = [i64(spelling.opcode), i64(0), i64(spelling.imm), vl]
    overloads: list[Type] = [rvv.vector, I64, I64]
    return call_intrinsic(rvv.builder, f"riscv.{spelling.intrinsic}", rvv.vector, overloads, args)


def _define_preload(module: Module) -> None:
    """`PRELOAD`."""
    function, builder = new_function(module, PRELOAD, ["weights", "stride", "k", "n"])
    weights, stride, k, n = function.args
    _return_if_none(builder, k, n)
    rvv = Rvv(builder, 8)
    _configure(builder, k, n)

    def push(address: Value, vl: Value) -> None:
        _push(rvv, "npu.array.wpush", rvv.load(address, _BYTES, vl), vl)

    _for_each_strip(rvv, weights, stride, k, n, push)
    builder.ret_void()


def _define_matmul(module: Module) -> None:
    """`MATMUL`."""
    names = ["rows", "rows_stride", "out", "out_stride", "m", "k", "n", "accumulate"]
    function, builder = new_function(module, MATMUL, names)
    rows, rows_stride, out, out_stride, m, k, n, accumulate = function.args
    _return_if_none(builder, m, k, n)
    rvv = Rvv(builder, 8)

    def push(address: Value, vl: Value) -> None:
        _push(rvv, "npu.array.push", rvv.load(address, _BYTES, vl), vl)

    def overwrite(address: Value, vl: Value) -> None:
        rvv.store(_pop(rvv, vl), address, _BYTES, vl)

    def add(address: Value, vl: Value) -> None:
        total = rvv.binary("vfadd", rvv.load(address, _BYTES, vl), _pop(rvv, vl), vl)
        rvv.store(total, address, _BYTES, vl)

    _for_each_strip(rvv, rows, rows_stride, m, k, push)
    with builder.if_else(builder.icmp_signed("!=", accumulate, i64(0))) as (adding, fresh):
        with adding:
            _for_each_strip(rvv, out, out_stride, m, n, add)
        with fresh:
            _for_each_strip(rvv, out, out_stride, m, n, overwrite)
    builder.ret_void()


def _return_if_none(builder: Builder, *sizes: Value) -> None:
    """Returns from the function where a size is not positive: an empty piece, nothing to do."""
    for size in sizes:
        with builder.if_then(builder.icmp_signed("<=", size, i64(0))):
            builder.ret_void()


def _for_each_strip(
    rvv: Rvv,
    base: Value,
    stride: Value,
    rows: Value,
    columns: Value,
    visit: Callable[[Value, Value], None],
) -> None:
    """Calls `visit(pointer, vl)` on every strip of `rows` x `columns` f32, row-major."""
    builder = rvv.builder
    dense = builder.icmp_signed("==", stride, builder.mul(columns, i64(_BYTES)))
    row_count = builder.select(dense, i64(1), rows)
    row_length = builder.select(dense, builder.mul(rows, columns), columns)

    def row(index: Value) -> Sequence[Value]:
        start = builder.add(base, builder.mul(index, stride))

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            visit(pointer(builder, builder.add(start, builder.mul(done, i64(_BYTES)))), vl)
            return ()

        return rvv.strips(row_length, (), strip)

    counted_loop(builder, i64(0), row_count, i64(1), (), row, "row")
