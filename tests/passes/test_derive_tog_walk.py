"""A derived graph does what its kernel does: both walked step by step with plain integers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, cast

import pytest
from xdsl.context import Context
from xdsl.dialects import affine, arith, get_all_dialects, scf
from xdsl.dialects.builtin import IntegerAttr, MemRefType, ModuleOp
from xdsl.dialects.memref import SubviewOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.parser import Parser

from npu.configs.errors import UserError
from npu.dialects import npu
from npu.dialects.dram_tensors import dram_tensors, element_bytes
from npu.dialects.tog import FunctionOp
from npu.dialects.views import kept_dims, offsets_of, sizes_of
from npu.passes.tog.derive_tog import DeriveTogPass
from npu.passes.universe import DIALECTS
from npu.runtime.tog.loader import load_module
from npu.togsim.graph import Access, Kernel, Load, Loop, Matmul, Node, Preload, Store, Vector
from npu.togsim.graph.expr import Expr, evaluate

EXAMPLES = Path(__file__).parents[2] / "test" / "lit" / "passes" / "derive_tog.mlir"

Step = tuple[Any, ...]
"""What one operation does, in plain numbers."""


def context() -> Context:
    found = Context()
    for name, factory in {**get_all_dialects(), **DIALECTS}.items():
        found.register_dialect(name, factory)
    return found


def derived(text: str) -> ModuleOp:
    found = context()
    module = Parser(found, text).parse_module()
    DeriveTogPass().apply(found, module)
    module.verify()
    return module


@dataclass
class View:
    root: SSAValue
    lo: list[int]
    size: list[int]
    dims: list[int]


@dataclass
class KernelWalk:
    """Interprets the index mathematics and the views of a kernel."""

    kernel: npu.KernelOp
    index: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    views: dict[SSAValue, View] = field(default_factory=dict[SSAValue, View])

    def steps(self) -> Iterator[Step]:
        yield from self.block(self.kernel.body.block)

    def whole(self, value: SSAValue) -> None:
        shape = list(cast(MemRefType[Any], value.type).get_shape())
        self.views[value] = View(value, [0] * len(shape), shape, list(range(len(shape))))

    def number(self, value: int | SSAValue) -> int:
        return value if isinstance(value, int) else self.index[value]

    def block(self, block: Block) -> Iterator[Step]:
        for op in block.ops:
            yield from self.op(op)

    def op(self, op: Operation) -> Iterator[Step]:
        match op:
            case scf.ForOp():
                for i in range(*(self.index[b] for b in (op.lb, op.ub, op.step))):
                    self.index[op.body.block.args[0]] = i
                    yield from self.block(op.body.block)
            case npu.ParallelOp():
                for point in product(*(range(*bound) for bound in op.bounds)):
                    self.index.update(zip(op.body.block.args, point, strict=True))
                    yield from self.block(op.body.block)
            case npu.DmaLoadOp():
                yield ("load", *self.dram(op), self.spad(op.view))
            case npu.DmaStoreOp():
                yield ("store", *self.dram(op), self.spad(op.view))
            case npu.PreloadOp():
                yield ("preload", *self.shape(op.source), self.spad(op.source))
            case npu.MatmulOp():
                rows = self.shape(op.rows)[0]
                yield "matmul", rows, self.spad(op.rows), self.spad(op.accumulator)
            case npu.ComputeOp():
                writes = tuple(map(self.spad, op.outputs))
                yield "vector", op.sym_name.data, self.dynamic_sizes(op), writes
            case _:
                self.define(op)

    def define(self, op: Operation) -> None:
        match op:
            case arith.ConstantOp(value=IntegerAttr() as attribute):
                self.index[op.result] = attribute.value.data
            case affine.ApplyOp() | affine.MinOp():
                values = [self.index[operand] for operand in op.operands]
                self.index[op.results[0]] = min(op.map.data.eval(values, []))
            case SubviewOp():
                self.views[op.result] = self.subview(op)
            case npu.AllocOp():
                self.whole(op.buffer)
            case _:
                return

    def dynamic_sizes(self, op: npu.ComputeOp) -> tuple[int, ...]:
        pairs = [
            pair
            for operand in op.operands
            for pair in zip(self.shape(operand), cast(Any, operand.type).get_shape(), strict=True)
        ]
        return tuple(size for size, extent in pairs if extent < 0)

    def subview(self, op: SubviewOp) -> View:
        source = self.views[op.source]
        lo, size = list(source.lo), list(source.size)
        for dim, offset, extent in zip(source.dims, offsets_of(op), sizes_of(op), strict=True):
            lo[dim] += self.number(offset)
            size[dim] = self.number(extent)
        return View(source.root, lo, size, [source.dims[d] for d in kept_dims(op)])

    def shape(self, value: SSAValue) -> list[int]:
        view = self.views[value]
        return [view.size[dim] for dim in view.dims]

    def dram(self, op: npu.DmaOp) -> Step:
        box, type_ = op.box, cast(MemRefType[Any], op.tensor_type)
        strides = [cast(int, s) * element_bytes(type_) for s in type_.get_strides() or ()]
        lo = map(self.number, box.offsets)
        offset = sum(first * stride for first, stride in zip(lo, strides, strict=True))
        walked = sorted(op.permuted)
        dims = tuple((max(0, self.number(box.sizes[d])), strides[d] * box.steps[d]) for d in walked)
        return list(self.kernel.body.block.args).index(cast(Any, op.tensor)), offset, dims

    def spad(self, value: SSAValue) -> Step:
        view = self.views[value]
        alloc = cast(npu.AllocOp, view.root.owner)
        assert alloc.offset is not None
        return alloc.offset.value.data, view.lo[0], tuple(view.lo[1:]), tuple(view.size[1:])


@dataclass
class GraphWalk:
    """Unrolls a kernel of the simulator's program."""

    kernel: Kernel
    ivs: dict[str, int] = field(default_factory=dict[str, int])

    def steps(self) -> Iterator[Step]:
        return self.nodes(self.kernel.body)

    def nodes(self, nodes: Sequence[Node]) -> Iterator[Step]:
        for node in nodes:
            yield from self.node(node)

    def node(self, node: Node) -> Iterator[Step]:
        match node:
            case Loop():
                for i in range(node.lower, node.upper, node.step):
                    self.ivs[node.iv] = i
                    yield from self.nodes(node.body)
            case Load() | Store():
                name = "load" if isinstance(node, Load) else "store"
                dims = tuple((self.value(dim.size), dim.stride_bytes) for dim in node.dims)
                access = node.writes if isinstance(node, Load) else node.reads
                yield name, node.tensor, self.value(node.offset), dims, self.access(access)
            case Preload():
                rows, cols = self.values((node.rows, node.cols))
                yield "preload", rows, cols, self.access(node.reads)
            case Matmul():
                yield (
                    "matmul",
                    self.value(node.rows),
                    self.access(node.reads),
                    self.access(node.writes),
                )
            case Vector():
                writes = tuple(map(self.access, node.writes))
                yield "vector", node.function, self.values(node.sizes), writes
            case _:
                return

    def value(self, expr: Expr) -> int:
        return evaluate(expr, self.ivs)

    def values(self, exprs: Sequence[Expr]) -> tuple[int, ...]:
        return tuple(self.value(expr) for expr in exprs)

    def access(self, access: Access) -> Step:
        (offset,) = [b.offset for b in self.kernel.buffers if b.name == access.buffer]
        return offset, self.value(access.slot), self.values(access.lo), self.values(access.size)


def timed(module: ModuleOp) -> Mapping[str, set[tuple[int, ...]]]:
    """Gives every case a cycle and returns the cases of each tile function."""
    functions = [op for op in module.walk() if isinstance(op, FunctionOp)]
    for function in functions:
        function.set_figures(dict.fromkeys(function.sizes, 1))
    return {function.sym_name.data: set(function.sizes) for function in functions}


def test_graphs_do_what_kernels_do() -> None:
    module = derived(EXAMPLES.read_text())
    cases = timed(module)
    kernels = [op for op in module.ops if isinstance(op, npu.KernelOp)]
    graphs = load_module(module).kernels
    assert [k.sym_name.data for k in kernels] == [g.name for g in graphs]
    for kernel, graph in zip(kernels, graphs, strict=True):
        expected = list(KernelWalk(kernel).steps())
        assert list(GraphWalk(graph).steps()) == expected
        called: dict[str, set[tuple[int, ...]]] = {}
        for step in expected:
            if step[0] == "vector":
                called.setdefault(step[1], set()).add(step[2])
        assert called == {name: cases[name] for name in called}


def test_addresses_are_those_of_the_memory_map() -> None:
    module = derived(EXAMPLES.read_text())
    timed(module)
    (main,) = [op for op in module.ops if op.name == "func.func"]
    tensors = dram_tensors(cast(Any, main))
    program = load_module(module)
    assert [(t.address, t.bytes) for t in program.tensors] == [
        (t.address, t.bytes) for t in tensors
    ]


KERNEL = """
npu.kernel @k(%x: memref<64xf32>) {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %X = npu.alloc {{offset = 0 : i64}} : memref<2x64xf32, "spad">
  scf.for %i = %c0 to %c4 step %c1 {{
    {body}
  }}
  npu.return
}}
"""
LOAD = """
    %d = memref.subview %X[0, 0] [1, 4] [1, {step}] : memref<2x64xf32, "spad"> to {spad}
    %t = npu.dma_load %x[{at}] sizes [4] to %d {rest} : memref<64xf32> to {spad}
"""


def load(at: str = "%i", step: int = 1, rest: str = "") -> str:
    spad = f'memref<4xf32, strided<[{step}]>, "spad">'
    return LOAD.format(at=at, step=step, spad=spad, rest=rest)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "%j = arith.muli %i, %i : index" + load(at="%j"),
            "R6: arith.muli has no place in a graph",
        ),
        (
            "%j = affine.min affine_map<(d0) -> (2, d0)>(%i)" + load(at="%j"),
            "R1: the address is a minimum",
        ),
        (
            "%j = affine.min affine_map<(d0) -> (2, d0)>(%i)\n"
            "%m = affine.apply affine_map<(d0) -> (d0 mod 2)>(%j)" + load(at="%m"),
            "R1: a remainder of a minimum has no form",
        ),
        (
            "scf.for %j = %c0 to %i step %c1 {\n}",
            "R2: a loop bound must be a constant",
        ),
        (
            (
                "%r = scf.for %j = %c0 to %c4 step %c1 iter_args(%v = %c0) -> (index) {\n"
                "scf.yield %v : index\n}"
            ),
            "R2: a loop must not carry values",
        ),
        (
            '%Y = npu.alloc : memref<2x64xf32, "spad">',
            "R3: the buffer has no scratchpad offset; run npu-place",
        ),
        (load(step=2), "R4: only the rows of a matmul are a view with steps"),
        (
            '%w = npu.preload %Z : memref<2x64xf32, "spad">'.replace("%Z", "%X"),
            "R5: a view must lie in exactly one slot",
        ),
        ("%q = arith.constant 1.0 : f32\n%e = math.exp %q : f32", "R6: math.exp has no place"),
        (
            (
                '%v = memref.subview %X[0, 0] [1, 64] [1, 1] : memref<2x64xf32, "spad"> to '
                'memref<64xf32, strided<[1]>, "spad">\n'
                'npu.compute @f outs(%v : memref<64xf32, strided<[1]>, "spad">) {\n'
                '^bb0(%y: memref<64xf32, strided<[1]>, "spad">):\n'
                "%z = arith.constant 1.0 : f32\n%w = math.exp %z : f32\n"
                "npu.yield\n}"
            ),
            "R7: expected linalg.generic, linalg.fill, npu.lookup and npu.ends",
        ),
    ],
)
def test_what_has_no_graph_is_refused(body: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        derived(KERNEL.format(body=body))
    text = str(caught.value)
    assert text.startswith("npu-derive-tog: kernel 'k': " + message)
    assert ", at: " in text


def test_main_with_other_operations_is_refused() -> None:
    text = """
    func.func @main(%x: memref<4xf32>, %y: memref<4xf32>) {
      "memref.copy"(%x, %y) : (memref<4xf32>, memref<4xf32>) -> ()
      func.return
    }"""
    with pytest.raises(UserError, match=r"npu-derive-tog: @main: R8: memref\.copy has no place"):
        derived(text)
