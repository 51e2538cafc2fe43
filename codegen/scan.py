"""Vector code of scans: lanes are rows side by side, and each takes one step after the other.

    for each strip of rows:  total = what outs holds at the first step
        for each step:       total = total (+) x ; store total

Sums and products are carried in f64 and every step is rounded to f32 once, as those of reductions
are (`npu.codegen.reduction`); everything else is carried as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import f32
from xdsl.ir import Operation, SSAValue

from npu.codegen.arithmetic import LOWERINGS
from npu.codegen.elements import load, load_one, store
from npu.codegen.lanes import Lanes
from npu.codegen.llvm_ir import Builder, Value, counted_loop, i64, pointer
from npu.codegen.nest import Extent, Nest
from npu.codegen.rvv import Lmul, Rvv
from npu.codegen.special import SpecialFunction
from npu.codegen.structured import Structured
from npu.codegen.view import extent_value

_WIDE = (arith.AddfOp, arith.MulfOp)
"""What is carried in f64."""

_SIMPLE = 3
"""Operations of a body that leaves room for groups of several registers."""


@dataclass(frozen=True)
class ScanEmitter:
    """Emits a scan; `sizes` are the run-time sizes, `vlen` the bits of a vector register."""

    work: Structured
    builder: Builder
    vlen: int
    special: Mapping[str, SpecialFunction]
    sizes: Sequence[Value]

    def run(self, bases: Sequence[Value]) -> None:
        """Emits it on operands at the byte addresses `bases`."""
        self._outer(0, tuple(bases))

    @property
    def _nest(self) -> Nest:
        return self.work.nest

    def _outer(self, depth: int, addresses: tuple[Value, ...]) -> None:
        """Emits the loops around the strips from number `depth` on."""
        if depth == self._nest.vector:
            self._strips(addresses)
            return

        def body(index: Value) -> Sequence[Value]:
            self._outer(depth + 1, self._moved(addresses, depth, index))
            return ()

        extent = self._extent(self._nest.loops[depth].extent)
        counted_loop(self.builder, i64(0), extent, i64(1), (), body)

    def _strips(self, addresses: tuple[Value, ...]) -> None:
        rvv = Rvv(self.builder, self._lmul())

        def strip(done: Value, vl: Value) -> Sequence[Value]:
            self._steps(rvv, self._moved(addresses, self._nest.vector, done), vl)
            return ()

        rvv.strips(self._extent(self._nest.loops[self._nest.vector].extent), (), strip)

    def _steps(self, rvv: Rvv, addresses: tuple[Value, ...], vl: Value) -> None:
        """Emits the steps of one strip of rows."""
        along, (output,) = len(self._nest.loops) - 1, self.work.outputs
        start = self._read(rvv, output, addresses, vl)
        start = rvv.widen(start, vl) if self._is_wide else start

        def step(index: Value, total: Value) -> Sequence[Value]:
            here = self._moved(addresses, along, index)
            total = self._combined(rvv, total, here, vl)
            narrow = rvv.narrow(total, vl) if self._is_wide else total
            place = pointer(self.builder, here[output])
            store(rvv, self.work.elements[output], narrow, place, self._lane_bytes(output), vl)
            return (total,)

        extent = self._extent(self._nest.loops[along].extent)
        counted_loop(self.builder, i64(0), extent, i64(1), (start,), step, "step")

    def _combined(self, rvv: Rvv, total: Value, addresses: tuple[Value, ...], vl: Value) -> Value:
        """The total with one more value of each row."""
        work, lanes = self.work, Lanes(rvv, vl, self.special)
        assert work.body is not None
        found: dict[SSAValue, Value] = {work.body.args[-1]: total}
        for number, argument in enumerate(work.body.args[:-1]):
            if argument.uses:
                found[argument] = self._read(rvv, number, addresses, vl)
        for op in work.body.ops:
            if not op.results:
                continue
            if self._is_wide and op is self._last:
                term = lanes.vector(found[self._term])
                return self._wide(rvv, op, total, term, vl)
            operands = [found[operand] for operand in op.operands]
            found[op.results[0]] = LOWERINGS[type(op)](lanes, op, operands)
        return lanes.vector(found[work.yields[0]])

    def _wide(self, rvv: Rvv, op: Operation, total: Value, term: Value, vl: Value) -> Value:
        if isinstance(op, arith.AddfOp):
            return rvv.widening_add(total, term, vl)
        return rvv.binary("vfmul", total, rvv.widen(term, vl), vl)

    @property
    def _last(self) -> Operation | None:
        """What combines the total with a term."""
        owner = self.work.yields[0].owner
        return owner if isinstance(owner, Operation) else None

    @property
    def _term(self) -> SSAValue:
        """What is combined with the total."""
        assert self._last is not None
        assert self.work.body is not None
        return next(v for v in self._last.operands if v is not self.work.body.args[-1])

    @property
    def _is_wide(self) -> bool:
        """Whether the total is carried in f64: it is in nothing but one sum or product."""
        last, body = self._last, self.work.body
        if not isinstance(last, _WIDE) or body is None or last.results[0].type != f32:
            return False
        total = body.args[-1]
        return total.has_one_use() and total in last.operands

    def _lmul(self) -> Lmul:
        """Registers of a group: as many as the rows fill, up to four where the body is simple."""
        assert self.work.body is not None
        if len(list(self.work.body.ops)) > _SIMPLE:
            return 1
        rows = self._nest.loops[self._nest.vector].extent.known
        fitting: Sequence[Lmul] = (1, 2, 4)
        return next((n for n in fitting if rows is not None and rows <= self.vlen // 32 * n), 4)

    def _read(self, rvv: Rvv, number: int, addresses: tuple[Value, ...], vl: Value) -> Value:
        """An operand's elements in a strip, or the one that all of its rows share."""
        element, place = self.work.elements[number], pointer(self.builder, addresses[number])
        if self._nest.is_vector(number):
            return load(rvv, element, place, self._lane_bytes(number), vl)
        return load_one(rvv, element, place)

    def _lane_bytes(self, number: int) -> int:
        return self.work.byte_steps(self._nest.vector)[number]

    def _moved(self, addresses: tuple[Value, ...], depth: int, index: Value) -> tuple[Value, ...]:
        """The addresses `index` iterations of loop number `depth` further."""
        steps = self.work.byte_steps(depth)
        return tuple(
            self.builder.add(address, self.builder.mul(index, i64(step))) if step else address
            for address, step in zip(addresses, steps, strict=True)
        )

    def _extent(self, extent: Extent) -> Value:
        return extent_value(self.builder, extent, self.sizes)
