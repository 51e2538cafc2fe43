"""Emits the loop nest of one structured operation, recursively from the outermost loop.

Where a loop over rows allows, several rows (*ways*) go side by side: their instructions are emitted
in turn, so that a row's latencies hide behind the other rows' work. Rows left over run one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from xdsl.dialects import arith
from xdsl.ir import SSAValue

from npu.codegen.arithmetic import LOWERINGS
from npu.codegen.elements import load, load_one, store, store_one
from npu.codegen.lanes import Lanes, Opposite
from npu.codegen.llvm_ir import I1, Builder, Value, counted_loop, i64, pointer, side_by_side
from npu.codegen.nest import Extent
from npu.codegen.reduction import (
    Accumulators,
    Watched,
    accumulate,
    fresh,
    gather,
    in_each_lane,
    lanes_of,
    one_strip,
    start_of,
)
from npu.codegen.rvv import Rvv
from npu.codegen.special import SpecialFunction
from npu.codegen.structured import Structured
from npu.codegen.view import extent_value

T = TypeVar("T")


@dataclass(frozen=True)
class Way:
    """One of the rows that go side by side.

    `addresses` has the byte address of every operand; `values` the operands read so far and the
    accumulators of outputs.
    """

    addresses: tuple[Value, ...]
    values: Mapping[int, Accumulators]

    def at(self, builder: Builder, steps: Sequence[int], index: Value) -> "Way":
        """The same row `index` times `steps` bytes further, one for each operand."""
        moved = tuple(
            _advance(builder, address, index, step)
            for address, step in zip(self.addresses, steps, strict=True)
        )
        return Way(moved, self.values)

    def moved(self, steps: Sequence[int], now: Mapping[tuple[Value, int], Value]) -> "Way":
        """The same row where its operands are `now`, by where they started and by their steps."""
        pairs = zip(self.addresses, steps, strict=True)
        return Way(tuple(now.get(pair, pair[0]) for pair in pairs), self.values)

    def holding(self, values: Mapping[int, Accumulators]) -> "Way":
        """The same row with more, or newer, values."""
        return Way(self.addresses, {**self.values, **values})


@dataclass(frozen=True)
class NestEmitter:
    """Emits `work`, with up to `ways` rows side by side; `sizes` are the run-time sizes."""

    work: Structured
    rvv: Rvv
    vlen: int
    """Bits of a vector register: how many elements are one strip."""
    ways: int
    special: Mapping[str, SpecialFunction]
    sizes: Sequence[Value]

    @property
    def _builder(self) -> Builder:
        return self.rvv.builder

    def run(self, bases: Sequence[Value]) -> None:
        """Emits the nest on operands at the byte addresses `bases`."""
        self._enter(0, [Way(tuple(bases), {})], i64(0))

    def _enter(self, depth: int, ways: Sequence[Way], vl: Value) -> list[dict[int, Accumulators]]:
        """Emits what lies inside the first `depth` loops.

        Returns each way's new values of the outputs; those at home here are stored.
        """
        nest, work = self.work.nest, self.work
        here = [o for o in range(len(work.operands)) if nest.level(o) == depth - 1]
        innermost = depth == len(nest.loops)
        for operand in here:
            if self._is_read(operand, innermost=innermost):
                values = self._each(ways, partial(self._read, operand, vl=vl))
                ways = [w.holding({operand: v}) for w, v in zip(ways, values, strict=True)]
        if innermost:
            results = self._each(ways, partial(self._body, vl=vl))
        else:
            results = self._loop(depth, ways, vl)
        ways = [way.holding(result) for way, result in zip(ways, results, strict=True)]
        for output in (o for o in here if o in work.outputs):
            self._each(ways, partial(self._write, output, vl=vl))
        return results

    def _each(self, ways: Sequence[Way], emit: Callable[[Way], T]) -> list[T]:
        """Emits straight-line code for every way, side by side."""
        return side_by_side(self._builder, [partial(emit, way) for way in ways])

    def _loop(self, depth: int, ways: Sequence[Way], vl: Value) -> list[dict[int, Accumulators]]:
        """Emits loop number `depth`, carrying the outputs that it does not move."""
        nest = self.work.nest
        if depth == nest.rows(self.work.outputs) and self.ways > 1:
            return self._rows(depth, ways[0], vl)
        loop = nest.loops[depth]
        if depth == nest.vector and self._is_single_strip:
            return self._enter(depth + 1, ways, i64(loop.extent.factor))
        steps = self.work.byte_steps(depth)
        carried = [o for o in self.work.outputs if nest.level(o) < depth]

        def body(places: Sequence[Way], length: Value, flat: Sequence[Value]) -> list[Value]:
            values = _unflatten(flat, carried, ways)
            inside = [way.holding(held) for way, held in zip(places, values, strict=True)]
            return _flatten(self._enter(depth + 1, inside, length), carried)

        def strip(index: Value, length: Value, *flat: Value) -> list[Value]:
            return body([way.at(self._builder, steps, index) for way in ways], length, flat)

        start = _flatten([way.values for way in ways], carried)
        extent = self._extent(loop.extent)
        if depth == nest.vector:
            totals = self.rvv.strips(extent, start, strip)
        else:
            totals = self._turns(extent, ways, steps, start, partial(body, length=vl))
        return _unflatten(totals, carried, ways)

    def _turns(
        self,
        extent: Value,
        ways: Sequence[Way],
        steps: Sequence[int],
        start: Sequence[Value],
        body: Callable[..., Sequence[Value]],
    ) -> Sequence[Value]:
        """A loop over elements; what of `start` becomes of them all.

        Addresses that move are carried on, one addition each. LLVM's own reduction of strength is
        off (`target.py`), and a multiplication each would cost a window more than its products.
        """
        builder = self._builder
        moving = list(
            dict.fromkeys(
                (address, step)
                for way in ways
                for address, step in zip(way.addresses, steps, strict=True)
                if step
            )
        )

        def turn(index: Value, *flat: Value) -> Sequence[Value]:
            del index
            now = dict(zip(moving, flat, strict=False))
            places = [way.moved(steps, now) for way in ways]
            results = body(places, flat=flat[len(moving) :])
            # behind all uses, so that the sum needs no other register
            return [*(builder.add(now[one], i64(one[1])) for one in moving), *results]

        carried = [address for address, _ in moving]
        totals = counted_loop(builder, i64(0), extent, i64(1), [*carried, *start], turn)
        return totals[len(moving) :]

    @property
    def _is_single_strip(self) -> bool:
        """Whether the strip loop is known to have one turn."""
        row = self.work.row
        return row is not None and 1 <= row <= self._strip

    @property
    def _strip(self) -> int:
        """The most elements of a strip."""
        return self.vlen // 32 * self.rvv.lmul

    def _rows(self, depth: int, way: Way, vl: Value) -> list[dict[int, Accumulators]]:
        """Emits loop number `depth` with its rows side by side, then the rows left over."""
        builder, steps = self._builder, self.work.byte_steps(depth)
        extent = self._extent(self.work.nest.loops[depth].extent)
        start: Value = i64(0)
        places: Sequence[Value] = way.addresses
        for together in _groups_of_rows(self.ways):

            def some(index: Value, *first: Value, number: int = together) -> Sequence[Value]:
                del index
                rows = [Way(first, way.values).at(builder, steps, i64(r)) for r in range(number)]
                self._enter(depth + 1, rows, vl)
                return Way(first, {}).at(builder, steps, i64(number)).addresses

            end = builder.sub(extent, builder.urem(extent, i64(together)))
            count = i64(together)
            places = counted_loop(builder, start, end, count, places, some, f"rows{together}.")
            start = end
        return [{}]

    def _is_read(self, operand: int, *, innermost: bool) -> bool:
        """Whether an operand's value is needed: the body uses it, or inner loops carry it on."""
        argument = self.work.arguments[operand]
        used = argument is not None and bool(argument.uses)
        return used or (operand in self.work.outputs and not innermost)

    def _read(self, operand: int, way: Way, vl: Value) -> Accumulators:
        """An operand's element, its elements in all lanes, or fresh accumulators for it."""
        work, type_ = self.work, self.work.elements[operand]
        reduction = work.reduction(operand)
        place = pointer(self._builder, way.addresses[operand])
        if work.nest.is_vector(operand):
            elements = load(self.rvv, type_, place, self._lane_bytes(operand), vl)
            if reduction is None:
                return elements
            return in_each_lane(self.rvv, reduction.kind, elements, vl)
        if reduction is not None and self._is_one_strip(operand):
            return start_of(self.rvv, reduction.kind, place)
        element = load_one(self.rvv, type_, place)
        if reduction is None:
            return element
        return fresh(self.rvv, reduction.kind, element, self._row_lanes())

    def _write(self, output: int, way: Way, vl: Value) -> None:
        """Stores an output's value, gathered first if every lane has a part of it."""
        work, type_ = self.work, self.work.elements[output]
        place, result = pointer(self._builder, way.addresses[output]), way.values[output]
        reduction = work.reduction(output)
        if work.nest.is_vector(output):
            narrow = lanes_of(self.rvv, result, vl)
            stored = Lanes(self.rvv, vl, self.special).vector(narrow)
            store(self.rvv, type_, stored, place, self._lane_bytes(output), vl)
        elif reduction is not None:
            if not self._is_one_strip(output):
                result = gather(self.rvv, reduction.kind, result, self._row_lanes())
            self.rvv.store_one(result, place)
        else:
            store_one(self.rvv, type_, result, place)

    def _is_one_strip(self, output: int) -> bool:
        """Whether an output is what one strip makes of its start."""
        return self.work.is_of_one_strip(output, self._strip)

    def _row_lanes(self) -> Value:
        """The lanes that the strip loop uses: those of its first strip."""
        nest = self.work.nest
        return self.rvv.vsetvli(self._extent(nest.loops[nest.vector].extent))

    def _body(self, way: Way, vl: Value) -> dict[int, Accumulators]:
        """Evaluates the body on one strip; the outputs' values."""
        work = self.work
        lanes = Lanes(self.rvv, vl, self.special)
        found: dict[SSAValue, Value] = {
            argument: way.values[operand]
            for operand, argument in enumerate(work.arguments)
            if argument is not None and operand in way.values
        }
        gathering = {r.op for r in work.reductions if r is not None}
        for op in work.body.ops if work.body is not None else ():
            if op in gathering or not op.results:
                continue
            operands = [_value(lanes, found, operand) for operand in op.operands]
            found[op.results[0]] = LOWERINGS[type(op)](lanes, op, operands)
        return {output: self._result(output, lanes, way, found) for output in work.outputs}

    def _result(
        self, output: int, lanes: Lanes, way: Way, found: dict[SSAValue, Value]
    ) -> Accumulators:
        """An output's new value: what the body yields, or its accumulators with that taken in."""
        reduction = self.work.reduction(output)
        if reduction is None:
            value = _value(lanes, found, self.work.yielded(output))
            is_mask = value.type == I1 or isinstance(value, Opposite)
            return lanes.mask(value) if is_mask and self.work.nest.is_vector(output) else value
        part = lanes.vector(_value(lanes, found, reduction.value))
        so_far = way.values[output]
        if self._is_one_strip(output):
            return one_strip(self.rvv, reduction.kind, so_far, part, lanes.vl)
        keeps_tail = not self.work.nest.is_vector(output)
        return accumulate(self.rvv, reduction.kind, so_far, part, lanes.vl, keeps_tail=keeps_tail)

    def _lane_bytes(self, operand: int) -> int:
        """Bytes from one lane to the next."""
        return self.work.byte_steps(self.work.nest.vector)[operand]

    def _extent(self, extent: Extent) -> Value:
        """The number of iterations, i64."""
        return extent_value(self._builder, extent, self.sizes)


def _groups_of_rows(ways: int) -> Sequence[int]:
    """How many rows go side by side as long as there are as many: all ways, some, one."""
    return tuple(dict.fromkeys((ways, min(ways, _FEW), 1)))


_FEW = 4
"""Rows that are left over go side by side, too, if they are so many."""


def _advance(builder: Builder, address: Value, index: Value, step: int) -> Value:
    """The address `index` steps of `step` bytes further."""
    if step == 0:
        return address
    return builder.add(address, builder.mul(index, i64(step)))


def _flatten(ways: Sequence[Mapping[int, Accumulators]], outputs: Sequence[int]) -> list[Value]:
    """The values of `outputs`, way by way."""
    return [part for values in ways for output in outputs for part in _parts(values[output])]


def _unflatten(
    flat: Sequence[Value], outputs: Sequence[int], ways: Sequence[Way]
) -> list[dict[int, Accumulators]]:
    """`_flatten` undone; values have as many parts as those that `ways` hold."""
    parts = iter(flat)
    return [
        {
            output: Watched(next(parts), next(parts))
            if isinstance(way.values[output], Watched)
            else next(parts)
            for output in outputs
        }
        for way in ways
    ]


def _parts(value: Accumulators) -> tuple[Value, ...]:
    return (value.best, value.squares) if isinstance(value, Watched) else (value,)


def _value(lanes: Lanes, found: dict[SSAValue, Value], value: SSAValue) -> Value:
    """What `value` became; a constant from outside the body becomes a scalar at its use."""
    if value not in found:
        owner = value.owner
        assert isinstance(owner, arith.ConstantOp), value
        found[value] = LOWERINGS[arith.ConstantOp](lanes, owner, [])
    return found[value]
