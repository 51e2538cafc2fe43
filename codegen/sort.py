"""Vector code that sorts: a bitonic network of Batcher's on integers of 64 bits, all rows at once.

A row has a power of two of elements and rows lie behind one another, so that a tile is one array in
which an element meets others of its own row only. At each step element i meets i + d or i - d, and
the lesser of the two goes where bit k of i says: to the front in rising runs of k, to the back in
falling ones. For a row of n = 2^m elements:

    for k = 2, 4, ... n:  for d = k/2, k/4, ... 1:  meet(k, d)

Distances below a register's length are steps inside of it: two slides fetch what each lane meets,
and registers are loaded and stored once for all of these steps. Greater distances load two
registers, and store their minima and maxima. Both are loops: the code is as long for any row.

A merge is the last run alone, k = n, down to the distance at which rows lie side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import i32
from xdsl.dialects.linalg.attrs import IteratorType
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import SSAValue

from npu.codegen.llvm_ir import (
    I32,
    I64,
    Builder,
    Constant,
    Value,
    call_intrinsic,
    counted_loop,
    i64,
    pointer,
    undefined,
)
from npu.codegen.nest import Extent
from npu.codegen.rvv import Lmul, Rvv
from npu.codegen.structured import SizeNumbers, UnsupportedError, extent_of
from npu.codegen.view import extent_value, is_dense, memref_type
from npu.dialects.order import falls, is_merge

_LMUL: Lmul = 2
"""Registers of a group of f32: integers of 64 bits take four, and a step holds four such groups."""

_BYTES = 8


@dataclass(frozen=True)
class Network:
    """Which elements meet, and who goes to the front."""

    length: int
    """Elements of a row, a power of two."""
    nearest: int = 1
    """The least distance of two that meet, a power of two."""
    is_merge: bool = False
    """Whether the last run is all there is."""
    falls: bool = False
    """Whether the greatest go to the front."""


@dataclass(frozen=True)
class Sort:
    """What a sort or a merge works on."""

    source: SSAValue
    target: SSAValue
    network: Network
    elements: Extent
    """Elements of all rows."""


def sort_of(op: GenericOp, numbers: SizeNumbers) -> Sort:
    """Reads a sort or a merge.

    Raises UnsupportedError unless whole rows of pairs lie behind one another.
    """
    source, target = *op.inputs, *op.outputs
    *rows, length, halves = memref_type(target).get_shape()
    nearest = 1
    if is_merge(op) and op.iterator_types.data[-2].data is IteratorType.PARALLEL:
        nearest = length
        rows, length = rows[:-1], rows[-1] * nearest
    are_powers = all(number > 0 and number.bit_count() == 1 for number in (length, nearest))
    if halves != 2 or not are_powers or memref_type(target).element_type != i32:
        raise UnsupportedError("a sort takes rows of a power of two of pairs of i32")
    if is_merge(op) and source is not target:
        raise UnsupportedError("a merge works in place: ins and outs are one")
    for operand in (source, target):
        type_ = memref_type(operand)
        if not is_dense(type_):
            raise UnsupportedError(f"a sort takes rows that lie behind one another, not {type_}")
    elements = extent_of(target, range(len(rows)), numbers).times(length)
    network = Network(length, nearest, is_merge(op), falls(op))
    return Sort(source, target, network, elements)


def emit_sort(
    builder: Builder,
    vlen: int,
    work: Sort,
    addresses: Mapping[SSAValue, Value],
    sizes: Sequence[Value],
) -> None:
    """Emits a sort or a merge of operands at `addresses`; `sizes` are the run-time sizes."""
    elements = extent_value(builder, work.elements, sizes)
    emitter = SortEmitter(builder, vlen, work.network)
    emitter.run(addresses[work.source], addresses[work.target], elements)


@dataclass(frozen=True)
class SortEmitter:
    """Emits the steps of a network on rows that lie behind one another."""

    builder: Builder
    vlen: int
    """Bits of a vector register."""
    network: Network

    def run(self, source: Value, target: Value, elements: Value) -> None:
        """Takes all steps on `elements` of 64 bits, from the byte address `source` to `target`."""
        if self.network.is_merge:
            exponent = _exponent(self._length)
            far = max(0, exponent - max(_exponent(self._lanes), _exponent(self.network.nearest)))
            self._level(target, elements, i64(exponent), i64(far))
            return
        inside = min(self._lanes, self._length)
        self._in_registers(source, target, elements, self._levels(1, inside))
        levels = range(self._lanes.bit_length(), self._length.bit_length())
        if not levels:
            return

        def level(exponent: Value) -> Sequence[Value]:
            far = self.builder.sub(exponent, i64(_exponent(self._lanes)))
            self._level(target, elements, exponent, far)
            return ()

        counted_loop(self.builder, i64(levels[0]), i64(levels[-1] + 1), i64(1), (), level, "level")

    def _level(self, target: Value, elements: Value, exponent: Value, far: Value) -> None:
        """The steps of runs of 2^exponent elements, the first `far` of them between registers."""
        run = self._power(exponent)
        bit = self._direction(run)

        def distance(step: Value) -> Sequence[Value]:
            self._far(target, elements, self.builder.lshr(run, self._plus(step, 1)), bit)
            return ()

        counted_loop(self.builder, i64(0), far, i64(1), (), distance, "distance")
        if self.network.nearest < self._lanes:
            self._in_registers(target, target, elements, self._finish(bit))

    @property
    def _length(self) -> int:
        return self.network.length

    @property
    def _meet(self) -> Sequence[str]:
        """What two that meet leave in front, and behind."""
        return ("vmax", "vmin") if self.network.falls else ("vmin", "vmax")

    @property
    def _rvv(self) -> Rvv:
        return Rvv(self.builder, _LMUL)

    @property
    def _lanes(self) -> int:
        """Elements of a register group, a power of two."""
        return self.vlen // 32 * _LMUL

    def _plus(self, value: Value, number: int) -> Value:
        return self.builder.add(value, i64(number))

    def _power(self, exponent: Value) -> Value:
        return self.builder.shl(i64(1), exponent)

    def _direction(self, run: Value) -> Value:
        """The bit of a place that says whether it falls: none where runs are whole rows."""
        is_row = self.builder.icmp_unsigned("==", run, i64(self._length))
        return self.builder.select(is_row, i64(0), run)

    def _far(self, target: Value, elements: Value, distance: Value, bit: Value) -> None:
        """Elements `distance` apart meet, register by register; at least a register's length."""
        builder, rvv, bytes_ = self.builder, self._rvv, i64(_BYTES)
        vl = rvv.vsetvli(i64(self._lanes))

        def pair(number: Value) -> Sequence[Value]:
            low = builder.and_(number, builder.sub(distance, i64(1)))
            first = builder.add(builder.shl(builder.sub(number, low), i64(1)), low)
            falls = builder.icmp_unsigned("!=", builder.and_(first, bit), i64(0))
            places = [first, builder.add(first, distance)]
            addresses = [builder.add(target, builder.mul(place, bytes_)) for place in places]
            a, b = (rvv.load(pointer(builder, at), _BYTES, vl, I64) for at in addresses)
            small, large = (rvv.binary(meet, a, b, vl) for meet in self._meet)
            front = builder.select(falls, addresses[1], addresses[0])
            back = builder.select(falls, addresses[0], addresses[1])
            rvv.store(small, pointer(builder, front), _BYTES, vl)
            rvv.store(large, pointer(builder, back), _BYTES, vl)
            return ()

        pairs = builder.lshr(elements, i64(1))
        counted_loop(builder, i64(0), pairs, i64(self._lanes), (), pair, "pair")

    def _in_registers(
        self, source: Value, target: Value, elements: Value, steps: Callable[..., Value]
    ) -> None:
        """Loads each register, takes `steps` in it, and stores it."""
        builder, rvv, bytes_ = self.builder, self._rvv, i64(_BYTES)

        def register(start: Value) -> Sequence[Value]:
            left = builder.sub(elements, start)
            is_last = builder.icmp_unsigned("<", left, i64(self._lanes))
            vl = rvv.vsetvli(builder.select(is_last, left, i64(self._lanes)))
            offset = builder.mul(start, bytes_)
            loaded = rvv.load(pointer(builder, builder.add(source, offset)), _BYTES, vl, I64)
            places = rvv.binary("vadd", rvv.lane_numbers(vl), builder.trunc(start, I32), vl)
            result = steps(loaded, places, vl)
            rvv.store(result, pointer(builder, builder.add(target, offset)), _BYTES, vl)
            return ()

        counted_loop(builder, i64(0), elements, i64(self._lanes), (), register, "register")

    def _levels(self, first: int, most: int) -> Callable[..., Value]:
        """All steps of runs of 2 to `most` elements, inside of a register."""

        def steps(x: Value, places: Value, vl: Value) -> Value:
            def level(exponent: Value, x: Value) -> Sequence[Value]:
                run = self._power(exponent)
                return (self._meetings(x, places, vl, run, exponent, self._direction(run)),)

            end = i64(most.bit_length())
            return counted_loop(self.builder, i64(first), end, i64(1), (x,), level, "level")[0]

        return steps

    def _finish(self, bit: Value) -> Callable[..., Value]:
        """The last steps of runs that are longer than a register, or of a merge of shorter ones."""
        most = min(self._lanes, self._length)
        count = _exponent(most) - _exponent(self.network.nearest)

        def steps(x: Value, places: Value, vl: Value) -> Value:
            return self._meetings(x, places, vl, i64(most), i64(count), bit)

        return steps

    def _meetings(
        self, x: Value, places: Value, vl: Value, run: Value, count: Value, bit: Value
    ) -> Value:
        """`count` steps: with distances of half a `run`, a fourth of it, and so on."""
        rvv, builder = self._rvv, self.builder
        falls = self._has_bit(places, bit, vl)

        def step(number: Value, x: Value) -> Sequence[Value]:
            distance = builder.lshr(run, self._plus(number, 1))
            is_back = self._has_bit(places, distance, vl)
            other = self._other(x, distance, is_back, vl)
            takes_more = rvv.mask_logic("vmxor", is_back, falls, vl)
            first, last = self._meet
            lesser = rvv.binary(first, x, other, vl)
            return (rvv.masked(last, lesser, x, other, takes_more, vl),)

        return counted_loop(builder, i64(0), count, i64(1), (x,), step, "step")[0]

    def _has_bit(self, places: Value, bit: Value, vl: Value) -> Value:
        """The lanes whose place has a bit."""
        masked = self._rvv.binary("vand", places, self.builder.trunc(bit, I32), vl)
        return self._rvv.compare("vmsne", masked, Constant(I32, 0), vl)

    def _other(self, x: Value, distance: Value, is_back: Value, vl: Value) -> Value:
        """What each lane meets: the lane `distance` behind it, or before it where it `is_back`."""
        kinds = [x.type, I64]
        args = [undefined(x.type), x, distance, vl, i64(1)]
        after = call_intrinsic(self.builder, "riscv.vslidedown", x.type, kinds, args)
        args = [after, x, distance, is_back, vl, i64(0)]
        return call_intrinsic(self.builder, "riscv.vslideup.mask", x.type, kinds, args)


def _exponent(power: int) -> int:
    """Of a power of two."""
    return power.bit_length() - 1
