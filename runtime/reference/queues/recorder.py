"""Walks a kernel as a core's front does, and makes instructions of what it would hand to queues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects import affine, memref, scf
from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import Operation, SSAValue

from npu.dialects import npu
from npu.passes.place.scratchpad_uses import buffer_of
from npu.runtime.reference import control, memory, scalars, transfers
from npu.runtime.reference.frame import Array, Frame, Handler, refuse
from npu.runtime.reference.queues.interlocks import Interlocks, Rectangle
from npu.runtime.reference.queues.moments import Effect, Instruction, Moment


@dataclass(eq=False)
class Weights:
    """What an `npu.preload` gives: the tile, once it has taken effect."""

    instruction: Instruction | None = None
    """None for an empty tile, which no array is given."""

    values: Array | None = None


class Recorder:
    """The instructions of one core in one launch."""

    def __init__(self, core: int, apart: Callable[[], Frame]) -> None:
        self.core = core
        self.moments: list[Moment] = []
        """All of them, those of an instruction one behind the other."""
        self.instructions: list[Instruction] = []
        """Those that take a place in a queue, in the order of the program."""
        self.handlers: dict[type[Operation], Handler] = self._handlers()
        """What walks a kernel: index mathematics and views at once, instructions recorded."""
        self._apart = apart
        self._interlocks = Interlocks()
        self._last_load = self._last_store = self._last_compute = self._gate = self._moment()
        self._last_scatter = self._gate

    def _handlers(self) -> dict[type[Operation], Handler]:
        at_once = {
            op: control.HANDLERS[op]
            for op in (scf.ForOp, affine.ApplyOp, affine.MinOp, npu.ParallelOp)
        }
        misplaced = (npu.CopyOp, linalg.GenericOp, linalg.FillOp, linalg.TransposeOp)
        return {
            **scalars.HANDLERS,
            **at_once,
            memref.SubviewOp: memory.HANDLERS[memref.SubviewOp],
            **dict.fromkeys(misplaced, _refuse),
            npu.AllocOp: self._alloc,
            npu.DmaLoadOp: self._load,
            npu.DmaStoreOp: self._store,
            npu.WaitOp: self._wait,
            npu.PreloadOp: self._preload,
            npu.MatmulOp: self._matmul,
            npu.ComputeOp: self._compute,
        }

    def _moment(self, effect: Effect | None = None, *, is_transfer: bool = False) -> Moment:
        self.moments.append(Moment(self.core, len(self.moments), effect, is_transfer))
        return self.moments[-1]

    def _enter(
        self,
        instruction: Instruction,
        frame: Frame,
        reads: Sequence[SSAValue],
        writes: Sequence[SSAValue],
    ) -> None:
        self.instructions.append(instruction)
        rectangles = [self._rectangles(values, frame) for values in (reads, writes)]
        self._interlocks.enter(instruction, *rectangles)

    def _rectangles(self, values: Sequence[SSAValue], frame: Frame) -> list[Rectangle]:
        found: list[Rectangle | None] = []
        for value in values:
            buffer = buffer_of(value)
            assert buffer is not None
            found.append(self._interlocks.rectangle(buffer, frame.array(value)))
        return [rectangle for rectangle in found if rectangle is not None]

    def _alloc(self, op: Operation, frame: Frame) -> None:
        memory.HANDLERS[npu.AllocOp](op, frame)
        self._interlocks.add(op, frame.array(op.results[0]))

    def _load(self, op: Operation, frame: Frame) -> None:
        """The next of its queue may start when this one has, and be complete ahead of it."""
        load, move = cast(npu.DmaLoadOp, op), transfers.prepare(op, frame)
        start, complete = self._moment(), self._moment(move.load, is_transfer=True)
        complete.after(start)
        start.after(self._last_load)
        self._last_load = start
        self._token(load, frame, Instruction(start, complete, complete))
        self._enter(frame.get(load.token), frame, _indices_of(load), [load.view])

    def _store(self, op: Operation, frame: Frame) -> None:
        """What it reads leaves at once; the tensor has it when the store is complete."""
        store, move = cast(npu.DmaStoreOp, op), transfers.prepare(op, frame)
        taken: list[Array] = []

        def taking() -> None:
            taken.append(move.view.copy())
            move.hold_indices()

        take = self._moment(taking, is_transfer=True)
        complete = self._moment(lambda: move.store(taken.pop()), is_transfer=True)
        if store.by is not None:
            take.after(self._last_scatter)
            self._last_scatter = complete
        complete.after(take)
        take.after(self._last_store)
        self._last_store = take
        self._token(store, frame, Instruction(take, take, complete))
        self._enter(frame.get(store.token), frame, [store.view, *_indices_of(store)], [])

    def _token(self, op: npu.DmaOp, frame: Frame, instruction: Instruction) -> None:
        """A token is its latest transfer in the order of the program."""
        for token in op.after:
            instruction.start.after(frame.get(token).complete)
        frame.set(op, instruction)

    def _wait(self, op: Operation, frame: Frame) -> None:
        """What is executed behind it passes this gate; transfers do not."""
        gate = self._moment()
        gate.after(self._gate)
        gate.after(frame.get(op.operands[0]).complete)
        self._gate = gate
        self.instructions.append(Instruction.at_once(gate))

    def _preload(self, op: Operation, frame: Frame) -> None:
        preload, weights = cast(npu.PreloadOp, op), Weights()
        source = frame.array(preload.source)
        frame.set(op, weights)
        if source.size == 0:
            return

        def effect() -> None:
            weights.values = source.copy()

        moment = self._executed(effect)
        weights.instruction = Instruction.at_once(moment)
        self._enter(weights.instruction, frame, [preload.source], [])

    def _matmul(self, op: Operation, frame: Frame) -> None:
        """Rows are pushed; later, the results are in the accumulator."""
        matmul = cast(npu.MatmulOp, op)
        weights = cast(Weights, frame.get(matmul.weights))
        rows, target = frame.array(matmul.rows), frame.array(matmul.accumulator)
        keep = control.keeps(matmul, frame)
        if rows.size == 0 or weights.instruction is None:
            return
        products: list[Array] = []

        def push() -> None:
            assert weights.values is not None
            products.append(control.product(matmul, rows, weights.values, target))

        def add() -> None:
            control.put(products.pop(), target, keep=keep)

        start, pushed, complete = self._executed(None), self._moment(push), self._moment(add)
        start.after(weights.instruction.complete)
        pushed.after(start)
        complete.after(pushed)
        instruction = Instruction(start, pushed, complete, is_matmul=True)
        self._enter(instruction, frame, [matmul.rows], [matmul.accumulator])

    def _compute(self, op: Operation, frame: Frame) -> None:
        compute = cast(npu.ComputeOp, op)
        operands: list[Any] = [frame.get(v) for v in compute.operands]
        moment = self._executed(lambda: _run_body(compute, self._apart(), operands))
        moment.after(self._last_compute)
        self._last_compute = moment
        self._enter(Instruction.at_once(moment), frame, compute.inputs, compute.outputs)

    def _executed(self, effect: Effect | None) -> Moment:
        """The first moment of an instruction of the execute queue."""
        moment = self._moment(effect)
        moment.after(self._gate)
        return moment


def _indices_of(op: npu.DmaOp) -> list[SSAValue]:
    """What a gather or a scatter reads to know its places."""
    return [] if op.by is None else [op.by.indices]


def _run_body(compute: npu.ComputeOp, frame: Frame, operands: Sequence[Any]) -> None:
    frame.run_block(compute.body.block, *operands)


def _refuse(op: Operation, _: Frame) -> None:
    raise refuse(
        op,
        "it has no place in a queue",
        "transfers and npu.compute, which npu-insert-dma and npu-tile make, "
        "or the order of the program",
    )
