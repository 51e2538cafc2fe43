"""A module of the `tog` dialect to the simulator's `Program`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, cast

from xdsl.dialects.builtin import AffineMapAttr, MemRefType, ModuleOp
from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from npu.configs.errors import UserError
from npu.dialects import tog
from npu.dialects.dram_tensors import element_bytes
from npu.runtime.tog.exprs import Expressions
from npu.togsim.graph import (
    Access,
    Bounds,
    Buffer,
    DmaDim,
    Indices,
    Kernel,
    Launch,
    Load,
    Loop,
    Matmul,
    Node,
    Preload,
    Program,
    Store,
    Tensor,
    TileFunction,
    Vector,
    Wait,
)

Where = Callable[[Operation], str]
"""Names the place of an operation for a message: `file:line`, or its graph."""


def program_of(module: ModuleOp, where: Where) -> Program:
    """The program of a module that carries `tog.version`. Raises UserError, naming the place."""
    graphs = [op for op in module.ops if isinstance(op, tog.GraphOp)]
    tensors = [op for op in module.ops if isinstance(op, tog.TensorOp)]
    launches = [op for op in module.ops if isinstance(op, tog.LaunchOp)]
    if not launches:
        raise UserError(
            f"{where(module)}: the program holds no tog.launch, so that there is nothing to run; "
            "expected at least one (npu-derive-tog makes them from npu.launch in @main)"
        )
    graph_numbers = {op.sym_name.data: number for number, op in enumerate(graphs)}
    tensor_numbers = {op.sym_name.data: number for number, op in enumerate(tensors)}
    run_numbers = {op.run: number for number, op in enumerate(launches)}
    return Program(
        version=tog.VERSION,
        tensors=tuple(
            Tensor(
                op.sym_name.data,
                op.address.value.data,
                op.bytes.value.data,
                None if op.partition is None else op.partition.value.data,
            )
            for op in tensors
        ),
        kernels=tuple(_GraphReader(op, where).kernel() for op in graphs),
        launches=tuple(
            Launch(
                graph_numbers[op.graph.string_value()],
                tuple(tensor_numbers[one.string_value()] for one in op.tensors.data),
                tuple(run_numbers[cast(Any, run)] for run in op.after),
                **cast(Any, op.schedule),
                torch_ops=op.origin.torch_ops,
                torch_lines=op.origin.torch_lines,
            )
            for op in launches
        ),
    )


class _GraphReader:
    """Reads one graph; names what has no name."""

    def __init__(self, graph: tog.GraphOp, where: Where) -> None:
        self._graph = graph
        self._where = where
        self._exprs = Expressions()
        self._names: dict[SSAValue, str] = {}
        self._taken: set[str] = set()
        self._readers: Mapping[type[Operation], Callable[[Any], Node]] = {
            tog.LoopOp: self._loop,
            tog.ParallelOp: self._parallel,
            tog.LoadOp: self._transfer,
            tog.StoreOp: self._transfer,
            tog.WaitOp: self._wait,
            tog.PreloadOp: self._preload,
            tog.MatmulOp: self._matmul,
            tog.VectorOp: self._vector,
        }

    def kernel(self) -> Kernel:
        """The simulator's form."""
        graph, ops = self._graph, list(self._graph.body.block.ops)
        return Kernel(
            name=graph.sym_name.data,
            arguments=tuple(self._name(arg, "arg") for arg in graph.body.block.args),
            buffers=tuple(self._buffer(op) for op in ops if isinstance(op, tog.BufferOp)),
            functions=tuple(self._function(op) for op in ops if isinstance(op, tog.FunctionOp)),
            body=self._nodes(graph.body.block),
        )

    def _name(self, value: SSAValue, kind: str) -> str:
        """The value's name in the text, or a number behind its kind; unique in the graph."""
        if value in self._names:
            return self._names[value]
        base = value.name_hint or f"{kind}{len(self._taken)}"
        name, number = base, 0
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        self._names[value] = name
        return name

    def _buffer(self, op: tog.BufferOp) -> Buffer:
        slots, *shape = op.type.get_shape()
        size = element_bytes(op.type)
        name = self._name(op.buffer, "buffer")
        return Buffer(name, slots, tuple(shape), size, op.offset.value.data)

    def _function(self, op: tog.FunctionOp) -> TileFunction:
        figures = op.figures
        if figures is None and op.sizes:
            cases = ", ".join(f"({', '.join(map(str, case))})" for case in op.sizes)
            self._fail(
                op,
                f"tile function '{op.sym_name.data}' has no cycles for the sizes {cases}; expected "
                "a figure for each, as in `cases [(4) = 80]` (`npu run` fills them in)",
            )
        return TileFunction(op.sym_name.data, figures or {})

    def _nodes(self, block: Block) -> tuple[Node, ...]:
        declared = (tog.BufferOp, tog.FunctionOp)
        return tuple(self._node(op) for op in block.ops if not isinstance(op, declared))

    def _node(self, op: Operation) -> Node:
        reader = self._readers.get(type(op))
        if reader is None:
            self._fail(op, f"{op.name} is no operation of a graph")
        return reader(op)

    def _loop(self, op: tog.LoopOp) -> Loop:
        return self._loops(op.body.block, [op.bounds], parallel=False)

    def _parallel(self, op: tog.ParallelOp) -> Loop:
        return self._loops(op.body.block, op.bounds, parallel=True)

    def _wait(self, op: tog.WaitOp) -> Wait:
        return Wait(self._awaited(op, op.token))

    def _awaited(self, op: Operation, token: SSAValue) -> str:
        if token not in self._names:
            self._fail(op, f"{op.name} stands before a transfer it waits for; expected it behind")
        return self._names[token]

    def _preload(self, op: tog.PreloadOp) -> Preload:
        rows, cols = self._exprs.size(op.rows, op.ivs), self._exprs.size(op.cols, op.ivs)
        element = str(cast(MemRefType[Any], op.buffer.type).element_type)
        return Preload(rows, cols, self._access(op.buffer, op.reads, op.ivs), element)

    def _matmul(self, op: tog.MatmulOp) -> Matmul:
        return Matmul(
            self._exprs.product(op.rows, op.ivs),
            self._access(op.source, op.reads, op.ivs),
            self._access(op.accumulator, op.writes, op.ivs),
        )

    def _loops(
        self, block: Block, bounds: Sequence[tuple[int, int, int]], *, parallel: bool
    ) -> Loop:
        """One loop for each bound, one directly in the other."""
        names = [self._name(iv, "iv") for iv in block.args]
        for iv, name, bound in zip(block.args, names, bounds, strict=True):
            self._exprs.enter_loop(iv, name, *bound)
        body = self._nodes(block)
        for name, (lower, upper, step) in reversed(list(zip(names, bounds, strict=True))):
            body = (Loop(name, lower, upper, step, body, parallel),)
        return cast(Loop, body[0])

    def _transfer(self, op: tog.LoadOp | tog.StoreOp) -> Load | Store:
        kind = Load if isinstance(op, tog.LoadOp) else Store
        after = tuple(self._awaited(op, token) for token in op.after)
        more: dict[str, Any] = {}
        if op.by is not None:
            more["indices"] = self._access(op.by.buffer, op.by.access, op.ivs)
        if op.by is not None and kind is Store:
            more["combines"] = op.by.combines
        return kind(
            self._name(op.token, "t"),
            cast(BlockArgument, op.tensor).index,
            self._exprs.value(op.offset, op.ivs),
            tuple(self._dim(dim, op) for dim in op.dims),
            element_bytes(op.tensor_type),
            self._access(op.buffer, op.access, op.ivs),
            after,
            **more,
        )

    def _dim(self, dim: tog.WalkDim, op: tog.LoadOp | tog.StoreOp) -> DmaDim:
        ivs = op.ivs
        size = self._exprs.size(dim.size, ivs)
        if dim.bounds is None:
            return DmaDim(size, dim.stride)
        if isinstance(dim.bounds, tog.IndicesAttr):
            argument = cast(BlockArgument, op.index_source).index
            at = self._exprs.value(dim.bounds.first, ivs)
            found = Indices(argument, at, dim.bounds.extent.value.data)
            return DmaDim(size, dim.stride, None, found)
        first, within = self._exprs.value(dim.bounds.first, ivs), dim.bounds
        return DmaDim(
            size, dim.stride, Bounds(first, within.extent.value.data, within.step.value.data)
        )

    def _vector(self, op: tog.VectorOp) -> Vector:
        reads = zip(op.inputs, op.reads, strict=True)
        writes = zip(op.outputs, op.writes, strict=True)
        return Vector(
            op.function.string_value(),
            self._sizes(op.sizes, op.ivs),
            tuple(self._access(buffer, one, op.ivs) for buffer, one in reads),
            tuple(self._access(buffer, one, op.ivs) for buffer, one in writes),
        )

    def _sizes(self, maps: Iterable[AffineMapAttr], ivs: Sequence[SSAValue]) -> tuple[Any, ...]:
        return tuple(self._exprs.size(one, ivs) for one in maps)

    def _access(
        self, buffer: SSAValue, rectangle: tog.RectangleAttr, ivs: Sequence[SSAValue]
    ) -> Access:
        return Access(
            self._name(buffer, "buffer"),
            self._exprs.value(rectangle.slot, ivs),
            tuple(self._exprs.value(one, ivs) for one in rectangle.lo),
            self._sizes(rectangle.size, ivs),
        )

    def _fail(self, op: Operation, why: str) -> NoReturn:
        raise UserError(f"{self._where(op)}: kernel '{self._graph.sym_name.data}': {why}")
