"""One kernel to one graph: a walk over its operations by a table of converters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from xdsl.dialects import affine, arith, memref, scf
from xdsl.dialects.builtin import MemRefType
from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue

from npu.dialects import npu, tog
from npu.passes.tog.access import ByIndex, Encoder, rectangle_of
from npu.passes.tog.boxes import Boxes
from npu.passes.tog.cases import combinations
from npu.passes.tog.effects import Effects
from npu.passes.tog.errors import refuse
from npu.passes.tog.index import IndexValues
from npu.passes.tog.minimum import Minimum, number
from npu.passes.tog.reads import read_operands
from npu.passes.tog.views import Views

WITHOUT_TIME = (
    arith.ConstantOp,
    arith.CmpiOp,
    arith.OrIOp,
    arith.AndIOp,
    affine.ApplyOp,
    affine.MinOp,
    memref.SubviewOp,
    scf.YieldOp,
    npu.YieldOp,
    npu.ReturnOp,
)
"""Operations of kernels that a graph has nothing for: index mathematics, views, conditions."""


def graph_of(kernel: npu.KernelOp) -> tuple[tog.GraphOp, Effects]:
    """The tile-operation graph of a kernel in final form, and what it does to its arguments.

    Raises UserError by rules R1 to R7.
    """
    derivation = _Derivation(kernel)
    return derivation.graph(), derivation.effects


class _Derivation:
    """The state of one kernel's walk."""

    def __init__(self, kernel: npu.KernelOp) -> None:
        self._kernel = kernel
        self._index = IndexValues()
        self._views = Views(self._index)
        self._boxes = Boxes(self._index, self._views)
        self.effects = Effects()
        self._values: dict[SSAValue, SSAValue] = {}
        """Tensors, buffers and tokens of the kernel to those of the graph."""
        self._ivs: dict[int, SSAValue] = {}
        self._around: list[int] = []
        """Numbers of the loops around the current operation."""
        self._buffers: list[Operation] = []
        self._cases: dict[str, set[tuple[int, ...]]] = {}
        self._converters: Mapping[type[Operation], Callable[[Any], Operation]] = {
            scf.ForOp: self._loop,
            npu.ParallelOp: self._parallel,
            npu.DmaLoadOp: self._load,
            npu.DmaStoreOp: self._store,
            npu.WaitOp: self._wait,
            npu.PreloadOp: self._preload,
            npu.MatmulOp: self._matmul,
            npu.ComputeOp: self._vector,
        }

    def graph(self) -> tog.GraphOp:
        """The whole graph."""
        kernel = self._kernel
        graph = tog.GraphOp(kernel.sym_name.data, list(kernel.function_type.inputs))
        block = graph.body.block
        for old, new in zip(kernel.body.block.args, block.args, strict=True):
            self._carry(old, new)
        nodes = self._convert_all(kernel.body.block)
        functions = [tog.FunctionOp(name, sorted(c)) for name, c in self._cases.items()]
        block.add_ops([*self._buffers, *functions, *nodes])
        return graph

    def _carry(self, old: SSAValue, new: SSAValue) -> None:
        """Makes `new` stand for `old`, under its name."""
        new.name_hint = old.name_hint
        self._values[old] = new

    def _convert_all(self, block: Block) -> list[Operation]:
        nodes: list[Operation] = []
        for op in block.ops:
            if isinstance(op, WITHOUT_TIME):
                continue
            if isinstance(op, npu.AllocOp):
                self._buffers.append(self._buffer(op))
                continue
            convert = self._converters.get(type(op))
            if convert is None:
                expected = ", ".join(sorted(known.name for known in self._converters))
                refuse(op, "R6", f"{op.name} has no place in a graph; expected {expected}")
            nodes.append(convert(op))
        return nodes

    def _buffer(self, op: npu.AllocOp) -> Operation:
        if op.offset is None:
            refuse(op, "R3", "the buffer has no scratchpad offset; run npu-place before")
        buffer = tog.BufferOp(cast(MemRefType[Any], op.buffer.type), op.offset.value.data)
        self._carry(op.buffer, buffer.buffer)
        return buffer

    # --- loops ---

    def _loop(self, op: scf.ForOp) -> Operation:
        if op.iter_args:
            refuse(op, "R2", "a loop must not carry values (iter_args)")
        bounds = [
            self._index.constant(value, op, "a loop bound") for value in (op.lb, op.ub, op.step)
        ]
        lower, upper, step = bounds
        loop = tog.LoopOp(lower, upper, step)
        self._fill(op.body.block, loop.body, [(lower, upper, step)])
        return loop

    def _parallel(self, op: npu.ParallelOp) -> Operation:
        lower, upper, step = (list(column) for column in zip(*op.bounds, strict=True))
        parallel = tog.ParallelOp(lower, upper, step)
        self._fill(op.body.block, parallel.body, op.bounds)
        return parallel

    def _fill(self, old: Block, body: Region, bounds: Sequence[tuple[int, int, int]]) -> None:
        """Converts a loop's body."""
        entered: list[int] = []
        for iv, new, bound in zip(old.args, body.block.args, bounds, strict=True):
            entered.append(self._index.enter_loop(iv, *bound))
            new.name_hint = iv.name_hint
            self._ivs[entered[-1]] = new
        self._around += entered
        body.block.add_ops(self._convert_all(old))
        del self._around[-len(entered) :]

    # --- transfers ---

    def _load(self, op: npu.DmaLoadOp) -> Operation:
        return self._transfer(op, tog.LoadOp)

    def _store(self, op: npu.DmaStoreOp) -> Operation:
        return self._transfer(op, tog.StoreOp)

    def _transfer(self, op: npu.DmaOp, kind: type[tog.LoadOp | tog.StoreOp]) -> Operation:
        """The walk goes over the tensor's dimensions, outermost first, whatever the permutation."""
        argument = cast(BlockArgument, op.tensor).index
        self.effects.add(argument, self._boxes.part(op), is_write=kind is tog.StoreOp)
        offset, walked = self._boxes.offset(op), self._boxes.walked(op)
        rectangle = rectangle_of(self._views.of(op.view, op), op)
        minima = [m for one in walked for m in one.minima]
        by = next((w.within for w in walked if isinstance(w.within, ByIndex)), None)
        held = () if by is None else by.rectangle.minima
        encoder = self._encoder([offset, *minima, *rectangle.minima, *held])
        buffer, access = encoder.access(rectangle, self._values)
        transfer = kind(
            self._values[op.tensor],
            buffer,
            encoder.ivs,
            encoder.expression(offset),
            [encoder.dim(one.size, one.stride, one.within) for one in walked],
            access,
            [self._values[token] for token in op.after],
            None if by is None else self._by(op, by, encoder),
        )
        self._carry(op.token, transfer.token)
        return transfer

    def _by(self, op: npu.DmaOp, by: ByIndex, encoder: Encoder) -> tog.IndexedBy:
        """Where the indices of a gather or a scatter come from."""
        buffer, access = encoder.access(by.rectangle, self._values)
        combines = op.combine is not None
        return tog.IndexedBy(self._values[by.source], buffer, access, combines)

    def _wait(self, op: npu.WaitOp) -> Operation:
        return tog.WaitOp(self._values[op.token])

    # --- computation ---

    def _preload(self, op: npu.PreloadOp) -> Operation:
        view = self._views.of(op.source, op)
        rows, cols = self._product(view.shape[:-1], op), view.shape[-1]
        rectangle = rectangle_of(view, op)
        encoder = self._encoder([rows, cols, *rectangle.minima])
        access = encoder.access(rectangle, self._values)
        return tog.PreloadOp(
            access, encoder.ivs, encoder.expression(rows), encoder.expression(cols)
        )

    def _product(self, sizes: Sequence[Minimum], op: Operation) -> Minimum:
        """The size of several dimensions taken as one."""
        total = number(1)
        for size in sizes:
            total, factor = (total, size) if size.constant is not None else (size, total)
            if factor.constant is None:
                refuse(op, "R1", "the rows are a product of two sizes that vary")
            total = total.times(factor.constant, self._index.ranges)
        return total

    def _matmul(self, op: npu.MatmulOp) -> Operation:
        result = self._views.of(op.accumulator, op)
        rows = [size for size in result.shape[:-1] if size.constant != 1] or [number(1)]
        source = rectangle_of(self._views.of(op.rows, op), op, may_step=True)
        accumulator = rectangle_of(result, op)
        encoder = self._encoder([*rows, *source.minima, *accumulator.minima])
        return tog.MatmulOp(
            encoder.access(source, self._values),
            encoder.access(accumulator, self._values),
            encoder.ivs,
            [encoder.expression(size) for size in rows],
        )

    def _vector(self, op: npu.ComputeOp) -> Operation:
        operands = [*op.inputs, *op.outputs]
        sizes = [size for one in operands for size in self._views.dynamic_sizes(one, op)]
        reads = [rectangle_of(self._views.of(one, op), op) for one in read_operands(op)]
        writes = [rectangle_of(self._views.of(one, op), op) for one in op.outputs]
        self._add_cases(op.sym_name.data, sizes)
        minima = [m for rectangle in (*reads, *writes) for m in rectangle.minima]
        encoder = self._encoder([*sizes, *minima])
        return tog.VectorOp(
            op.sym_name.data,
            [encoder.expression(size) for size in sizes],
            [encoder.access(one, self._values) for one in reads],
            [encoder.access(one, self._values) for one in writes],
            encoder.ivs,
        )

    def _add_cases(self, name: str, sizes: list[Minimum]) -> None:
        domains = {number: self._index.domains[number] for number in self._around}
        cases = self._cases.setdefault(name, set())
        cases.update(combinations(sizes, domains))

    def _encoder(self, minima: Sequence[Minimum]) -> Encoder:
        return Encoder(minima, self._ivs)
