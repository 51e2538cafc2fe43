"""The typed face of llvmlite's IR builder: scalable vectors, intrinsics, loops.

llvmlite carries no type hints, so everything that passes through it is `Any` here, once, under the
names `Value`, `Type`, `Builder` and `Function`; the rest of the room stays fully typed.
"""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any, TypeAlias

import llvmlite.ir as llvmlite_ir

ir: Any = llvmlite_ir

Value: TypeAlias = Any
Type: TypeAlias = Any
Builder: TypeAlias = Any
Function: TypeAlias = Any
Module: TypeAlias = Any
Constant: Any = ir.Constant

I1: Type = ir.IntType(1)
I8: Type = ir.IntType(8)
I16: Type = ir.IntType(16)
I32: Type = ir.IntType(32)
I64: Type = ir.IntType(64)
F16: Type = ir.HalfType()
F32: Type = ir.FloatType()
F64: Type = ir.DoubleType()
VOID: Type = ir.VoidType()
POINTER: Type = ir.PointerType()


class BFloatType(ir.Type):
    """`bfloat`, which llvmlite does not know."""

    null = "0.0"
    intrinsic_name = "bf16"

    def _to_string(self) -> str:
        return "bfloat"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BFloatType)

    def __hash__(self) -> int:
        return hash(BFloatType)


BF16: Type = BFloatType()


class ScalableVectorType(ir.Type):
    """``<vscale x count x element>``: `count` elements for every 64 bits of VLEN and LMUL share."""

    null = "zeroinitializer"

    def __init__(self, element: Type, count: int) -> None:
        self.element = element
        self.count = count

    def _to_string(self) -> str:
        return f"<vscale x {self.count} x {self.element}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ScalableVectorType):
            return False
        return (self.element, self.count) == (other.element, other.count)

    def __hash__(self) -> int:
        return hash((ScalableVectorType, str(self)))


def i64(value: int) -> Value:
    """A 64-bit constant."""
    return Constant(I64, value)


def f32(value: float) -> Value:
    """A single-precision constant, rounded to nearest even from `value`."""
    return Constant(F32, value)


def f64(value: float) -> Value:
    """A double-precision constant."""
    return Constant(F64, value)


def undefined(type_: Type) -> Value:
    """An undefined value of `type_`: the "tail and masked-off lanes may hold anything" operand."""
    return Constant(type_, ir.Undefined)


def mangle(type_: Type) -> str:
    """The suffix that `type_` adds to an overloaded intrinsic's name, such as ``nxv8f32``."""
    if isinstance(type_, ScalableVectorType):
        return f"nxv{type_.count}{mangle(type_.element)}"
    return str(type_.intrinsic_name)


def call_intrinsic(
    builder: Builder, name: str, result: Type, overloads: Sequence[Type], args: Sequence[Value]
) -> Value:
    """Calls ``@llvm.<name>`` with the suffixes of `overloads`, declaring it at its first use."""
    full = ".".join(["llvm", name, *map(mangle, overloads)])
    return call_external(builder, full, result, args)


def call_external(builder: Builder, name: str, result: Type, args: Sequence[Value]) -> Value:
    """Calls the function `name`, declaring it in the module at its first use."""
    module = builder.module
    callee = module.globals.get(name)
    if callee is None:
        signature = ir.FunctionType(result, [a.type for a in args])
        callee = ir.Function(module, signature, name)
    return builder.call(callee, list(args))


def new_function(module: Module, name: str, parameters: Sequence[str]) -> tuple[Function, Builder]:
    """A void function of i64 `parameters`, never inlined, and a builder at its first block."""
    function = ir.Function(module, ir.FunctionType(VOID, [I64] * len(parameters)), name)
    function.attributes.add("noinline")
    function.attributes.add("nounwind")
    for argument, parameter in zip(function.args, parameters, strict=True):
        argument.name = parameter
    return function, ir.IRBuilder(function.append_basic_block("entry"))


def pointer(builder: Builder, address: Value) -> Value:
    """The byte address as a pointer."""
    return builder.inttoptr(address, POINTER)


def side_by_side(builder: Builder, emitters: Sequence[Callable[[], Value]]) -> list[Value]:
    """Runs independent emitters of straight-line code and puts their instructions in turn.

    An in-order processor then finds an instruction of another emitter where one would wait for the
    one before it. Returns what each emitter returned.
    """
    block = builder.block
    start = len(block.instructions)
    results: list[Value] = []
    pieces: list[list[Value]] = []
    for emit in emitters:
        before = len(block.instructions)
        results.append(emit())
        assert builder.block is block, "straight-line code only"
        pieces.append(block.instructions[before:])
    rounds = zip_longest(*pieces)
    block.instructions[start:] = [i for turn in rounds for i in turn if i is not None]
    return results


def loop(
    builder: Builder,
    start: Value,
    end: Value,
    carried: Sequence[Value],
    iterate: Callable[..., tuple[Value, Sequence[Value]]],
    name: str,
) -> list[Value]:
    """``for (i = start; i < end; i += step)``, signed, tested before the first iteration.

    `iterate(i, *carried)` emits one iteration and returns its step and the next carried values.
    Returns the carried values after the last iteration.
    """
    entry = builder.block
    head = builder.append_basic_block(f"{name}.head")
    inside = builder.append_basic_block(f"{name}.body")
    leave = builder.append_basic_block(f"{name}.exit")
    builder.branch(head)
    builder.position_at_end(head)
    phis = [builder.phi(value.type) for value in (start, *carried)]
    for phi, value in zip(phis, (start, *carried), strict=True):
        phi.add_incoming(value, entry)
    builder.cbranch(builder.icmp_signed("<", phis[0], end), inside, leave)
    builder.position_at_end(inside)
    step, following = iterate(*phis)
    bumped = builder.add(phis[0], step)
    for phi, value in zip(phis, (bumped, *following), strict=True):
        phi.add_incoming(value, builder.block)
    builder.branch(head)
    builder.position_at_end(leave)
    return phis[1:]


def counted_loop(
    builder: Builder,
    start: Value,
    end: Value,
    step: Value,
    carried: Sequence[Value],
    body: Callable[..., Sequence[Value]],
    name: str = "loop",
) -> list[Value]:
    """`loop` with a fixed step; `body(i, *carried)` returns the next carried values."""

    def iterate(*values: Value) -> tuple[Value, Sequence[Value]]:
        return step, body(*values)

    return loop(builder, start, end, carried, iterate, name)
