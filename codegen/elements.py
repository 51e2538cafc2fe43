"""Elements as they lie in memory and as registers hold them.

A number of 32 bits is the same in both. A condition (i1) takes a byte in memory, 1 or 0, and is a
mask, or a bit of a scalar, in registers. A float of two bytes (bf16, f16) is the f32 of its value
there: widened as it is loaded, and rounded where it is made (`rounded`), so that a store is exact.
"""

from __future__ import annotations

from xdsl.dialects.builtin import bf16, f16, f32, i1, i32
from xdsl.ir import Attribute

from npu.codegen.llvm_ir import BF16, F16, F32, I1, I8, I32, Constant, Type, Value
from npu.codegen.rvv import Rvv
from npu.dialects.element_types import HALVES

IN_MEMORY: dict[Attribute, Type] = {f32: F32, i32: I32, i1: I8, bf16: BF16, f16: F16}
"""What an element of each type is in memory."""


def load(rvv: Rvv, element: Attribute, address: Value, stride: int, vl: Value) -> Value:
    """vl elements from the pointer `address`, `stride` bytes apart."""
    lanes = rvv.load(address, stride, vl, IN_MEMORY[element])
    if element in HALVES:
        return _widened(rvv, element, lanes, vl)
    return rvv.compare("vmsne", lanes, Constant(I8, 0), vl) if element == i1 else lanes


def store(
    rvv: Rvv, element: Attribute, value: Value, address: Value, stride: int, vl: Value
) -> None:
    """Stores vl elements at the pointer `address`, `stride` bytes apart."""
    if element == i1:
        value = rvv.merge(rvv.splat(Constant(I8, 0), vl), Constant(I8, 1), value, vl)
    elif element in HALVES:
        value = _narrowed(rvv, element, value, vl)
    rvv.store(value, address, stride, vl)


_NARROW = {bf16: "vfncvtbf16.f.f.w", f16: "vfncvt.f.f.w"}
_WIDEN = {bf16: "vfwcvtbf16.f.f.v", f16: "vfwcvt.f.f.v"}


def rounded(rvv: Rvv, element: Attribute, value: Value, vl: Value) -> Value:
    """f32 (lanes or a scalar) rounded to what bf16 or f16 can hold."""
    if value.type == F32:
        return rvv.builder.fpext(rvv.builder.fptrunc(value, IN_MEMORY[element]), F32)
    return _widened(rvv, element, _narrowed(rvv, element, value, vl), vl)


def _narrowed(rvv: Rvv, element: Attribute, value: Value, vl: Value) -> Value:
    """The halves of vl lanes; those that the lanes were widened from, if they were."""
    group = rvv.group(IN_MEMORY[element])
    halves, length = getattr(value, _HALVES, (None, None))
    if halves is not None and halves.type == group and length is vl:
        return halves
    return rvv.unary(_NARROW[element], value, vl, group)


def _widened(rvv: Rvv, element: Attribute, halves: Value, vl: Value) -> Value:
    """The f32 of vl halves, with a note of what it was made from."""
    wide = rvv.unary(_WIDEN[element], halves, vl)
    setattr(wide, _HALVES, (halves, vl))
    return wide


_HALVES = "npu_halves"
"""The note on an instruction: the halves that it widens, and vl."""


def load_one(rvv: Rvv, element: Attribute, address: Value) -> Value:
    """The element at the pointer `address`, as a scalar."""
    number = rvv.builder.load(address, typ=IN_MEMORY[element])
    if element in HALVES:
        return rvv.builder.fpext(number, F32)
    if element != i1:
        return number
    return rvv.builder.icmp_unsigned("!=", number, Constant(I8, 0))


def store_one(rvv: Rvv, element: Attribute, value: Value, address: Value) -> None:
    """Stores a scalar at the pointer `address`."""
    if element == i1:
        value = rvv.builder.zext(value, I8)
    elif element in HALVES:
        value = rvv.builder.fptrunc(value, IN_MEMORY[element])
    rvv.builder.store(value, address)


def zero(element: Attribute) -> Value:
    """The scalar 0 of a type, as registers hold it."""
    in_registers = {i1: I1, **dict.fromkeys(HALVES, F32)}
    return Constant(in_registers.get(element, IN_MEMORY[element]), 0)
