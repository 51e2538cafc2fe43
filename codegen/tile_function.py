"""`npu.compute` -> one LLVM function of explicit vector code (the ABI is in docs/design.md)."""

from collections.abc import Mapping, Sequence

from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import SSAValue

from npu.codegen.debug_info import NoDebugInfo
from npu.codegen.factor import emit_factor, factors_of
from npu.codegen.fission import parts_of
from npu.codegen.llvm_ir import Builder, Module, Value, i64, new_function
from npu.codegen.lookup import emit_indexed
from npu.codegen.nest_emitter import NestEmitter
from npu.codegen.register_pressure import choose_shape
from npu.codegen.rvv import Rvv
from npu.codegen.scan import ScanEmitter
from npu.codegen.sort import emit_sort, sort_of
from npu.codegen.special import SpecialFunction
from npu.codegen.structured import SizeNumbers, size_numbers, structured
from npu.codegen.view import memref_type
from npu.dialects.factor import is_factor
from npu.dialects.npu import ComputeOp, EndsOp, LookupOp
from npu.dialects.order import is_merge, is_scan, is_sort


def emit_tile_function(
    module: Module,
    op: ComputeOp,
    special: Mapping[str, SpecialFunction],
    vlen: int,
    debug: NoDebugInfo,
) -> None:
    """Defines the function of `op`: its structured operations one after another.

    `vlen` is the bits of a vector register of the machine.
    """
    numbers = size_numbers(op)
    function, builder = new_function(module, op.sym_name.data, _parameter_names(op, numbers))
    debug.function(function, builder)
    addresses: dict[SSAValue, Value] = {}
    sizes: list[Value] = []
    parameters = iter(function.args)
    for argument in op.body.block.args:
        addresses[argument] = next(parameters)
        sizes += [next(parameters) for key in numbers if key[0] is argument]
    for inner in op.body.block.ops:
        if isinstance(inner, LookupOp | EndsOp):
            _indexed(builder, inner, addresses, numbers, sizes, debug)
        if not isinstance(inner, linalg.GenericOp | linalg.FillOp):
            continue
        if is_sort(inner) or is_merge(inner):
            with debug.operation(inner, builder):
                emit_sort(builder, vlen, sort_of(inner, numbers), addresses, sizes)
            continue
        if is_factor(inner):
            with debug.operation(inner, builder):
                emit_factor(builder, factors_of(inner, numbers), addresses, sizes)
            continue
        if is_scan(inner):
            work = structured(inner, numbers, vlen // 32)
            with debug.operation(inner, builder):
                bases = [addresses[operand] for operand in work.operands]
                ScanEmitter(work, builder, vlen, special, sizes).run(bases)
            continue
        for work in parts_of(inner, numbers, vlen // 32):
            shape = choose_shape(work, special, vlen)
            with debug.operation(inner, builder):
                bases = [addresses[operand] for operand in work.operands]
                rvv = Rvv(builder, shape.lmul)
                NestEmitter(work, rvv, vlen, shape.ways, special, sizes).run(bases)
    builder.ret_void()


def _indexed(
    builder: Builder,
    op: LookupOp | EndsOp,
    addresses: Mapping[SSAValue, Value],
    numbers: SizeNumbers,
    sizes: Sequence[Value],
    debug: NoDebugInfo,
) -> None:
    """The code of a lookup, or of the ends, of as many indices as there are."""
    extent = memref_type(op.indices).get_shape()[0]
    key = (op.indices, 0)
    elements = sizes[numbers[key]] if key in numbers else i64(extent)
    with debug.operation(op, builder):
        emit_indexed(builder, op, [addresses[value] for value in op.operands], elements)


def _parameter_names(op: ComputeOp, numbers: SizeNumbers) -> list[str]:
    """A name for each parameter, in the ABI's order."""
    names: list[str] = []
    for position, argument in enumerate(op.body.block.args):
        names.append(f"operand{position}")
        names += [f"size{position}_{key[1]}" for key in numbers if key[0] is argument]
    return names
