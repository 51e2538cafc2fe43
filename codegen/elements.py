"""Elements as they lie in memory and as registers hold them.

A number is the same in both. A condition (i1) takes a byte in memory, 1 or 0, and is a mask, or a
bit of a scalar, in registers.
"""

from __future__ import annotations

from xdsl.dialects.builtin import f32, i1, i32
from xdsl.ir import Attribute

from npu.codegen.llvm_ir import F32, I1, I8, I32, Constant, Type, Value
from npu.codegen.rvv import Rvv

IN_MEMORY: dict[Attribute, Type] = {f32: F32, i32: I32, i1: I8}
"""What an element of each type is in memory."""


def load(rvv: Rvv, element: Attribute, address: Value, stride: int, vl: Value) -> Value:
    """vl elements from the pointer `address`, `stride` bytes apart."""
    lanes = rvv.load(address, stride, vl, IN_MEMORY[element])
    return rvv.compare("vmsne", lanes, Constant(I8, 0), vl) if element == i1 else lanes


def store(
    rvv: Rvv, element: Attribute, value: Value, address: Value, stride: int, vl: Value
) -> None:
    """Stores vl elements at the pointer `address`, `stride` bytes apart."""
    if element == i1:
        value = rvv.merge(rvv.splat(Constant(I8, 0), vl), Constant(I8, 1), value, vl)
    rvv.store(value, address, stride, vl)


def load_one(rvv: Rvv, element: Attribute, address: Value) -> Value:
    """The element at the pointer `address`, as a scalar."""
    number = rvv.builder.load(address, typ=IN_MEMORY[element])
    if element != i1:
        return number
    return rvv.builder.icmp_unsigned("!=", number, Constant(I8, 0))


def store_one(rvv: Rvv, element: Attribute, value: Value, address: Value) -> None:
    """Stores a scalar at the pointer `address`."""
    rvv.builder.store(rvv.builder.zext(value, I8) if element == i1 else value, address)


def zero(element: Attribute) -> Value:
    """The scalar 0 of a type, as registers hold it."""
    return Constant(I1 if element == i1 else IN_MEMORY[element], 0)
