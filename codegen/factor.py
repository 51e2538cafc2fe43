"""Vector code of factorisations (`npu.dialects.factor`): rows of f64, lanes are columns.

Pairs become f64 where the result will lie, all steps are taken there, and at the end each f64
becomes a pair in its own place. Products are rounded ahead of differences and sums go one by one,
so that results do not depend on the length of registers. Which row is the largest decides addresses
and no branch: the code takes as long for any values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import DYNAMIC_INDEX
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
    f32,
    f64,
    i64,
)
from npu.codegen.llvm_ir import pointer as pointer_of
from npu.codegen.nest import Extent
from npu.codegen.rvv import Lmul, Rvv
from npu.codegen.structured import SizeNumbers, UnsupportedError
from npu.codegen.view import memref_type, static_strides
from npu.dialects.factor import ELIMINATIONS, EXCHANGES, PIVOTED, Factor, factor_of

_LMUL: Lmul = 2
"""Registers of a group of f32; of f64 there are twice as many."""

_BYTES = 8
"""Of an element, and of a pair."""


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
        shape, strides = type_.get_shape(), static_strides(type_)
        is_dense = all(strides[i] == strides[i + 1] * shape[i + 1] for i in range(len(shape) - 1))
        if not is_dense or type_.element_type != f32_type:
            raise UnsupportedError(f"a factorisation takes dense matrices of f32, not {type_}")
    known, dynamic = 1, list[int]()
    for dim, size in enumerate(matrices):
        if size == DYNAMIC_INDEX:
            dynamic.append(numbers[target, dim])
        else:
            known *= size
    return Factors(source, target, factor, Extent(known, tuple(dynamic)))


def emit_factor(
    builder: Builder, work: Factors, addresses: Mapping[SSAValue, Value], sizes: Sequence[Value]
) -> None:
    """Emits a factorisation of operands at `addresses`; `sizes` are the run-time sizes."""
    matrices = i64(work.matrices.factor)
    for number in work.matrices.dynamic:
        matrices = builder.mul(matrices, sizes[number])
    bytes_ = i64(work.factor.rows * work.factor.width * _BYTES)
    source, target = addresses[work.source], addresses[work.target]

    def matrix(number: Value) -> Sequence[Value]:
        offset = builder.mul(number, bytes_)
        start = builder.add(target, offset)
        FactorEmitter(builder, work.factor, start).run(builder.add(source, offset))
        return ()

    counted_loop(builder, i64(0), matrices, i64(1), (), matrix, "matrix")


@dataclass(frozen=True)
class FactorEmitter:
    """Emits the steps on the matrix at the byte address `start`."""

    builder: Builder
    factor: Factor
    start: Value

    def run(self, source: Value) -> None:
        """Takes all steps, of the pairs at the byte address `source`."""
        self._widen(source)
        steps = self._steps()
        columns, back = self.factor.columns, self.factor.kind.endswith("_back")

        def step(k: Value) -> Sequence[Value]:
            steps(self.builder.sub(i64(columns - 1), k) if back else k)
            return ()

        counted_loop(self.builder, i64(0), i64(columns), i64(1), (), step, "step")
        self._narrow()

    def _steps(self) -> Callable[[Value], None]:
        if self.factor.kind in ELIMINATIONS:
            return self._eliminate
        if self.factor.kind in EXCHANGES:
            return self._move
        if self.factor.kind == "qr":
            return self._reflect
        return lambda k: self._turn(k, i64(self.factor.columns))

    @property
    def _rvv(self) -> Rvv:
        return Rvv(self.builder, _LMUL)

    def _widen(self, source: Value) -> None:
        """Pairs become the f64 that they are the sums of."""
        rvv = self._rvv

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            place = self._moved(source, done)
            first, second = (
                rvv.load(self._pointer(place, 4 * half), _BYTES, vl) for half in (0, 1)
            )
            whole = rvv.binary("vfadd", rvv.widen(first, vl), rvv.widen(second, vl), vl)
            rvv.store(whole, self._pointer(self._moved(self.start, done)), _BYTES, vl)
            return ()

        rvv.strips(i64(self.factor.rows * self.factor.width), (), strip)

    def _narrow(self) -> None:
        """Each f64 becomes a pair: rounded, and what rounding took; of an infinity, that is 0."""
        rvv = self._rvv

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            place = self._moved(self.start, done)
            whole = rvv.load(self._pointer(place), _BYTES, vl, F64)
            first = rvv.narrow(whole, vl)
            rest = rvv.narrow(rvv.binary("vfsub", whole, rvv.widen(first, vl), vl), vl)
            is_none = rvv.compare("vmfne", rest, rest, vl)
            rest = rvv.merge(rest, f32(0.0), is_none, vl)
            rvv.store(first, self._pointer(place), _BYTES, vl)
            rvv.store(rest, self._pointer(place, 4), _BYTES, vl)
            return ()

        rvv.strips(i64(self.factor.rows * self.factor.width), (), strip)

    def _eliminate(self, k: Value) -> None:
        """One step of an elimination."""
        builder, factor = self.builder, self.factor
        behind = self._plus(k, 1)
        if factor.kind in PIVOTED:
            other = self._largest(k)
            self._exchange(k, other)
            if factor.kind == "lu":
                self._put(builder.sitofp(other, F64), self._at(k, i64(factor.width - 1)))
        pivot = self._get(self._at(k, k))
        if factor.kind in ("lu", "ldl"):
            is_zero = builder.fcmp_ordered("==", pivot, f64(0.0))

            def divided(i: Value) -> Sequence[Value]:
                place = self._at(i, k)
                ratio = builder.fdiv(self._get(place), pivot)
                times = builder.select(is_zero, f64(0.0), ratio)
                self._put(times, place)
                self._subtract(i, k, behind, times)
                return ()

            self._rows(behind, i64(factor.rows), divided)
            return
        self._divide(k, k, pivot)

        def cleared(i: Value) -> Sequence[Value]:
            self._subtract(i, k, behind, self._get(self._at(i, k)))
            return ()

        self._rows(i64(0), k, cleared)
        self._rows(behind, i64(factor.rows), cleared)

    def _largest(self, k: Value) -> Value:
        """The first row from `k` on with the largest number in column `k`."""
        builder = self.builder

        def compare(i: Value, best: Value, at: Value) -> Sequence[Value]:
            size = self._size(self._get(self._at(i, k)))
            is_larger = builder.fcmp_ordered(">", size, best)
            return builder.select(is_larger, size, best), builder.select(is_larger, i, at)

        end = i64(self.factor.rows)
        return counted_loop(builder, k, end, i64(1), (f64(-1.0), k), compare, "largest")[1]

    def _exchange(self, k: Value, other: Value) -> None:
        """Exchanges what moves of two rows."""
        rvv = self._rvv

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            places = [self._pointer(self._at(row, done)) for row in (k, other)]
            first, second = (rvv.load(place, _BYTES, vl, F64) for place in places)
            rvv.store(second, places[0], _BYTES, vl)
            rvv.store(first, places[1], _BYTES, vl)
            return ()

        rvv.strips(i64(self.factor.moved), (), strip)

    def _move(self, k: Value) -> None:
        """Exchanges row `k` with the one that its last element says; beyond the ends, at an end."""
        builder, last = self.builder, self._at(k, i64(self.factor.width - 1))
        other = builder.fptosi(self._get(last), I64)
        for end, beyond in ((0, "<"), (self.factor.rows - 1, ">")):
            is_beyond = builder.icmp_signed(beyond, other, i64(end))
            other = builder.select(is_beyond, i64(end), other)
        self._exchange(k, other)

    def _divide(self, k: Value, first: Value, divisor: Value) -> None:
        """Divides row `k`, from column `first` on."""
        rvv = self._rvv

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            place = self._pointer(self._at(k, self.builder.add(first, done)))
            row = rvv.load(place, _BYTES, vl, F64)
            rvv.store(rvv.binary("vfdiv", row, divisor, vl), place, _BYTES, vl)
            return ()

        rvv.strips(self.builder.sub(i64(self.factor.used), first), (), strip)

    def _subtract(self, i: Value, k: Value, first: Value, times: Value) -> None:
        """Takes `times` row `k` from row `i`, from column `first` on."""
        rvv = self._rvv

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            column = self.builder.add(first, done)
            other = rvv.load(self._pointer(self._at(k, column)), _BYTES, vl, F64)
            place = self._pointer(self._at(i, column))
            row = rvv.load(place, _BYTES, vl, F64)
            row = rvv.binary("vfsub", row, rvv.binary("vfmul", other, times, vl), vl)
            rvv.store(row, place, _BYTES, vl)
            return ()

        rvv.strips(self.builder.sub(i64(self.factor.used), first), (), strip)

    def _reflect(self, k: Value) -> None:
        """Makes row `k` a reflector, and reflects the rows behind it."""
        builder, behind = self.builder, self._plus(k, 1)
        place = self._at(k, k)
        alpha, square = self._get(place), self._product(k, k, behind, f64(0.0))
        length = builder.fadd(builder.fmul(alpha, alpha), square)
        length = call_intrinsic(builder, "sqrt", F64, [F64], [length])
        length = call_intrinsic(builder, "copysign", F64, [F64], [length, alpha])
        is_done = builder.fcmp_ordered("==", square, f64(0.0))
        beta = builder.select(is_done, alpha, builder.fneg(length))
        scale = builder.select(is_done, f64(1.0), builder.fsub(alpha, beta))
        times = builder.fdiv(builder.fsub(beta, alpha), beta)
        self._divide(k, behind, scale)
        self._put(beta, place)
        self._put(builder.select(is_done, f64(0.0), times), self._at(k, i64(self.factor.used)))
        self._turn(k, behind)

    def _turn(self, k: Value, first: Value) -> None:
        """Reflects the rows from `first` on by the reflector of row `k`."""
        builder, behind = self.builder, self._plus(k, 1)
        factor = self._get(self._at(k, i64(self.factor.used)))

        def turned(i: Value) -> Sequence[Value]:
            place = self._at(i, k)
            start = self._get(place)
            times = builder.fmul(self._product(i, k, behind, start), factor)
            self._put(builder.fsub(start, times), place)
            self._subtract(i, k, behind, times)
            return ()

        self._rows(first, i64(self.factor.rows), turned)

    def _product(self, i: Value, k: Value, first: Value, start: Value) -> Value:
        """`start` and the products of two rows from column `first` on, added one by one."""
        rvv = self._rvv

        def strip(done: Value, vl: Value, total: Value) -> Sequence[Value]:
            column = self.builder.add(first, done)
            a, b = (
                rvv.load(self._pointer(self._at(row, column)), _BYTES, vl, F64) for row in (i, k)
            )
            return (rvv.reduce("vfredosum", rvv.binary("vfmul", a, b, vl), total, vl),)

        return rvv.strips(self.builder.sub(i64(self.factor.used), first), (start,), strip)[0]

    def _rows(self, first: Value, end: Value, body: Callable[[Value], Sequence[Value]]) -> None:
        counted_loop(self.builder, first, end, i64(1), (), body, "row")

    def _size(self, x: Value) -> Value:
        return call_intrinsic(self.builder, "fabs", F64, [F64], [x])

    def _plus(self, value: Value, number: int) -> Value:
        return self.builder.add(value, i64(number))

    def _at(self, row: Value, column: Value) -> Value:
        """The byte address of an element."""
        number = self.builder.add(self.builder.mul(row, i64(self.factor.width)), column)
        return self._moved(self.start, number)

    def _moved(self, address: Value, elements: Value) -> Value:
        return self.builder.add(address, self.builder.mul(elements, i64(_BYTES)))

    def _pointer(self, address: Value, more: int = 0) -> Value:
        return pointer_of(self.builder, self._plus(address, more) if more else address)

    def _get(self, address: Value) -> Value:
        return self.builder.load(self._pointer(address), typ=F64)

    def _put(self, value: Value, address: Value) -> None:
        self.builder.store(value, self._pointer(address))
