"""Everything code generation cannot take, found before any code is made, all of it at once."""

from collections.abc import Iterator

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import ModuleOp, f32, i1
from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import Operation

from npu.codegen.arithmetic import LOWERINGS
from npu.codegen.factor import factors_of
from npu.codegen.integers import ONLY_NUMBERS
from npu.codegen.kernel import LOWERINGS as KERNEL_LOWERINGS
from npu.codegen.lanes import constant_of
from npu.codegen.sort import sort_of
from npu.codegen.structured import UnsupportedError, size_numbers, structured
from npu.codegen.view import memref_type, static_strides
from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.dialects.dram_tensors import element_bytes
from npu.dialects.element_types import HALVES, MULTIPLIED, TAKEN, TAKEN_TEXT
from npu.dialects.factor import is_factor
from npu.dialects.npu import AllocOp, ComputeOp, EndsOp, KernelOp, LookupOp, MatmulOp, PreloadOp
from npu.dialects.order import is_merge, is_sort

MAY_BE_HALVES = (arith.ConstantOp, arith.ExtFOp, arith.TruncFOp, arith.SelectOp)
"""Operations of a body that take or give bf16 or f16."""

IN_COMPUTE = "linalg.generic, linalg.fill, npu.lookup, npu.ends, arith.constant"
"""What may stand in an `npu.compute`."""


def check_module(module: ModuleOp, machine: Machine) -> None:
    """Raises UserError listing every operation of every kernel that has no lowering."""
    problems = [
        f"{kernel.sym_name.data}: {problem}"
        for kernel in module.ops
        if isinstance(kernel, KernelOp)
        for op in kernel.body.block.ops
        for problem in _check(op, machine)
    ]
    if problems:
        listed = "\n".join(f"  {problem}" for problem in dict.fromkeys(problems))
        raise UserError(f"no code can be generated for:\n{listed}")


def _check(op: Operation, machine: Machine) -> Iterator[str]:
    """The problems of an operation of a kernel and of what it contains."""
    if type(op) not in KERNEL_LOWERINGS:
        supported = ", ".join(sorted(t.name for t in KERNEL_LOWERINGS))
        yield f"{op.name} in a kernel; supported are {supported}"
    elif isinstance(op, ComputeOp):
        for problem in _check_compute(op, machine):
            yield f"{op.sym_name.data}: {problem}"
    elif isinstance(op, AllocOp):
        yield from _check_alloc(op, machine)
    elif isinstance(op, PreloadOp | MatmulOp):
        yield from _check_array(op)
    else:
        for region in op.regions:
            for inner in region.block.ops:
                yield from _check(inner, machine)


def _check_alloc(op: AllocOp, machine: Machine) -> Iterator[str]:
    """A buffer must be placed inside the scratchpad."""
    type_ = memref_type(op.buffer)
    if op.offset is None:
        yield f"npu.alloc of {type_} without an offset; run npu-place first"
        return
    end = op.offset.value.data + type_.element_count() * element_bytes(type_)
    if end > machine.spad_bytes:
        yield (
            f"npu.alloc of {type_} ends at byte {end} of a scratchpad of {machine.spad_bytes}; "
            "choose smaller tiles or a machine with more scratchpad"
        )


def _check_array(op: PreloadOp | MatmulOp) -> Iterator[str]:
    """The array's operands have contiguous rows; it multiplies some types, and adds up in f32."""
    for operand in op.operands:
        if not hasattr(operand.type, "get_shape"):
            continue
        type_ = memref_type(operand)
        taken = (f32,) if isinstance(op, MatmulOp) and operand is op.accumulator else MULTIPLIED
        if type_.element_type not in taken or static_strides(type_)[-1] != 1:
            names = " or ".join(map(str, taken))
            yield f"{op.name} on {type_}; expected rows of {names} with an inner stride of 1"


def _check_compute(op: ComputeOp, machine: Machine) -> Iterator[str]:
    """Structured operations on views, with bodies of supported operations."""
    for operand in op.operands:
        type_ = memref_type(operand)
        if type_.element_type not in TAKEN:
            yield f"an operand {type_}; vector code works on {TAKEN_TEXT}"
            return
    for inner in op.body.block.ops:
        if isinstance(inner, linalg.GenericOp):
            yield from _check_body(inner)
        elif not isinstance(inner, linalg.FillOp | arith.ConstantOp | LookupOp | EndsOp):
            if inner is not op.body.block.last_op:
                yield f"{inner.name}; supported are {IN_COMPUTE}"
            continue
        if isinstance(inner, linalg.GenericOp | linalg.FillOp):
            try:
                if is_sort(inner) or is_merge(inner):
                    sort_of(inner, size_numbers(op))
                    continue
                if is_factor(inner):
                    factors_of(inner, size_numbers(op))
                    continue
                structured(inner, size_numbers(op), machine.riscv_vlen_bits // 32)
            except UnsupportedError as error:
                yield f"{inner.name}: {error}"


def _type_problem(op: Operation) -> str | None:
    """What is wrong with the types that an operation of a body works on."""
    types = [value.type for value in (*op.operands, *op.results)]
    odd = next((type_ for type_ in types if type_ not in TAKEN), None)
    if odd is not None and not isinstance(op, arith.ConstantOp | math.FPowIOp):
        return f"on {odd}; vector code works on {TAKEN_TEXT}"
    half = next((type_ for type_ in types if type_ in HALVES), None)
    if half is not None and not isinstance(op, MAY_BE_HALVES):
        return f"on {half}; extend it to f32 ahead of it, and round the result with arith.truncf"
    if isinstance(op, ONLY_NUMBERS) and i1 in types:
        return "of conditions; use arith.andi and arith.ori"
    return None


def _check_body(op: linalg.GenericOp) -> Iterator[str]:
    """Every operation of the body has vector code."""
    for inner in op.body.block.ops:
        if inner is op.body.block.last_op:
            continue
        if type(inner) not in LOWERINGS:
            supported = ", ".join(sorted(t.name for t in LOWERINGS))
            yield f"{inner.name}; supported are {supported}"
        elif problem := _type_problem(inner):
            yield f"{inner.name} {problem}"
        elif isinstance(inner, math.FPowIOp) and constant_of(inner.rhs) is None:
            yield f"{inner.name} whose exponent is not a constant; use math.powf"
