"""Vector code of factorisations (`npu.dialects.factor`): rows of f64, lanes are columns.

Pairs become f64 where the result will lie, all steps are taken there, and at the end each f64
becomes a pair in its own place. Which row is the largest decides addresses and no branch: the code
takes as long for any values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import f32 as f32_type
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import SSAValue

from npu.codegen.llvm_ir import (
    F64,
    I64,
    Builder,
    Value,
    call_intrinsic,
    counted_loop,
    f64,
    i64,
)
from npu.codegen.matrix_rows import BYTES, MatrixRows
from npu.codegen.nest import Extent
from npu.codegen.structured import SizeNumbers, UnsupportedError, extent_of
from npu.codegen.view import extent_value, is_dense, memref_type
from npu.dialects.factor import ELIMINATIONS, EXCHANGES, PIVOTED, ROTATION, Factor, factor_of


@dataclass(frozen=True)
class Factors:
    """What a factorisation works on."""

    source: SSAValue
    target: SSAValue
    factor: Factor
    matrices: Extent


def factors_of(op: GenericOp, numbers: SizeNumbers) -> Factors:
    """Reads a factorisation.

    Raises UnsupportedError unless whole matrices of pairs lie behind one another.
    """
    source, target = *op.inputs, *op.outputs
    factor = factor_of(op)
    *matrices, length, parts = memref_type(target).get_shape()
    assert factor is not None
    if parts != 2 or length != factor.rows * factor.width or factor.fault is not None:
        raise UnsupportedError(factor.fault or "a factorisation takes whole matrices of pairs")
    for operand in (source, target):
        type_ = memref_type(operand)
        if not is_dense(type_) or type_.element_type != f32_type:
            raise UnsupportedError(f"a factorisation takes dense matrices of f32, not {type_}")
    return Factors(source, target, factor, extent_of(target, range(len(matrices)), numbers))


def emit_factor(
    builder: Builder, work: Factors, addresses: Mapping[SSAValue, Value], sizes: Sequence[Value]
) -> None:
    """Emits a factorisation of operands at `addresses`; `sizes` are the run-time sizes."""
    matrices = extent_value(builder, work.matrices, sizes)
    bytes_ = i64(work.factor.rows * work.factor.width * BYTES)
    source, target = addresses[work.source], addresses[work.target]

    def matrix(number: Value) -> Sequence[Value]:
        offset = builder.mul(number, bytes_)
        start = builder.add(target, offset)
        FactorEmitter(builder, work.factor, MatrixRows(builder, work.factor, start)).run(
            builder.add(source, offset)
        )
        return ()

    counted_loop(builder, i64(0), matrices, i64(1), (), matrix, "matrix")


@dataclass(frozen=True)
class FactorEmitter:
    """Emits the steps of a factorisation on its rows."""

    builder: Builder
    factor: Factor
    rows: MatrixRows

    def run(self, source: Value) -> None:
        """Takes all steps, of the pairs at the byte address `source`."""
        self.rows.widen(source)
        steps = self._steps()
        columns, back = self.factor.columns, self.factor.kind.endswith("_back")

        def step(k: Value) -> Sequence[Value]:
            steps(self.builder.sub(i64(columns - 1), k) if back else k)
            return ()

        counted_loop(self.builder, i64(0), i64(columns), i64(1), (), step, "step")
        self.rows.narrow()

    def _steps(self) -> Callable[[Value], None]:
        if self.factor.kind in ELIMINATIONS:
            return self._eliminate
        if self.factor.kind in EXCHANGES:
            return self._move
        if self.factor.kind == ROTATION:
            return self._sweep
        if self.factor.kind == "qr":
            return self._reflect
        return lambda k: self._turn(k, i64(self.factor.columns))

    def _eliminate(self, k: Value) -> None:
        """One step of an elimination."""
        builder, factor = self.builder, self.factor
        behind = self.rows.plus(k, 1)
        if factor.kind in PIVOTED:
            other = self._largest(k)
            self.rows.exchange(k, other)
            if factor.kind == "lu":
                self.rows.put(builder.sitofp(other, F64), self.rows.at(k, i64(factor.width - 1)))
        pivot = self.rows.get(self.rows.at(k, k))
        if factor.kind in ("lu", "ldl"):
            is_zero = builder.fcmp_ordered("==", pivot, f64(0.0))

            def divided(i: Value) -> Sequence[Value]:
                place = self.rows.at(i, k)
                ratio = builder.fdiv(self.rows.get(place), pivot)
                times = builder.select(is_zero, f64(0.0), ratio)
                self.rows.put(times, place)
                self.rows.subtract(i, k, behind, times)
                return ()

            self.rows.each(behind, i64(factor.rows), divided)
            return
        self.rows.divide(k, k, pivot)

        def cleared(i: Value) -> Sequence[Value]:
            self.rows.subtract(i, k, behind, self.rows.get(self.rows.at(i, k)))
            return ()

        self.rows.each(i64(0), k, cleared)
        self.rows.each(behind, i64(factor.rows), cleared)

    def _largest(self, k: Value) -> Value:
        """The first row from `k` on with the largest number in column `k`."""
        builder = self.builder

        def compare(i: Value, best: Value, at: Value) -> Sequence[Value]:
            size = self.rows.size(self.rows.get(self.rows.at(i, k)))
            is_larger = builder.fcmp_ordered(">", size, best)
            return builder.select(is_larger, size, best), builder.select(is_larger, i, at)

        end = i64(self.factor.rows)
        return counted_loop(builder, k, end, i64(1), (f64(-1.0), k), compare, "largest")[1]

    def _move(self, k: Value) -> None:
        """Exchanges row `k` with the one that its last element says; beyond the ends, at an end."""
        builder, last = self.builder, self.rows.at(k, i64(self.factor.width - 1))
        other = builder.fptosi(self.rows.get(last), I64)
        for end, beyond in ((0, "<"), (self.factor.rows - 1, ">")):
            is_beyond = builder.icmp_signed(beyond, other, i64(end))
            other = builder.select(is_beyond, i64(end), other)
        self.rows.exchange(k, other)

    def _reflect(self, k: Value) -> None:
        """Makes row `k` a reflector, and reflects the rows behind it."""
        builder, behind = self.builder, self.rows.plus(k, 1)
        place = self.rows.at(k, k)
        alpha, square = self.rows.get(place), self.rows.product(k, k, behind, f64(0.0))
        length = builder.fadd(builder.fmul(alpha, alpha), square)
        length = self.rows.root(length)
        length = call_intrinsic(builder, "copysign", F64, [F64], [length, alpha])
        is_done = builder.fcmp_ordered("==", square, f64(0.0))
        beta = builder.select(is_done, alpha, builder.fneg(length))
        scale = builder.select(is_done, f64(1.0), builder.fsub(alpha, beta))
        times = builder.fdiv(builder.fsub(beta, alpha), beta)
        self.rows.divide(k, behind, scale)
        self.rows.put(beta, place)
        self.rows.put(
            builder.select(is_done, f64(0.0), times), self.rows.at(k, i64(self.factor.used))
        )
        self._turn(k, behind)

    def _turn(self, k: Value, first: Value) -> None:
        """Reflects the rows from `first` on by the reflector of row `k`."""
        builder, behind = self.builder, self.rows.plus(k, 1)
        factor = self.rows.get(self.rows.at(k, i64(self.factor.used)))

        def turned(i: Value) -> Sequence[Value]:
            place = self.rows.at(i, k)
            start = self.rows.get(place)
            times = builder.fmul(self.rows.product(i, k, behind, start), factor)
            self.rows.put(builder.fsub(start, times), place)
            self.rows.subtract(i, k, behind, times)
            return ()

        self.rows.each(first, i64(self.factor.rows), turned)

    def _sweep(self, _: Value) -> None:
        """Turns all pairs of rows so that they are orthogonal, and notes their lengths."""
        end = i64(self.factor.rows)

        def first(p: Value) -> Sequence[Value]:
            def second(q: Value) -> Sequence[Value]:
                self._rotate(p, q)
                return ()

            self.rows.each(self.rows.plus(p, 1), end, second)
            return ()

        def length(i: Value) -> Sequence[Value]:
            square = self.rows.product(i, i, i64(0), f64(0.0))
            self.rows.put(self.rows.root(square), self.rows.at(i, i64(self.factor.used)))
            return ()

        self.rows.each(i64(0), end, first)
        self.rows.each(i64(0), end, length)

    def _rotate(self, p: Value, q: Value) -> None:
        """Turns two rows so that they are orthogonal."""
        builder, start, one = self.builder, i64(0), f64(1.0)
        both, a, b = (self.rows.product(i, j, start, f64(0.0)) for i, j in ((p, q), (p, p), (q, q)))
        ratio = builder.fdiv(builder.fsub(b, a), builder.fadd(both, both))
        below = builder.fadd(one, builder.fmul(ratio, ratio))
        below = builder.fadd(self.rows.size(ratio), self.rows.root(below))
        sign = call_intrinsic(builder, "copysign", F64, [F64], [one, ratio])
        is_done = builder.fcmp_ordered("==", both, f64(0.0))
        tangent = builder.select(is_done, f64(0.0), builder.fdiv(sign, below))
        square = builder.fmul(tangent, tangent)
        cosine = builder.fdiv(one, self.rows.root(builder.fadd(one, square)))
        self.rows.mix(p, q, cosine, builder.fmul(cosine, tangent))
