"""Comparisons, selections and logic of conditions on lanes."""

from collections.abc import Callable
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.ir import Operation

from npu.codegen.lanes import Lanes, Lowering, is_vector
from npu.codegen.llvm_ir import I1, Constant, Type, Value

PREDICATES = (
    "false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord",
    "ueq", "ugt", "uge", "ult", "ule", "une", "uno", "true",
)  # fmt: skip
"""arith.cmpf's predicates in the order of their number."""

_TURNED = {"vmfeq": "vmfeq", "vmfne": "vmfne", "vmflt": "vmfgt", "vmfle": "vmfge"}
"""The comparison with left and right exchanged; gt and ge exist with a scalar on the right."""

_ORDERED = {
    "oeq": ("vmfeq", False), "olt": ("vmflt", False), "ole": ("vmfle", False),
    "ogt": ("vmflt", True), "oge": ("vmfle", True), "une": ("vmfne", False),
}  # fmt: skip
"""Predicates that are one instruction: its name, and whether left and right change places."""

_NEGATION = {"ugt": "ole", "uge": "olt", "ult": "oge", "ule": "ogt", "ueq": "one", "uno": "ord"}
"""Predicates that are the opposite of another."""


@dataclass(frozen=True)
class Opposite:
    """That `mask` does not hold; a selection exchanges its sides instead of negating."""

    mask: Value

    @property
    def type(self) -> Type:
        """The type of a mask."""
        return self.mask.type


def _cmpf(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    assert isinstance(op, arith.CmpfOp)
    predicate = PREDICATES[op.predicate.value.data]
    left, right = operands
    if predicate in ("false", "true"):
        return Constant(I1, int(predicate == "true"))
    if is_vector(left) or is_vector(right):
        return _compare(lanes, predicate, left, right)
    return _compare_scalars(lanes, predicate, left, right)


def _compare_scalars(lanes: Lanes, predicate: str, left: Value, right: Value) -> Value:
    """A comparison of two scalars."""
    signs = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
    sign = signs.get(predicate[1:], predicate)
    ordered = predicate.startswith("o")
    builder = lanes.rvv.builder
    compare = builder.fcmp_ordered if ordered else builder.fcmp_unordered
    return compare(sign, left, right)


def _compare(lanes: Lanes, predicate: str, left: Value, right: Value) -> Value:
    """A mask; at least one side is a vector."""
    rvv, vl = lanes.rvv, lanes.vl
    if predicate in _NEGATION:
        return Opposite(_compare(lanes, _NEGATION[predicate], left, right))
    if predicate == "one":
        below = _compare(lanes, "olt", left, right)
        return rvv.mask_logic("vmor", below, _compare(lanes, "ogt", left, right), vl)
    if predicate == "ord":
        left, right = lanes.vector(left), lanes.vector(right)
        number = rvv.compare("vmfeq", left, left, vl)
        return rvv.mask_logic("vmand", number, rvv.compare("vmfeq", right, right, vl), vl)
    name, exchanged = _ORDERED[predicate]
    if exchanged:
        left, right = right, left
    if is_vector(left):
        return rvv.compare(name, left, right, vl)
    return rvv.compare(_TURNED[name], right, left, vl)


def _select(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
    """A choice of f32, or of masks where all three operands are conditions."""
    del op
    condition, chosen, otherwise = operands
    rvv, builder = lanes.rvv, lanes.rvv.builder
    if not is_vector(condition):
        if is_vector(chosen) or is_vector(otherwise):
            chosen, otherwise = lanes.vector(chosen), lanes.vector(otherwise)
        return builder.select(condition, chosen, otherwise)
    if isinstance(condition, Opposite):
        return rvv.merge(lanes.vector(chosen), otherwise, condition.mask, lanes.vl)
    return rvv.merge(lanes.vector(otherwise), chosen, condition, lanes.vl)


def _logic(instruction: str, scalar: str) -> Lowering:
    """andi, ori, xori of conditions."""

    def lower(lanes: Lanes, op: Operation, operands: list[Value]) -> Value:
        del op
        if not any(map(is_vector, operands)):
            combine: Callable[[Value, Value], Value] = getattr(lanes.rvv.builder, scalar)
            return combine(*operands)
        left, right = (_mask(lanes, value) for value in operands)
        return lanes.rvv.mask_logic(instruction, left, right, lanes.vl)

    return lower


def _mask(lanes: Lanes, condition: Value) -> Value:
    """A condition as a mask."""
    if isinstance(condition, Opposite):
        return lanes.rvv.mask_logic("vmnand", condition.mask, condition.mask, lanes.vl)
    if is_vector(condition):
        return condition
    empty = lanes.rvv.clear_mask(lanes.vl)
    full = lanes.rvv.mask_logic("vmnand", empty, empty, lanes.vl)
    return lanes.rvv.builder.select(condition, full, empty)


COMPARISONS: dict[type[Operation], Lowering] = {
    arith.CmpfOp: _cmpf,
    arith.SelectOp: _select,
    arith.AndIOp: _logic("vmand", "and_"),
    arith.OrIOp: _logic("vmor", "or_"),
    arith.XOrIOp: _logic("vmxor", "xor"),
}
"""Operations that make or use conditions."""
