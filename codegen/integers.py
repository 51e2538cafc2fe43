"""Integers of 32 bits on lanes, and conversions between numbers, integers and conditions.

Arithmetic wraps around. A condition counts as 1 (as -1 where the conversion is signed), and its
arithmetic is that of one bit. A float beyond 32 bits, or NaN, converts to anything.
"""

from __future__ import annotations

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import i1
from xdsl.ir import Operation

from npu.codegen.lanes import Lanes, Lowering, Opposite, is_vector
from npu.codegen.llvm_ir import F32, I1, I32, I64, Constant, Value, call_intrinsic, f32

_VECTOR_PREDICATES = {
    "eq": ("vmseq", "vmseq"), "ne": ("vmsne", "vmsne"),
    "slt": ("vmslt", "vmsgt"), "ult": ("vmsltu", "vmsgtu"),
    "sle": ("vmsle", None), "ule": ("vmsleu", None),
}  # fmt: skip
"""The comparison, and the one with left and right exchanged where that is an instruction."""

_PREDICATES = ("eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge")
"""arith.cmpi's predicates in the order of their number."""

_EXCHANGED = {"sgt": "slt", "sge": "sle", "ugt": "ult", "uge": "ule"}

_OPPOSITE = {"sle": "slt", "ule": "ult"}
"""Of `c <= x`: that not `x < c`."""

_SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def _is_condition(op: Operation) -> bool:
    """Whether an operation works on conditions."""
    return op.operands[-1].type == i1


def commutative(instruction: str, scalar: str, of_masks: str | None = None) -> Lowering:
    """An instruction whose operands may change places; of conditions that of masks."""

    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        left, right = operands
        if not is_vector(left):
            left, right = right, left
        if not is_vector(left):
            return getattr(lanes.rvv.builder, scalar)(left, right)
        if _is_condition(op):
            assert of_masks is not None, op
            return lanes.rvv.mask_logic(of_masks, lanes.mask(left), lanes.mask(right), lanes.vl)
        return lanes.rvv.binary(instruction, left, right, lanes.vl)

    return lower


def _subtract(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    left, right = operands
    rvv = lanes.rvv
    if not is_vector(left) and not is_vector(right):
        return rvv.builder.sub(left, right)
    if _is_condition(op):
        return rvv.mask_logic("vmxor", lanes.mask(left), lanes.mask(right), lanes.vl)
    if is_vector(left):
        return rvv.binary("vsub", left, right, lanes.vl)
    return rvv.binary("vrsub", right, left, lanes.vl)


def _extremum(instruction: str, sign: str) -> Lowering:
    """maxsi, minsi."""

    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        del op
        left, right = operands
        if not is_vector(left):
            left, right = right, left
        builder = lanes.rvv.builder
        if not is_vector(left):
            return builder.select(builder.icmp_signed(sign, left, right), left, right)
        return lanes.rvv.binary(instruction, left, right, lanes.vl)

    return lower


def _absolute(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    """absi: the larger of the value and its negative; of the lowest integer, itself."""
    (value,) = operands
    negative = _subtract(lanes, op, [Constant(I32, 0), value])
    return _extremum("vmax", ">")(lanes, op, [value, negative])


def _divide(instruction: str, scalar: str) -> Lowering:
    """divsi, remsi: towards zero; by 0 anything."""

    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        del op
        left, right = operands
        if not is_vector(left) and not is_vector(right):
            return getattr(lanes.rvv.builder, scalar)(left, right)
        return lanes.rvv.binary(instruction, lanes.vector(left), right, lanes.vl)

    return lower


def _shift(instruction: str, scalar: str) -> Lowering:
    """shli, shrsi, shrui: by less than 32 bits; by more, anything."""

    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        del op
        left, right = operands
        builder = lanes.rvv.builder
        if is_vector(left) or is_vector(right):
            by = right if is_vector(right) else builder.zext(right, I64)
            return lanes.rvv.binary(instruction, lanes.vector(left), by, lanes.vl)
        return getattr(builder, scalar)(left, right)

    return lower


def _cmpi(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    assert isinstance(op, arith.CmpiOp)
    predicate = _PREDICATES[op.predicate.value.data]
    left, right = operands
    if not is_vector(left) and not is_vector(right):
        return _compare_scalars(lanes, predicate, left, right)
    if not _is_condition(op):
        return _compare(lanes, predicate, left, right)
    if predicate in ("eq", "ne"):
        logic = "vmxnor" if predicate == "eq" else "vmxor"
        return lanes.rvv.mask_logic(logic, lanes.mask(left), lanes.mask(right), lanes.vl)
    true = -1 if predicate.startswith("s") else 1
    sides = [choose(lanes, value, Constant(I32, true), Constant(I32, 0)) for value in operands]
    return _compare(lanes, predicate, *sides)


def _compare_scalars(lanes: Lanes, predicate: str, left: Value, right: Value) -> Value:
    builder = lanes.rvv.builder
    compare = builder.icmp_unsigned if predicate.startswith("u") else builder.icmp_signed
    return compare(_SIGNS[predicate[-2:]], left, right)


def _compare(lanes: Lanes, predicate: str, left: Value, right: Value) -> Value:
    """A mask; at least one side is a vector."""
    if predicate in _EXCHANGED:
        predicate, left, right = _EXCHANGED[predicate], right, left
    name, turned = _VECTOR_PREDICATES[predicate]
    if is_vector(left):
        return lanes.rvv.compare(name, left, right, lanes.vl)
    if turned is None:
        return Opposite(_compare(lanes, _OPPOSITE[predicate], right, left))
    return lanes.rvv.compare(turned, right, left, lanes.vl)


def choose(lanes: Lanes, condition: Value, chosen: Value, otherwise: Value) -> Value:
    """One of two scalars by a condition, which may be a mask."""
    if not is_vector(condition):
        return lanes.rvv.builder.select(condition, chosen, otherwise)
    if isinstance(condition, Opposite):
        return choose(lanes, condition.mask, otherwise, chosen)
    spread = lanes.rvv.splat(otherwise, lanes.vl)
    return lanes.rvv.merge(spread, chosen, condition, lanes.vl)


def _to_float(*, signed: bool) -> Lowering:
    """sitofp, uitofp."""

    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        (value,) = operands
        if _is_condition(op):
            return choose(lanes, value, f32(-1.0 if signed else 1.0), f32(0.0))
        builder = lanes.rvv.builder
        if is_vector(value):
            name = "vfcvt.f.x.v" if signed else "vfcvt.f.xu.v"
            return lanes.rvv.unary(name, value, lanes.vl, lanes.rvv.vector)
        return builder.sitofp(value, F32) if signed else builder.uitofp(value, F32)

    return lower


def _to_integer(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    """fptosi: rounds towards zero."""
    del op
    (value,) = operands
    if is_vector(value):
        return lanes.rvv.unary("vfcvt.rtz.x.f.v", value, lanes.vl, lanes.rvv.integers)
    return call_intrinsic(lanes.rvv.builder, "fptosi.sat", I32, [I32, F32], [value])


def _extend(true: int) -> Lowering:
    """extui, extsi of a condition."""

    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        del op
        return choose(lanes, operands[0], Constant(I32, true), Constant(I32, 0))

    return lower


def _truncate(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    """trunci to a condition: the lowest bit."""
    del op
    (value,) = operands
    if not is_vector(value):
        return lanes.rvv.builder.trunc(value, I1)
    bit = lanes.rvv.binary("vand", value, Constant(I32, 1), lanes.vl)
    return lanes.rvv.compare("vmsne", bit, Constant(I32, 0), lanes.vl)


INTEGERS: dict[type[Operation], Lowering] = {
    arith.AddiOp: commutative("vadd", "add", "vmxor"),
    arith.SubiOp: _subtract,
    arith.MuliOp: commutative("vmul", "mul", "vmand"),
    arith.DivSIOp: _divide("vdiv", "sdiv"),
    arith.RemSIOp: _divide("vrem", "srem"),
    math.AbsIOp: _absolute,
    arith.MaxSIOp: _extremum("vmax", ">"),
    arith.MinSIOp: _extremum("vmin", "<"),
    arith.ShLIOp: _shift("vsll", "shl"),
    arith.ShRSIOp: _shift("vsra", "ashr"),
    arith.ShRUIOp: _shift("vsrl", "lshr"),
    arith.CmpiOp: _cmpi,
    arith.AndIOp: commutative("vand", "and_", "vmand"),
    arith.OrIOp: commutative("vor", "or_", "vmor"),
    arith.XOrIOp: commutative("vxor", "xor", "vmxor"),
    arith.SIToFPOp: _to_float(signed=True),
    arith.UIToFPOp: _to_float(signed=False),
    arith.FPToSIOp: _to_integer,
    arith.ExtUIOp: _extend(1),
    arith.ExtSIOp: _extend(-1),
    arith.TruncIOp: _truncate,
}
"""Operations on integers, and on conditions that are values."""

ONLY_NUMBERS = (
    *(arith.MaxSIOp, arith.MinSIOp, arith.DivSIOp, arith.RemSIOp, math.AbsIOp),
    *(arith.ShLIOp, arith.ShRSIOp, arith.ShRUIOp),
)
"""Of these, the operations that no condition may enter."""
