"""Rows of a matrix of f64 in the scratchpad, as factorisations work on them: lanes are columns.

Products are rounded ahead of differences and sums go one by one, so that results do not depend on
the length of registers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from npu.codegen.llvm_ir import F64, Builder, Value, call_intrinsic, counted_loop, f32, i64
from npu.codegen.llvm_ir import pointer as pointer_of
from npu.codegen.rvv import Lmul, Rvv
from npu.dialects.factor import Factor

_LMUL: Lmul = 2
"""Registers of a group of f32; of f64 there are twice as many."""

BYTES = 8
"""Of an element, and of a pair."""


@dataclass(frozen=True)
class MatrixRows:
    """The matrix of a factorisation, at the byte address `start`."""

    builder: Builder
    factor: Factor
    start: Value

    def widen(self, source: Value) -> None:
        """Pairs become the f64 that they are the sums of."""
        rvv = self.rvv

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            place = self._moved(source, done)
            first, second = (rvv.load(self.pointer(place, 4 * half), BYTES, vl) for half in (0, 1))
            whole = rvv.binary("vfadd", rvv.widen(first, vl), rvv.widen(second, vl), vl)
            rvv.store(whole, self.pointer(self._moved(self.start, done)), BYTES, vl)
            return ()

        rvv.strips(i64(self.factor.rows * self.factor.width), (), strip)

    def narrow(self) -> None:
        """Each f64 becomes a pair: rounded, and what rounding took; of an infinity, that is 0."""
        rvv = self.rvv

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            place = self._moved(self.start, done)
            whole = rvv.load(self.pointer(place), BYTES, vl, F64)
            first = rvv.narrow(whole, vl)
            rest = rvv.narrow(rvv.binary("vfsub", whole, rvv.widen(first, vl), vl), vl)
            is_none = rvv.compare("vmfne", rest, rest, vl)
            rest = rvv.merge(rest, f32(0.0), is_none, vl)
            rvv.store(first, self.pointer(place), BYTES, vl)
            rvv.store(rest, self.pointer(place, 4), BYTES, vl)
            return ()

        rvv.strips(i64(self.factor.rows * self.factor.width), (), strip)

    @property
    def rvv(self) -> Rvv:
        """Vector code on groups of f64."""
        return Rvv(self.builder, _LMUL)

    def exchange(self, k: Value, other: Value) -> None:
        """Exchanges what moves of two rows."""
        rvv = self.rvv

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            places = [self.pointer(self.at(row, done)) for row in (k, other)]
            first, second = (rvv.load(place, BYTES, vl, F64) for place in places)
            rvv.store(second, places[0], BYTES, vl)
            rvv.store(first, places[1], BYTES, vl)
            return ()

        rvv.strips(i64(self.factor.moved), (), strip)

    def divide(self, k: Value, first: Value, divisor: Value) -> None:
        """Divides row `k`, from column `first` on."""
        rvv = self.rvv

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            place = self.pointer(self.at(k, self.builder.add(first, done)))
            row = rvv.load(place, BYTES, vl, F64)
            rvv.store(rvv.binary("vfdiv", row, divisor, vl), place, BYTES, vl)
            return ()

        rvv.strips(self.builder.sub(i64(self.factor.used), first), (), strip)

    def subtract(self, i: Value, k: Value, first: Value, times: Value) -> None:
        """Takes `times` row `k` from row `i`, from column `first` on."""
        rvv = self.rvv

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            column = self.builder.add(first, done)
            other = rvv.load(self.pointer(self.at(k, column)), BYTES, vl, F64)
            place = self.pointer(self.at(i, column))
            row = rvv.load(place, BYTES, vl, F64)
            row = rvv.binary("vfsub", row, rvv.binary("vfmul", other, times, vl), vl)
            rvv.store(row, place, BYTES, vl)
            return ()

        rvv.strips(self.builder.sub(i64(self.factor.used), first), (), strip)

    def mix(self, p: Value, q: Value, cosine: Value, sine: Value) -> None:
        """Row p becomes p cosine - q sine, row q becomes p sine + q cosine."""
        rvv = self.rvv

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            places = [self.pointer(self.at(row, done)) for row in (p, q)]
            a, b = (rvv.load(place, BYTES, vl, F64) for place in places)

            def times(row: Value, by: Value) -> Value:
                return rvv.binary("vfmul", row, by, vl)

            first = rvv.binary("vfsub", times(a, cosine), times(b, sine), vl)
            second = rvv.binary("vfadd", times(a, sine), times(b, cosine), vl)
            rvv.store(first, places[0], BYTES, vl)
            rvv.store(second, places[1], BYTES, vl)
            return ()

        rvv.strips(i64(self.factor.used), (), strip)

    def root(self, x: Value) -> Value:
        """The square root of a scalar."""
        return call_intrinsic(self.builder, "sqrt", F64, [F64], [x])

    def product(self, i: Value, k: Value, first: Value, start: Value) -> Value:
        """`start` and the products of two rows from column `first` on, added one by one."""
        rvv = self.rvv

        def strip(done: Value, vl: Value, total: Value) -> Sequence[Value]:
            column = self.builder.add(first, done)
            a, b = (rvv.load(self.pointer(self.at(row, column)), BYTES, vl, F64) for row in (i, k))
            return (rvv.reduce("vfredosum", rvv.binary("vfmul", a, b, vl), total, vl),)

        return rvv.strips(self.builder.sub(i64(self.factor.used), first), (start,), strip)[0]

    def each(self, first: Value, end: Value, body: Callable[[Value], Sequence[Value]]) -> None:
        """Emits a loop over rows."""
        counted_loop(self.builder, first, end, i64(1), (), body, "row")

    def size(self, x: Value) -> Value:
        """The size of a scalar."""
        return call_intrinsic(self.builder, "fabs", F64, [F64], [x])

    def plus(self, value: Value, number: int) -> Value:
        """A whole number further."""
        return self.builder.add(value, i64(number))

    def at(self, row: Value, column: Value) -> Value:
        """The byte address of an element."""
        number = self.builder.add(self.builder.mul(row, i64(self.factor.width)), column)
        return self._moved(self.start, number)

    def _moved(self, address: Value, elements: Value) -> Value:
        return self.builder.add(address, self.builder.mul(elements, i64(BYTES)))

    def pointer(self, address: Value, more: int = 0) -> Value:
        """The byte address, so many bytes further, as a pointer."""
        return pointer_of(self.builder, self.plus(address, more) if more else address)

    def get(self, address: Value) -> Value:
        """The element at a byte address."""
        return self.builder.load(self.pointer(address), typ=F64)

    def put(self, value: Value, address: Value) -> None:
        """Stores an element at a byte address."""
        self.builder.store(value, self.pointer(address))
