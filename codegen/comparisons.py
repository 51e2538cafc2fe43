"""Comparisons of floats, and selections, on lanes."""

from xdsl.dialects import arith
from xdsl.dialects.builtin import i1
from xdsl.ir import Operation

from npu.codegen.lanes import Lanes, Lowering, Opposite, is_vector
from npu.codegen.llvm_ir import I1, Constant, Value

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
    """A choice of numbers, or of conditions."""
    condition, chosen, otherwise = operands
    rvv, builder = lanes.rvv, lanes.rvv.builder
    if not is_vector(condition):
        if is_vector(chosen) or is_vector(otherwise):
            chosen, otherwise = lanes.vector(chosen), lanes.vector(otherwise)
        return builder.select(condition, chosen, otherwise)
    if op.results[0].type == i1:
        return _select_masks(lanes, *map(lanes.mask, operands))
    if isinstance(condition, Opposite):
        return rvv.merge(lanes.vector(chosen), otherwise, condition.mask, lanes.vl)
    return rvv.merge(lanes.vector(otherwise), chosen, condition, lanes.vl)


def _select_masks(lanes: Lanes, condition: Value, chosen: Value, otherwise: Value) -> Value:
    taken = lanes.rvv.mask_logic("vmand", chosen, condition, lanes.vl)
    left = lanes.rvv.mask_logic("vmandn", otherwise, condition, lanes.vl)
    return lanes.rvv.mask_logic("vmor", taken, left, lanes.vl)


COMPARISONS: dict[type[Operation], Lowering] = {
    arith.CmpfOp: _cmpf,
    arith.SelectOp: _select,
}
"""Operations that make or use conditions."""
