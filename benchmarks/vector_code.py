"""Vector code by kind of tile function: elements a cycle against what a unit of the machine passes.

    python benchmarks/vector_code.py [MACHINE]

prints the tables of docs/timing-model-vector.md: one operation on a tile of 65,536 elements in the
scratchpad, timed alone. A unit passes p elements of f32 a cycle (datapath_bits / 32), and there are
several of each kind (`core_timing`): an operation with n instructions of a kind is bound by units x
p / n. An operation along rows is timed with rows of several lengths.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from npu.codegen.compile import compile_module
from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.runtime.compiler import make_context, parse
from npu.runtime.spike import Spike
from npu.runtime.tile_timing import TileOperand, TileTimer

ELEMENTS = 65_536
ROWS = (64, 512, 1024, 4096)
"""Lengths of rows."""

SQRT_HALF = "0.70710678"
FLAT = {
    "add": "%r = arith.addf %a, %c : f32",
    "relu": "%z = arith.constant 0.0 : f32\n%r = arith.maximumf %a, %z : f32",
    "sqrt": "%r = math.sqrt %a : f32",
    "exp": "%r = math.exp %a : f32",
    "tanh": "%r = math.tanh %a : f32",
    "erf": "%r = math.erf %a : f32",
    "sigmoid": "%n = arith.negf %a : f32\n%e = math.exp %n : f32\n%o = arith.constant 1.0 : f32\n"
    "%d = arith.addf %e, %o : f32\n%r = arith.divf %o, %d : f32",
    "gelu": f"%k = arith.constant {SQRT_HALF} : f32\n%h = arith.constant 0.5 : f32\n"
    "%o = arith.constant 1.0 : f32\n%s = arith.mulf %a, %k : f32\n%e = math.erf %s : f32\n"
    "%p = arith.addf %e, %o : f32\n%q = arith.mulf %a, %h : f32\n%r = arith.mulf %p, %q : f32",
    "log": "%r = math.log %a : f32",
    "sin": "%r = math.sin %a : f32",
}
"""Bodies of %a, an element of the input, and %c, that of the result."""

OF_A_ROW = {
    "less the row's number": "%r = arith.subf %a, %m : f32",
    "exp of that": "%s = arith.subf %a, %m : f32\n%r = math.exp %s : f32",
    "over the row's number": "%r = arith.divf %a, %m : f32",
}
"""Bodies that take %m, a number of the row, too."""

REDUCED = {
    "sum of a row": "%r = arith.addf %a, %c : f32",
    "sum of squares": "%q = arith.mulf %a, %a : f32\n%r = arith.addf %q, %c : f32",
    "maximum of a row": "%r = arith.maximumf %a, %c : f32",
}


@dataclass(frozen=True)
class Kind:
    """An operation on rows of `row` elements: x, perhaps a number of each row, the result."""

    name: str
    row: int
    body: str
    has_number: bool = False
    is_reduced: bool = False

    @property
    def operands(self) -> list[tuple[str, str, bool]]:
        """(name, name in the body, whether it is a number a row) of each operand."""
        number = [("numbers", "m", True)] if self.has_number else []
        return [("x", "a", False), *number, ("out", "c", self.is_reduced)]

    @property
    def rows(self) -> int:
        """How many there are."""
        return ELEMENTS // self.row


def kinds() -> Iterator[Kind]:
    """All that is timed."""
    for name, body in FLAT.items():
        yield Kind(name, ELEMENTS, body)
    for row in ROWS:
        for name, body in OF_A_ROW.items():
            yield Kind(name, row, body, has_number=True)
        for name, body in REDUCED.items():
            yield Kind(name, row, body, is_reduced=True)


def kernel(kind: Kind) -> str:
    """A kernel with the one tile function `f`, its operands one behind the other."""
    views: list[str] = []
    types: list[str] = []
    offset = 0
    for name, _, is_number in kind.operands:
        shape = (kind.rows,) if is_number else (kind.rows, kind.row)
        extents, rank = "x".join(map(str, shape)), len(shape)
        whole = f'memref<1x{extents}xf32, "spad">'
        strides = [1] if is_number else [kind.row, 1]
        types.append(f'memref<{extents}xf32, strided<{strides}>, "spad">')
        zeros, sizes = ", ".join("0" * (rank + 1)), ", ".join(map(str, (1, *shape)))
        ones = ", ".join("1" * (rank + 1))
        view = f"%s_{name}[{zeros}] [{sizes}] [{ones}]"
        views += [
            f"%s_{name} = npu.alloc {{offset = {offset} : i64}} : {whole}",
            f"%v_{name} = memref.subview {view} : {whole} to {types[-1]}",
        ]
        offset += -(-4 * prod(shape) // 64) * 64
    return "\n".join(
        [
            "npu.kernel @k(%argument: memref<1xf32>) {",
            *views,
            f"npu.compute @f {_groups('%v_', kind, types)} {{",
            f"^bb0({_typed('%', kind, types)}):",
            _generic(kind, types),
            "npu.yield",
            "}",
            "npu.return",
            "}",
        ]
    )


def _generic(kind: Kind, types: Sequence[str]) -> str:
    """The operation itself."""
    places = ["(d0)" if is_number else "(d0, d1)" for _, _, is_number in kind.operands]
    maps = ", ".join(f"affine_map<(d0, d1) -> {place}>" for place in places)
    iterators = '"parallel", ' + ('"reduction"' if kind.is_reduced else '"parallel"')
    scalars = ", ".join(f"%{name}: f32" for _, name, _ in kind.operands)
    return (
        f"linalg.generic {{indexing_maps = [{maps}], iterator_types = [{iterators}]}} "
        f"{_groups('%', kind, types)} {{\n^bb0({scalars}):\n{kind.body}\n"
        "linalg.yield %r : f32\n}"
    )


def _groups(prefix: str, kind: Kind, types: Sequence[str]) -> str:
    """``ins(...) outs(...)``."""
    names = [prefix + name for name, _, _ in kind.operands]
    ins, out = ", ".join(names[:-1]), names[-1]
    return f"ins({ins} : {', '.join(types[:-1])}) outs({out} : {types[-1]})"


def _typed(prefix: str, kind: Kind, types: Sequence[str]) -> str:
    """Operands with their types."""
    named = zip(kind.operands, types, strict=True)
    return ", ".join(f"{prefix}{operand[0]}: {type_}" for operand, type_ in named)


def cycles(kind: Kind, machine: Machine) -> int:
    """What the tile function takes."""
    image = compile_module(parse(make_context(), kernel(kind), "kernel"), machine)
    sizes = [kind.rows if is_number else ELEMENTS for _, _, is_number in kind.operands]
    with Spike(machine, dram_bytes=0) as spike:
        spike.load(image)
        timer = TileTimer(spike, image, machine, None)
        return timer.cycles("f", [TileOperand(4 * size) for size in sizes])


def main(arguments: Sequence[str]) -> int:
    """Prints the tables."""
    try:
        machine = load(arguments[0] if arguments else "tpuv3")
        passed = machine.datapath_bits // 32
        print(f"p = {passed:,} elements a cycle\n")
        print("| operation | row | cycles | elements a cycle | of p |")
        print("|---|---|---|---|---|")
        for kind in kinds():
            taken = cycles(kind, machine)
            rate = ELEMENTS / taken
            row = "-" if kind.row == ELEMENTS else f"{kind.row:,}"
            print(f"| {kind.name} | {row} | {taken:,} | {rate:,.0f} | {rate / passed:.0%} |")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
