"""Hand-written kernels in tiled form, and the executor as the judge of a pass."""

from collections.abc import Callable

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.universe import Universe

from npu.passes.universe import PASSES, UNIVERSE
from npu.runtime.reference import run_module


def parse(text: str) -> ModuleOp:
    """The module, verified."""
    context = Context()
    dialects = {**Universe.get_multiverse().all_dialects, **UNIVERSE.all_dialects}
    for name, factory in dialects.items():
        context.register_dialect(name, factory)
    module = Parser(context, text).parse_module()
    module.verify()
    return module


def apply(module: ModuleOp, name: str, **options) -> ModuleOp:
    """The module after one pass, verified, and read back from its own text."""
    copy = module.clone()
    PASSES[name]()(**options).apply(Context(), copy)
    copy.verify()
    return parse(str(copy))


def buffer_type(shape, space="") -> str:
    return f"memref<{'x'.join(map(str, shape))}xf32{space}>"


def copy(source: tuple[str, str], target: tuple[str, str], attribute: str = "") -> str:
    """A transfer between two views."""
    types = f"({source[1]}, {target[1]}) -> ()"
    return f'"memref.copy"({source[0]}, {target[0]}) {attribute} : {types}'


class Text:
    """Writes a kernel line by line; sizes are numbers or names of index values."""

    def __init__(self):
        self.lines: list[str] = []
        self.count = 0

    def add(self, line: str) -> None:
        self.lines.append(line)

    def name(self) -> str:
        self.count += 1
        return f"%v{self.count}"

    def constant(self, value: int) -> str:
        name = self.name()
        self.add(f"{name} = arith.constant {value} : index")
        return name

    def loop(self, extent: int, step: int, kind: str | None) -> tuple[str, str]:
        """Opens a loop; returns its variable and the text that closes it. One trip: no loop."""
        if extent <= step and kind is not None:
            return "0", ""
        low, high, by = self.constant(0), self.constant(extent), self.constant(step)
        iv = self.name()
        self.add(f"scf.for {iv} = {low} to {high} step {by} {{")
        return iv, "}" if kind is None else f'}} {{npu.iteration = "{kind}"}}'

    def tail(self, extent: int, step: int, iv: str) -> int | str:
        """Elements of the tile at `iv`."""
        if iv == "0":
            return min(extent, step)
        if extent % step == 0:
            return step
        name = self.name()
        self.add(f"{name} = affine.min affine_map<(d0) -> ({step}, {extent} - d0)>({iv})")
        return name

    def clipped(self, size: int | str, step: int, iv: str) -> int | str:
        """min(step, size - iv), 0 past the end."""
        if isinstance(size, int):
            return self.tail(size, step, iv)
        start, name = self.name(), self.name()
        self.add(f"{start} = affine.min affine_map<(d0, d1) -> (d0, d1)>({iv}, {size})")
        self.add(f"{name} = affine.min affine_map<(d0, d1) -> ({step}, d1 - d0)>({start}, {size})")
        return name

    def view(self, source, type_, strides, offsets, sizes, attribute="") -> tuple[str, str]:
        """A view, and its type; a slot dimension in front of a scratchpad buffer is dropped."""
        spad = "spad" in type_
        kept = sizes[1:] if spad and len(sizes) > len(strides) else sizes
        at = "" if all(o == "0" for o in offsets) else ", offset: ?"
        shape = "x".join("?" if isinstance(s, str) else str(s) for s in kept)
        space = ', "spad"' if spad else ""
        strided = ", ".join(map(str, strides))
        result = f"memref<{shape}xf32, strided<[{strided}]{at}>{space}>"
        name = self.name()
        self.add(
            f"{name} = memref.subview {source}[{', '.join(offsets)}] "
            f"[{', '.join(map(str, sizes))}] [{', '.join('1' for _ in sizes)}] "
            f"{attribute} : {type_} to {result}"
        )
        return name, result


def matmul(m, n, k, tile, subtile, array=4, transposed=False, buffers=2) -> str:
    """relu(a @ b + bias) in tiled form; `transposed`: b is n x k in DRAM."""
    tm, tn, tk = (min(t, e) for t, e in zip(tile, (m, n, k), strict=True))
    text = Text()
    b_shape = (n, k) if transposed else (k, n)
    types = {"a": buffer_type((m, k)), "b": buffer_type(b_shape), "bias": buffer_type((n,))}
    types |= {"c": buffer_type((m, n))}
    arguments = ", ".join(f"%{name}: {type_}" for name, type_ in types.items())
    mapping = f"tile = {[tm, tn, tk]}, subtile = {[tm, tn, tk]}, order = [0, 1, 2]"
    text.add(
        f'npu.kernel @mm({arguments}) attributes {{torch_ops = ["aten.addmm"], '
        f"mapping = #npu.mapping<{mapping}, buffers = {buffers}>}} {{"
    )
    shapes = {
        "A": (1, tm, tk),
        "B": (1, tk, tn),
        "acc": (1, tm, tn),
        "bs": (1, tn),
        "out": (1, tm, tn),
    }
    spads = {name: buffer_type(shape, ', "spad"') for name, shape in shapes.items()}
    for name, type_ in spads.items():
        text.add(f"%{name} = npu.alloc : {type_}")
    i, close_i = text.loop(m, tm, "parallel")
    size_m = text.tail(m, tm, i)
    j, close_j = text.loop(n, tn, "parallel")
    size_n = text.tail(n, tn, j)
    src = text.view("%bias", types["bias"], [1], [j], [size_n])
    bs = text.view("%bs", spads["bs"], [1], ["0", "0"], [1, size_n])
    text.add(copy(src, bs))
    acc = text.view("%acc", spads["acc"], [tn, 1], ["0"] * 3, [1, size_m, size_n])
    p, close_k = text.loop(k, tk, "reduction")
    size_k = text.tail(k, tk, p)
    pieces = "{{npu.subtile = array<i64: {}, {}>}}"
    src = text.view("%a", types["a"], [k, 1], [i, p], [size_m, size_k])
    rows = text.view("%A", spads["A"], [tk, 1], ["0"] * 3, [1, size_m, size_k])
    attribute = pieces.format(subtile[0], subtile[2])
    text.add(copy(src, rows, attribute))
    attribute = pieces.format(subtile[2], subtile[1])
    on_view = attribute if transposed else ""
    dst = text.view("%B", spads["B"], [tn, 1], ["0"] * 3, [1, size_k, size_n], on_view)
    if transposed:
        src = text.view("%b", types["b"], [k, 1], [j, p], [size_n, size_k])
        text.add(
            f"linalg.transpose ins({src[0]} : {src[1]}) outs({dst[0]} : {dst[1]}) "
            "permutation = [1, 0]"
        )
    else:
        src = text.view("%b", types["b"], [n, 1], [p, j], [size_k, size_n])
        text.add(copy(src, dst, attribute))
    nn, close_nn = text.loop(tn, array, None)
    part_n = text.clipped(size_n, array, nn)
    kk, close_kk = text.loop(tk, array, None)
    part_k = text.clipped(size_k, array, kk)
    w = text.view(dst[0], dst[1], [tn, 1], [kk, nn], [part_k, part_n])
    r = text.view(rows[0], rows[1], [tk, 1], ["0", kk], [size_m, part_k])
    o = text.view(acc[0], acc[1], [tn, 1], ["0", nn], [size_m, part_n])
    zero, later, inner, carry = text.constant(0), text.name(), text.name(), text.name()
    outer_iv = zero if p == "0" else p
    text.add(f"{later} = arith.cmpi ne, {outer_iv}, {zero} : index")
    text.add(f"{inner} = arith.cmpi ne, {kk}, {zero} : index")
    text.add(f"{carry} = arith.ori {later}, {inner} : i1")
    weights = text.name()
    text.add(f"{weights} = npu.preload {w[0]} : {w[1]}")
    text.add(f"npu.matmul {r[0]}, {weights} into {o[0]} accumulate({carry}) : {r[1]}, {o[1]}")
    text.lines += [close_kk, close_nn, close_k]
    out = text.view("%out", spads["out"], [tn, 1], ["0"] * 3, [1, size_m, size_n])
    text.add(
        f'npu.compute "mm_c0" ins({acc[0]}, {bs[0]} : {acc[1]}, {bs[1]}) outs({out[0]} : {out[1]}) {{\n'
        f"^bb0(%x: {acc[1]}, %y: {bs[1]}, %z: {out[1]}):\n"
        "linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, "
        'affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} '
        f"ins(%x, %y : {acc[1]}, {bs[1]}) outs(%z : {out[1]}) {{\n"
        "^bb1(%p: f32, %q: f32, %r: f32):\n%zero = arith.constant 0.0 : f32\n"
        "%s = arith.addf %p, %q : f32\n%t = arith.maximumf %s, %zero : f32\n"
        "linalg.yield %t : f32\n}\nnpu.yield\n}"
    )
    dst = text.view("%c", types["c"], [n, 1], [i, j], [size_m, size_n])
    attribute = pieces.format(subtile[0], subtile[1])
    text.add(copy(out, dst, attribute))
    text.lines += [close_j, close_i, "npu.return", "}"]
    inputs = ", ".join(f"%{name}: {types[name]}" for name in ("a", "b", "bias"))
    text.add(f"func.func @main({inputs}) -> {types['c']} {{")
    text.add(f"%c = memref.alloc() : {types['c']}")
    text.add(f"npu.launch @mm(%a, %b, %bias, %c) : ({', '.join(types.values())})")
    text.add(f"func.return %c : {types['c']}\n}}")
    return "\n".join(line for line in text.lines if line)


class Judge:
    """What the tests of this folder need."""

    parse = staticmethod(parse)
    apply = staticmethod(apply)
    matmul: Callable[..., str] = staticmethod(matmul)

    @staticmethod
    def matmul_inputs(m, n, k, transposed=False):
        random = np.random.default_rng(m * 10_000 + n * 100 + k)
        shapes = [(m, k), (n, k) if transposed else (k, n), (n,)]
        return [random.standard_normal(s, np.float32) for s in shapes]

    @staticmethod
    def expected(inputs, transposed=False):
        a, b, bias = inputs
        return np.maximum(a @ (b.T if transposed else b) + bias, 0)

    @staticmethod
    def run(module, inputs, cores=1):
        (result,) = run_module(module, inputs, cores=cores)
        return result


@pytest.fixture(scope="session")
def kernels() -> type[Judge]:
    return Judge
