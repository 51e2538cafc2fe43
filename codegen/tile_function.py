"""`npu.compute` -> one LLVM function of explicit vector code (the ABI is in docs/design.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import Block, Operation, SSAValue

from npu.codegen.arithmetic import LOWERINGS
from npu.codegen.lanes import Lanes
from npu.codegen.llvm_ir import (
    F32,
    Builder,
    Module,
    Value,
    counted_loop,
    i64,
    new_function,
    pointer,
)
from npu.codegen.nest import Extent
from npu.codegen.pressure import choose_lmul
from npu.codegen.reduction import accumulate, gather, neutral
from npu.codegen.rvv import Rvv
from npu.codegen.special import SpecialFunction
from npu.codegen.structured import SizeNumbers, Structured, size_numbers, structured
from npu.dialects.npu import ComputeOp

_ELEMENT_BYTES = 4


def emit_tile_function(
    module: Module, op: ComputeOp, special: Mapping[str, SpecialFunction]
) -> None:
    """Defines the function of `op`: its structured operations one after another."""
    numbers = size_numbers(op)
    function, builder = new_function(module, op.sym_name.data, _parameter_names(op, numbers))
    addresses: dict[SSAValue, Value] = {}
    sizes: list[Value] = []
    parameters = iter(function.args)
    for argument in op.body.block.args:
        addresses[argument] = next(parameters)
        sizes += [next(parameters) for key in numbers if key[0] is argument]
    for inner in op.body.block.ops:
        if not isinstance(inner, linalg.GenericOp | linalg.FillOp):
            continue
        work = structured(inner, numbers)
        rvv = Rvv(builder, choose_lmul(work, special))
        bases = [addresses[operand] for operand in work.operands]
        NestEmitter(work, rvv, special, sizes).run(bases)
    builder.ret_void()


def _parameter_names(op: ComputeOp, numbers: SizeNumbers) -> list[str]:
    """A name for each parameter, in the ABI's order."""
    names: list[str] = []
    for position, argument in enumerate(op.body.block.args):
        names.append(f"operand{position}")
        names += [f"size{position}_{key[1]}" for key in numbers if key[0] is argument]
    return names


@dataclass(frozen=True)
class NestEmitter:
    """Emits one loop nest, recursively from the outermost loop."""

    work: Structured
    rvv: Rvv
    special: Mapping[str, SpecialFunction]
    sizes: Sequence[Value]

    @property
    def _builder(self) -> Builder:
        return self.rvv.builder

    def run(self, bases: Sequence[Value]) -> None:
        """Emits the nest on operands at the byte addresses `bases`."""
        self._enter(0, bases, {}, i64(0))

    def _enter(
        self, depth: int, addresses: Sequence[Value], known: Mapping[int, Value], vl: Value
    ) -> dict[int, Value]:
        """Emits what lies inside the first `depth` loops.

        `known` holds the operands read so far and the accumulators of outputs. Returns the outputs'
        new values; those at home at this depth are stored here.
        """
        nest, work = self.work.nest, self.work
        level = depth - 1
        here = [o for o in range(len(work.operands)) if nest.level(o) == level]
        values = {**known, **self._read(here, addresses, vl, innermost=depth == len(nest.loops))}
        if depth == len(nest.loops):
            results = self._body(values, vl)
        else:
            results = self._loop(depth, addresses, values, vl)
        for output in (o for o in here if o in work.outputs):
            self._write(output, addresses[output], results[output], vl)
        return results

    def _loop(
        self, depth: int, addresses: Sequence[Value], values: Mapping[int, Value], vl: Value
    ) -> dict[int, Value]:
        """Emits loop number `depth`, carrying the outputs that it does not move."""
        nest, builder = self.work.nest, self._builder
        loop = nest.loops[depth]
        carried = [o for o in self.work.outputs if nest.level(o) < depth]

        def body(index: Value, length: Value, *accumulators: Value) -> list[Value]:
            moved = [
                _advance(builder, address, index, stride)
                for address, stride in zip(addresses, loop.strides, strict=True)
            ]
            inside = {**values, **dict(zip(carried, accumulators, strict=True))}
            results = self._enter(depth + 1, moved, inside, length)
            return [results[o] for o in carried]

        def scalar_body(index: Value, *accumulators: Value) -> list[Value]:
            return body(index, vl, *accumulators)

        extent = self._extent(loop.extent)
        start = [values[o] for o in carried]
        if depth == nest.vector:
            totals = self.rvv.strips(extent, start, body)
        else:
            totals = counted_loop(builder, i64(0), extent, i64(1), start, scalar_body)
        return dict(zip(carried, totals, strict=True))

    def _read(
        self, operands: Sequence[int], addresses: Sequence[Value], vl: Value, *, innermost: bool
    ) -> dict[int, Value]:
        """Reads operands; an output only if its element is used or is carried by inner loops."""
        values: dict[int, Value] = {}
        for operand in operands:
            argument = self.work.arguments[operand]
            unused = argument is None or not argument.uses
            if self.work.nest.is_summed_over_lanes(operand) and operand in self.work.outputs:
                values[operand] = self._neutral(operand)
            elif not (unused and (innermost or operand not in self.work.outputs)):
                values[operand] = self._load(operand, addresses[operand], vl)
        return values

    def _load(self, operand: int, address: Value, vl: Value) -> Value:
        """An operand's element, or its elements in all lanes."""
        place = pointer(self._builder, address)
        if not self.work.nest.is_vector(operand):
            return self._builder.load(place, typ=F32)
        return self.rvv.load(place, self._lane_bytes(operand), vl)

    def _write(self, output: int, address: Value, result: Value, vl: Value) -> None:
        """Stores an output's value, gathered first if every lane has a part of it."""
        builder = self._builder
        place = pointer(builder, address)
        reduction = self.work.reduction(output)
        if reduction is not None:
            start = builder.load(place, typ=F32)
            lanes = self._row_lanes()
            builder.store(gather(self.rvv, reduction.kind, result, start, lanes), place)
        elif self.work.nest.is_vector(output):
            stored = Lanes(self.rvv, vl, self.special).vector(result)
            self.rvv.store(stored, place, self._lane_bytes(output), vl)
        else:
            builder.store(result, place)

    def _neutral(self, output: int) -> Value:
        """Fresh accumulators of an output."""
        reduction = self.work.reduction(output)
        assert reduction is not None
        return neutral(self.rvv, reduction.kind, self._row_lanes())

    def _row_lanes(self) -> Value:
        """The lanes that the strip loop uses: those of its first strip."""
        nest = self.work.nest
        return self.rvv.vsetvli(self._extent(nest.loops[nest.vector].extent))

    def _body(self, values: Mapping[int, Value], vl: Value) -> dict[int, Value]:
        """Evaluates the body on one strip; the outputs' values."""
        work = self.work
        lanes = Lanes(self.rvv, vl, self.special)
        found: dict[SSAValue, Value] = {}
        for operand, argument in enumerate(work.arguments):
            if argument is not None and operand in values:
                found[argument] = values[operand]
        reducing = {r.op for r in work.reductions if r is not None}
        if work.body is not None:
            self._evaluate(work.body, lanes, found, skip=reducing)
        results: dict[int, Value] = {}
        for output in work.outputs:
            reduction = work.reduction(output)
            if reduction is None:
                results[output] = _value(lanes, found, work.yielded(output))
                continue
            part = lanes.vector(_value(lanes, found, reduction.value))
            results[output] = accumulate(self.rvv, reduction.kind, values[output], part, vl)
        return results

    @staticmethod
    def _evaluate(
        body: Block, lanes: Lanes, found: dict[SSAValue, Value], skip: set[Operation]
    ) -> None:
        """Emits the operations of `body` but its terminator and `skip`."""
        for op in body.ops:
            if op is body.last_op or op in skip:
                continue
            operands = [_value(lanes, found, operand) for operand in op.operands]
            found[op.results[0]] = LOWERINGS[type(op)](lanes, op, operands)

    def _lane_bytes(self, operand: int) -> int:
        """Bytes from one lane to the next."""
        nest = self.work.nest
        return _ELEMENT_BYTES * nest.loops[nest.vector].strides[operand]

    def _extent(self, extent: Extent) -> Value:
        """The number of iterations, i64."""
        total = i64(extent.factor)
        for number in extent.dynamic:
            total = self._builder.mul(total, self.sizes[number])
        return total


def _advance(builder: Builder, address: Value, index: Value, stride: int) -> Value:
    """The address `index` steps of `stride` elements further."""
    if stride == 0:
        return address
    return builder.add(address, builder.mul(index, i64(stride * _ELEMENT_BYTES)))


def _value(lanes: Lanes, found: dict[SSAValue, Value], value: SSAValue) -> Value:
    """What `value` became; a constant from outside the body becomes a scalar at its use."""
    if value not in found:
        owner = value.owner
        assert isinstance(owner, arith.ConstantOp), value
        found[value] = LOWERINGS[arith.ConstantOp](lanes, owner, [])
    return found[value]
