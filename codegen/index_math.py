"""Affine expressions on 64-bit index values."""

from collections.abc import Callable, Sequence

from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
    AffineSymExpr,
)

from npu.codegen.llvm_ir import Builder, Value, i64


def evaluate_map(builder: Builder, map_: AffineMap, operands: Sequence[Value]) -> list[Value]:
    """The results of `map_` on i64 `operands` (dimensions, then symbols)."""
    return [_evaluate(builder, e, operands, map_.num_dims) for e in map_.results]


def minimum(builder: Builder, values: Sequence[Value]) -> Value:
    """The least of one or more signed i64."""
    least = values[0]
    for value in values[1:]:
        least = builder.select(builder.icmp_signed("<", value, least), value, least)
    return least


def _evaluate(
    builder: Builder, expression: AffineExpr, operands: Sequence[Value], dims: int
) -> Value:
    """One expression."""
    match expression:
        case AffineConstantExpr(value):
            return i64(value)
        case AffineDimExpr(position):
            return operands[position]
        case AffineSymExpr(position):
            return operands[dims + position]
        case AffineBinaryOpExpr(kind, lhs, rhs):
            left = _evaluate(builder, lhs, operands, dims)
            right = _evaluate(builder, rhs, operands, dims)
            return _BINARY[kind](builder, left, right)
        case _:
            raise TypeError(f"no such affine expression: {expression}")


def _floordiv(builder: Builder, left: Value, right: Value) -> Value:
    """Division rounding down, by a positive divisor."""
    remainder = builder.srem(left, right)
    borrow = builder.zext(builder.icmp_signed("<", remainder, i64(0)), left.type)
    return builder.sub(builder.sdiv(left, right), borrow)


def _mod(builder: Builder, left: Value, right: Value) -> Value:
    """The remainder in 0 .. right - 1, of a positive divisor."""
    return builder.sub(left, builder.mul(_floordiv(builder, left, right), right))


def _ceildiv(builder: Builder, left: Value, right: Value) -> Value:
    """Division rounding up, by a positive divisor."""
    return _floordiv(builder, builder.add(left, builder.sub(right, i64(1))), right)


def _add(builder: Builder, left: Value, right: Value) -> Value:
    return builder.add(left, right)


def _mul(builder: Builder, left: Value, right: Value) -> Value:
    return builder.mul(left, right)


_BINARY: dict[AffineBinaryOpKind, Callable[[Builder, Value, Value], Value]] = {
    AffineBinaryOpKind.Add: _add,
    AffineBinaryOpKind.Mul: _mul,
    AffineBinaryOpKind.FloorDiv: _floordiv,
    AffineBinaryOpKind.CeilDiv: _ceildiv,
    AffineBinaryOpKind.Mod: _mod,
}
