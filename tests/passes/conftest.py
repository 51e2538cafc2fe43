"""Hand-written kernels in tiled form, and the executor as the judge of a pass."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.universe import Universe

from npu.passes.universe import PASSES, UNIVERSE
from npu.runtime.reference import Order, run_module

Array = np.ndarray[Any, np.dtype[Any]]
Size = int | str
View = tuple[str, str]
Box = tuple[list[str], list[Size]]


def parse(text: str) -> ModuleOp:
    """The module, verified."""
    context = Context()
    dialects = {**Universe.get_multiverse().all_dialects, **UNIVERSE.all_dialects}
    for name, factory in dialects.items():
        context.register_dialect(name, factory)
    module = Parser(context, text).parse_module()
    module.verify()
    return module


def apply(module: ModuleOp, name: str, **options: Any) -> ModuleOp:
    """The module after one pass, verified, and read back from its own text."""
    copy = module.clone()
    PASSES[name]()(**options).apply(Context(), copy)
    copy.verify()
    return parse(str(copy))


def buffer_type(*shape: int, space: str = "") -> str:
    """A memref of f32."""
    return f"memref<{'x'.join(map(str, shape))}xf32{space}>"


@dataclass
class Text:
    """Writes a kernel line by line; sizes are numbers or names of index values."""

    lines: list[str] = field(default_factory=list[str])
    count: int = 0

    def add(self, *lines: str) -> None:
        self.lines += lines

    def let(self, value: str) -> str:
        """A new name for a value."""
        self.count += 1
        self.add(f"%v{self.count} = {value}")
        return f"%v{self.count}"

    def constant(self, value: int) -> str:
        return self.let(f"arith.constant {value} : index")

    def loop(self, extent: int, step: int, kind: str | None) -> tuple[str, str]:
        """Opens a loop; returns its variable and the text that closes it. One trip: no loop."""
        if extent <= step and kind is not None:
            return "0", ""
        low, high, by = self.constant(0), self.constant(extent), self.constant(step)
        self.count += 1
        iv = f"%v{self.count}"
        self.add(f"scf.for {iv} = {low} to {high} step {by} {{")
        return iv, "}" if kind is None else f'}} {{npu.iteration = "{kind}"}}'

    def tail(self, extent: int, step: int, iv: str) -> Size:
        """Elements of the tile at `iv`."""
        if iv == "0":
            return min(extent, step)
        if extent % step == 0:
            return step
        return self.let(f"affine.min affine_map<(d0) -> ({step}, {extent} - d0)>({iv})")

    def clipped(self, size: Size, step: int, iv: str) -> Size:
        """min(step, size - iv), 0 past the end."""
        if isinstance(size, int):
            return self.tail(size, step, iv)
        start = self.let(f"affine.min affine_map<(d0, d1) -> (d0, d1)>({iv}, {size})")
        map_ = f"affine_map<(d0, d1) -> ({step}, d1 - d0)>"
        return self.let(f"affine.min {map_}({start}, {size})")

    def view(self, source: View, strides: list[int], offsets: list[str], sizes: list[Size]) -> View:
        """A scratchpad view, and its type; a slot dimension in front is dropped."""
        kept = sizes[1:] if len(sizes) > len(strides) else sizes
        at = "" if all(o == "0" for o in offsets) else ", offset: ?"
        shape = "x".join("?" if isinstance(s, str) else str(s) for s in kept)
        result = f'memref<{shape}xf32, strided<{strides}{at}>, "spad">'
        name = self.let(
            f"memref.subview {source[0]}[{', '.join(offsets)}] [{', '.join(map(str, sizes))}] "
            f"{[1] * len(sizes)} : {source[1]} to {result}"
        )
        return name, result

    def load(self, tensor: View, box: Box, target: View, attributes: str = "") -> None:
        """A transfer from a box of a tensor."""
        self.add(f"npu.copy {boxed(tensor, box)} to {target[0]} {attributes} : ")
        self.lines[-1] += f"{tensor[1]} to {target[1]}"

    def store(self, source: View, tensor: View, box: Box, attributes: str = "") -> None:
        """A transfer to a box of a tensor."""
        self.add(f"npu.copy {source[0]} to {boxed(tensor, box)} {attributes} : ")
        self.lines[-1] += f"{source[1]} to {tensor[1]}"


def boxed(tensor: View, box: Box) -> str:
    """A tensor with the offsets and sizes of a box of it."""
    offsets, sizes = (", ".join(map(str, entries)) for entries in box)
    return f"{tensor[0]}[{offsets}] sizes [{sizes}]"


def pieces(*subtile: int, order: str = "") -> str:
    """The attributes that give the pieces of a transfer, and the order of its dimensions."""
    permutation = f"permutation = array<i64: {order}>, " if order else ""
    return f"{{{permutation}subtile = array<i64: {', '.join(map(str, subtile))}>}}"


@dataclass(frozen=True)
class Matmul:
    """relu(a @ b + bias) in tiled form; `transposed`: b is n x k in DRAM."""

    m: int
    n: int
    k: int
    tile: tuple[int, int, int]
    subtile: tuple[int, int, int]
    transposed: bool = False
    array: int = 4
    buffers: int = 2

    @property
    def tiles(self) -> list[int]:
        return [min(t, e) for t, e in zip(self.tile, (self.m, self.n, self.k), strict=True)]

    @property
    def dram(self) -> dict[str, str]:
        b = (self.n, self.k) if self.transposed else (self.k, self.n)
        shapes = {"a": (self.m, self.k), "b": b, "bias": (self.n,), "c": (self.m, self.n)}
        return {name: buffer_type(*shape) for name, shape in shapes.items()}

    @property
    def spad(self) -> dict[str, View]:
        tm, tn, tk = self.tiles
        shapes = {"A": (tm, tk), "B": (tk, tn), "acc": (tm, tn), "bs": (tn,), "out": (tm, tn)}
        return {
            name: (f"%{name}", buffer_type(1, *shape, space=', "spad"'))
            for name, shape in shapes.items()
        }

    def text(self) -> str:
        """The whole module."""
        text, (tm, tn, _) = Text(), self.tiles
        self.open(text)
        i, close_i = text.loop(self.m, tm, "parallel")
        size_m = text.tail(self.m, tm, i)
        j, close_j = text.loop(self.n, tn, "parallel")
        size_n = text.tail(self.n, tn, j)
        bs = text.view(self.spad["bs"], [1], ["0", "0"], [1, size_n])
        text.load(("%bias", self.dram["bias"]), ([j], [size_n]), bs)
        acc = text.view(self.spad["acc"], [tn, 1], ["0"] * 3, [1, size_m, size_n])
        self.multiply(text, (i, j), (size_m, size_n), acc)
        out = text.view(self.spad["out"], [tn, 1], ["0"] * 3, [1, size_m, size_n])
        self.epilogue(text, acc, bs, out)
        box = ([i, j], [size_m, size_n])
        text.store(out, ("%c", self.dram["c"]), box, pieces(*self.subtile[:2]))
        text.add(close_j, close_i, "npu.return", "}")
        self.host(text)
        return "\n".join(line for line in text.lines if line)

    def open(self, text: Text) -> None:
        """The kernel's head and its buffers."""
        arguments = ", ".join(f"%{name}: {type_}" for name, type_ in self.dram.items())
        text.add(f"npu.kernel @mm({arguments}) {{")
        wanted = f"{{buffers = {self.buffers} : i64}}"
        text.add(*(f"{name} = npu.alloc {wanted} : {type_}" for name, type_ in self.spad.values()))

    def multiply(
        self, text: Text, at: tuple[str, str], sizes: tuple[Size, Size], acc: View
    ) -> None:
        """The loop over k: loads, then the arrays."""
        (i, j), (size_m, size_n), (_, tn, tk) = at, sizes, self.tiles
        sm, sn, sk = self.subtile
        p, close = text.loop(self.k, tk, "reduction")
        size_k = text.tail(self.k, tk, p)
        rows = text.view(self.spad["A"], [tk, 1], ["0"] * 3, [1, size_m, size_k])
        text.load(("%a", self.dram["a"]), ([i, p], [size_m, size_k]), rows, pieces(sm, sk))
        weights = text.view(self.spad["B"], [tn, 1], ["0"] * 3, [1, size_k, size_n])
        b = ("%b", self.dram["b"])
        if self.transposed:
            box, attributes = ([j, p], [size_n, size_k]), pieces(sk, sn, order="1, 0")
        else:
            box, attributes = ([p, j], [size_k, size_n]), pieces(sk, sn)
        text.load(b, box, weights, attributes)
        self.arrays(text, p, (rows, weights, acc), (size_m, size_n, size_k))
        text.add(close)

    def arrays(
        self, text: Text, p: str, views: tuple[View, View, View], sizes: tuple[Size, Size, Size]
    ) -> None:
        """Preloads and matmuls over one tile."""
        (rows, weights, acc), (size_m, size_n, size_k) = views, sizes
        _, tn, tk = self.tiles
        nn, close_nn = text.loop(tn, self.array, None)
        part_n = text.clipped(size_n, self.array, nn)
        kk, close_kk = text.loop(tk, self.array, None)
        part_k = text.clipped(size_k, self.array, kk)
        w = text.view(weights, [tn, 1], [kk, nn], [part_k, part_n])
        r = text.view(rows, [tk, 1], ["0", kk], [size_m, part_k])
        o = text.view(acc, [tn, 1], ["0", nn], [size_m, part_n])
        zero = text.constant(0)
        later = text.let(f"arith.cmpi ne, {zero if p == '0' else p}, {zero} : index")
        inner = text.let(f"arith.cmpi ne, {kk}, {zero} : index")
        carry = text.let(f"arith.ori {later}, {inner} : i1")
        held = text.let(f"npu.preload {w[0]} : {w[1]}")
        text.add(f"npu.matmul {r[0]}, {held} into {o[0]} accumulate({carry}) : {r[1]}, {o[1]}")
        text.add(close_kk, close_nn)

    def epilogue(self, text: Text, acc: View, bs: View, out: View) -> None:
        """out = relu(acc + bias)."""
        ins, outs = f"{acc[1]}, {bs[1]}", out[1]
        text.add(
            f"npu.compute @mm_c0 ins({acc[0]}, {bs[0]} : {ins}) outs({out[0]} : {outs}) {{",
            f"^bb0(%x: {acc[1]}, %y: {bs[1]}, %z: {outs}):",
            "linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>,",
            "affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],",
            'iterator_types = ["parallel", "parallel"]}',
            f"ins(%x, %y : {ins}) outs(%z : {outs}) {{",
            "^bb1(%p: f32, %q: f32, %r: f32):",
            "%zero = arith.constant 0.0 : f32",
            "%s = arith.addf %p, %q : f32",
            "%t = arith.maximumf %s, %zero : f32",
            "linalg.yield %t : f32",
            "}",
            "npu.yield",
            "}",
        )

    def host(self, text: Text) -> None:
        """The function that launches the kernel."""
        inputs = ", ".join(f"%{name}: {self.dram[name]}" for name in ("a", "b", "bias"))
        text.add(
            f"func.func @main({inputs}) -> {self.dram['c']} {{",
            f"%c = memref.alloc() : {self.dram['c']}",
            f"npu.launch @mm(%a, %b, %bias, %c) : ({', '.join(self.dram.values())})",
            f"func.return %c : {self.dram['c']}",
            "}",
        )

    def inputs(self) -> list[Array]:
        """Numbers that depend on nothing but the shape."""
        random = np.random.default_rng([self.m, self.n, self.k])
        b = (self.n, self.k) if self.transposed else (self.k, self.n)
        return [random.standard_normal(s, np.float32) for s in ((self.m, self.k), b, (self.n,))]

    def expected(self) -> Array:
        """What numpy makes of the inputs."""
        a, b, bias = self.inputs()
        return np.maximum(a @ (b.T if self.transposed else b) + bias, 0)


class Kernels:
    """What the tests of this folder share."""

    Matmul = Matmul
    parse = staticmethod(parse)
    apply = staticmethod(apply)

    @staticmethod
    def run(
        module: ModuleOp, inputs: list[Array], cores: int = 1, order: Order | None = None
    ) -> Array:
        """The one result of @main."""
        (result,) = run_module(module, inputs, cores=cores, order=order)
        return result


@pytest.fixture(scope="session")
def kernels() -> type[Kernels]:
    return Kernels
