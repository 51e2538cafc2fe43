"""The device library: functions every module gets once, that drive the systolic array.

Both walk rows in strips of as many elements as the vector unit takes at once, so they fit every
array size and every VLEN. Rows that lie one behind the other in memory are pushed as one long row:
the array counts elements, not instructions.

An operation with a size of 0 or less does nothing at all: it is a piece past the end of a partial
tile, and its weights and its matmul are empty together.
"""

from collections.abc import Callable, Sequence

from npu.codegen.llvm_ir import (
    F32,
    I16,
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
from npu.dialects.isa import ARRAY_TYPE_SHIFT, ARRAY_TYPES, BY_NAME, Vcix

PRELOAD = "npu_preload"
"""``(address, row stride in bytes, k, n)``: gives the array a k x n weight tile. Of other
types than f32 the name has the type behind it (`function_name`)."""

MATMUL = "npu_matmul"
"""``(rows address, rows stride, results address, results stride, m, k, n, accumulate)``: streams m
rows of k elements and stores, or adds to what is there (`accumulate` not 0), m result rows of n."""

DMA_STUBS = ("npu.dma.load", "npu.dma.store", "npu.dma.wait", "npu.dma.after")
"""Instructions LLVM does not know: calls of functions that the linker supplies."""

_SEW, _LMUL_1 = 32, 0
_F32_BYTES = 4
"""Of what the arrays give."""

_PUSHED: dict[str, tuple[Type, int]] = {"f32": (F32, 4), "bf16": (I16, 2), "f16": (I16, 2)}
"""What elements of each type are in vector registers ahead of the arrays, and their bytes."""


def add_device_library(module: Module) -> None:
    """Defines `PRELOAD` and `MATMUL` of every type in `module`."""
    for name in ARRAY_TYPES:
        _define_preload(module, name)
        _define_matmul(module, name)


def function_name(base: str, element: str) -> str:
    """The name of `PRELOAD` or `MATMUL` for elements of a type."""
    return base if element == "f32" else f"{base}_{element}"


def _vcix(name: str) -> Vcix:
    """How LLVM spells the instruction `name`."""
    spelling = BY_NAME[name].vcix
    assert spelling is not None, name
    return spelling


def _configure(builder: Builder, k: Value, n: Value, element: str) -> None:
    """npu.array.config: a new tile of k rows x n columns of a type."""
    shape = builder.or_(k, builder.shl(n, i64(32)))
    number = ARRAY_TYPES.index(element) << ARRAY_TYPE_SHIFT
    if number:
        shape = builder.or_(shape, i64(number))
    spelling = _vcix("npu.array.config")
    fixed = [i64(spelling.opcode), i64(0), i64(0)]
    args = [*fixed, shape, i64(_SEW), i64(_LMUL_1), i64(1)]
    call_intrinsic(builder, f"riscv.{spelling.intrinsic}", VOID, [I64, I64, I64], args)


def _push(rvv: Rvv, name: str, vector: Value, vl: Value) -> None:
    """npu.array.wpush or npu.array.push of vl elements."""
    spelling = _vcix(name)
    args = [i64(spelling.opcode), i64(0), vector, i64(spelling.imm), vl]
    overloads: list[Type] = [I64, vector.type, I64, I64]
    call_intrinsic(rvv.builder, f"riscv.{spelling.intrinsic}", VOID, overloads, args)


def _pop(rvv: Rvv, vl: Value) -> Value:
    """npu.array.pop: the next vl result elements."""
    spelling = _vcix("npu.array.pop")
    args = [i64(spelling.opcode), i64(0), i64(spelling.imm), vl]
    overloads: list[Type] = [rvv.vector, I64, I64]
    return call_intrinsic(rvv.builder, f"riscv.{spelling.intrinsic}", rvv.vector, overloads, args)


def _define_preload(module: Module, element: str) -> None:
    """`PRELOAD` of a type."""
    name, (pushed, size) = function_name(PRELOAD, element), _PUSHED[element]
    function, builder = new_function(module, name, ["weights", "stride", "k", "n"])
    weights, stride, k, n = function.args
    _return_if_none(builder, k, n)
    rvv = Rvv(builder, 8)
    _configure(builder, k, n, element)

    def push(address: Value, vl: Value) -> None:
        _push(rvv, "npu.array.wpush", rvv.load(address, size, vl, pushed), vl)

    _for_each_strip(rvv, weights, stride, (k, n, size), push)
    builder.ret_void()


def _define_matmul(module: Module, element: str) -> None:
    """`MATMUL` of a type."""
    pushed, size = _PUSHED[element]
    names = ["rows", "rows_stride", "out", "out_stride", "m", "k", "n", "accumulate"]
    function, builder = new_function(module, function_name(MATMUL, element), names)
    rows, rows_stride, out, out_stride, m, k, n, accumulate = function.args
    _return_if_none(builder, m, k, n)
    rvv = Rvv(builder, 8)

    def push(address: Value, vl: Value) -> None:
        _push(rvv, "npu.array.push", rvv.load(address, size, vl, pushed), vl)

    def overwrite(address: Value, vl: Value) -> None:
        rvv.store(_pop(rvv, vl), address, _F32_BYTES, vl)

    def add(address: Value, vl: Value) -> None:
        total = rvv.binary("vfadd", rvv.load(address, _F32_BYTES, vl), _pop(rvv, vl), vl)
        rvv.store(total, address, _F32_BYTES, vl)

    _for_each_strip(rvv, rows, rows_stride, (m, k, size), push)
    with builder.if_else(builder.icmp_signed("!=", accumulate, i64(0))) as (adding, fresh):
        with adding:
            _for_each_strip(rvv, out, out_stride, (m, n, _F32_BYTES), add)
        with fresh:
            _for_each_strip(rvv, out, out_stride, (m, n, _F32_BYTES), overwrite)
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
    sizes: tuple[Value, Value, int],
    visit: Callable[[Value, Value], None],
) -> None:
    """Calls `visit(pointer, vl)` on every strip of elements, row-major.

    `sizes` are rows, columns and the bytes of an element.
    """
    builder, (rows, columns, size) = rvv.builder, sizes
    dense = builder.icmp_signed("==", stride, builder.mul(columns, i64(size)))
    row_count = builder.select(dense, i64(1), rows)
    row_length = builder.select(dense, builder.mul(rows, columns), columns)

    def row(index: Value) -> Sequence[Value]:
        start = builder.add(base, builder.mul(index, stride))

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            visit(pointer(builder, builder.add(start, builder.mul(done, i64(size)))), vl)
            return ()

        return rvv.strips(row_length, (), strip)

    counted_loop(builder, i64(0), row_count, i64(1), (), row, "row")
