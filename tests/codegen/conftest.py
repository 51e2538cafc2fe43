"""Kernels in final form, run on Spike: parsing, tile functions from short descriptions, execution.

A tile is described by a string such as ``"out 37x131 of 40x150 dynamic 0,1"``: whether it is
written, its shape, the shape of the scratchpad buffer whose corner it is (default: its own), the
dimensions whose size only run time tells, and (``"type i32"``) its elements if they are not f32.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.universe import Universe

from npu.codegen.compile import compile_module
from npu.codegen.image import DRAM_BASE, TENSOR_ALIGNMENT
from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.dialects.npu import KernelOp
from npu.passes.universe import DIALECTS
from npu.runtime.spike.spike import Spike

Array = NDArray[np.float32]
Special = Literal["polynomial", "instruction"]
SPAD = ', "spad"'


def parse_text(text: str) -> ModuleOp:
    """The module of `text`, verified."""
    context = Context()
    for name, factory in {**Universe.get_multiverse().all_dialects, **DIALECTS}.items():
        context.register_dialect(name, factory)
    module = Parser(context, text).parse_module()
    module.verify()
    return module


def machine_with(lanes: int = 128, vlen: int = 4096) -> Machine:
    """tpuv3 with another array size and VLEN."""
    return dataclasses.replace(load("tpuv3"), vpu_num_lanes=lanes, riscv_vlen_bits=vlen)


def run_kernel(
    text: str,
    arrays: Sequence[Array],
    machine: Machine,
    special: Special = "polynomial",
    cores: int = 1,
) -> list[Array]:
    """Runs the first kernel of `text` on all cores in turn; the arrays as they are afterwards."""
    module = parse_text(text)
    image = compile_module(module, machine, special_functions=special)
    kernel = next(op for op in module.ops if isinstance(op, KernelOp))
    addresses: list[int] = []
    at = DRAM_BASE
    for array in arrays:
        addresses.append(at)
        at += -(-array.nbytes // TENSOR_ALIGNMENT) * TENSOR_ALIGNMENT
    with Spike(machine) as spike:
        spike.load(image)
        for address, array in zip(addresses, arrays, strict=True):
            spike.write(address, array)
        for core in range(cores):
            spike.call(kernel.sym_name.data, [core, cores, *addresses])
        return [
            np.frombuffer(spike.read(address, array.nbytes), array.dtype).reshape(array.shape)
            for address, array in zip(addresses, arrays, strict=True)
        ]


@dataclasses.dataclass(frozen=True)
class Tile:
    """One operand of a tile function."""

    shape: tuple[int, ...]
    output: bool
    buffer: tuple[int, ...]
    dynamic: tuple[int, ...]
    element: str

    @classmethod
    def of(cls, description: str) -> "Tile":
        """Reads a description (see the module's docstring)."""
        direction, shape, *rest = description.split()
        options = dict(zip(rest[::2], rest[1::2], strict=True))
        sizes = _numbers(shape, "x")
        return cls(
            sizes,
            direction == "out",
            _numbers(options.get("of", shape), "x"),
            _numbers(options.get("dynamic", ""), ","),
            options.get("type", "f32"),
        )

    def spad_type(self) -> str:
        """The type of the view of the scratchpad buffer."""
        dims = "x".join("?" if d in self.dynamic else str(n) for d, n in enumerate(self.shape))
        strides = [math.prod(self.buffer[d + 1 :]) for d in range(len(self.buffer))]
        return f"memref<{dims}x{self.element}, strided<{strides}>{SPAD}>"


def _numbers(text: str, separator: str) -> tuple[int, ...]:
    return tuple(int(n) for n in text.split(separator)) if text else ()


def _whole(shape: Sequence[int], element: str, space: str = "") -> str:
    return f"memref<{'x'.join(map(str, shape))}x{element}{space}>"


def _group(keyword: str, names: Sequence[str], types: Sequence[str]) -> str:
    return f"{keyword}({', '.join(names)} : {', '.join(types)})" if names else ""


def tile_kernel(descriptions: Sequence[str], body: str) -> str:
    """A kernel `k` that loads every operand, runs the tile function `f`, stores the outputs.

    `body` calls the operands %0, %1, ... in the order of the descriptions, inputs first.
    """
    tiles = [Tile.of(d) for d in descriptions]
    arguments = ", ".join(
        f"%argument{i}: {_whole(t.shape, t.element)}" for i, t in enumerate(tiles)
    )
    # A loop of one iteration gives sizes that are not constants.
    lines = [
        f"npu.kernel @k({arguments}) {{",
        "%c0 = arith.constant 0 : index",
        "%c1 = arith.constant 1 : index",
        "scf.for %round = %c0 to %c1 step %c1 {",
    ]
    offset = 0
    for i, tile in enumerate(tiles):
        lines += _load(i, tile, offset)
        offset += -(-4 * math.prod(tile.buffer) // 64) * 64
    types = [t.spad_type() for t in tiles]
    ins = [i for i, t in enumerate(tiles) if not t.output]
    outs = [i for i, t in enumerate(tiles) if t.output]
    operands = [
        _group(keyword, [f"%view{i}" for i in which], [types[i] for i in which])
        for keyword, which in (("ins", ins), ("outs", outs))
    ]
    lines += [f"npu.compute @f {' '.join(operands)} {{"]
    lines += [f"^bb0({', '.join(f'%{i}: {types[i]}' for i in ins + outs)}):", body]
    lines += ["npu.yield", "}"]
    for i in outs:
        dram = _whole(tiles[i].shape, tiles[i].element)
        lines += [
            f"%store{i} = npu.dma_store %view{i} to {_box(i, tiles[i])} : {types[i]} to {dram}",
            f"npu.wait %store{i}",
        ]
    return "\n".join([*lines, "}", "npu.return", "}"])


def _load(number: int, tile: Tile, offset: int) -> list[str]:
    """The lines that place operand `number` and fill it."""
    i = number
    sizes = _sizes(i, tile)
    zeros, ones = (", ".join(c for _ in tile.shape) for c in "01")
    buffer = _whole((1, *tile.buffer), tile.element, SPAD)
    dram, spad = _whole(tile.shape, tile.element), tile.spad_type()
    view = f"%buffer{i}[0, {zeros}] [1, {', '.join(sizes)}] [1, {ones}]"
    return [
        *(
            f"%size{i}_{d} = affine.apply affine_map<(d0) -> (d0 + {tile.shape[d]})>(%round)"
            for d in tile.dynamic
        ),
        f"%buffer{i} = npu.alloc {{offset = {offset} : i64}} : {buffer}",
        f"%view{i} = memref.subview {view} : {buffer} to {spad}",
        f"%load{i} = npu.dma_load {_box(i, tile)} to %view{i} : {dram} to {spad}",
        f"npu.wait %load{i}",
    ]


def _sizes(number: int, tile: Tile) -> list[str]:
    """The size of each dimension, as text."""
    return [f"%size{number}_{d}" if d in tile.dynamic else str(n) for d, n in enumerate(tile.shape)]


def _box(number: int, tile: Tile) -> str:
    """All of operand `number` in DRAM."""
    zeros = ", ".join("0" for _ in tile.shape)
    return f"%argument{number}[{zeros}] sizes [{', '.join(_sizes(number, tile))}]"


def linalg_generic(
    descriptions: Sequence[str], operands: str, maps: str, iterators: str, arguments: str, body: str
) -> str:
    """A `linalg.generic` in a tile function.

    `operands` are numbers, ``"0 2 -> 1"``; `maps` one result list each, separated by ``;``;
    `iterators` a letter p or r a dimension; `arguments` the names of the body's arguments.
    """
    types = [Tile.of(d).spad_type() for d in descriptions]
    dims = ", ".join(f"d{i}" for i in range(len(iterators)))
    listed = ", ".join(f"affine_map<({dims}) -> ({m.strip()})>" for m in maps.split(";"))
    kinds = ", ".join('"parallel"' if c == "p" else '"reduction"' for c in iterators)
    ins, outs = ([int(n) for n in side.split()] for side in operands.split("->"))
    groups = [
        _group(keyword, [f"%{i}" for i in which], [types[i] for i in which])
        for keyword, which in (("ins", ins), ("outs", outs))
    ]
    header = f"linalg.generic {{indexing_maps = [{listed}], iterator_types = [{kinds}]}}"
    elements = [Tile.of(descriptions[i]).element for i in (*ins, *outs)]
    named = zip(arguments.split(), elements, strict=True)
    block = f"^bb0({', '.join(f'{a}: {element}' for a, element in named)}):"
    return f"{header} {' '.join(groups)} {{\n{block}\n{body}\n}}\n"


def linalg_fill(descriptions: Sequence[str], operand: int, value: str) -> str:
    """A constant %fN and the `linalg.fill` of operand N with it."""
    type_ = Tile.of(descriptions[operand]).spad_type()
    return (
        f"%f{operand} = arith.constant {value} : f32\n"
        f"linalg.fill ins(%f{operand} : f32) outs(%{operand} : {type_})\n"
    )


@pytest.fixture(scope="session")
def parse() -> Callable[[str], ModuleOp]:
    return parse_text


@pytest.fixture(scope="session")
def machine() -> Callable[..., Machine]:
    return machine_with


@pytest.fixture(scope="session")
def run() -> Callable[..., list[Array]]:
    return run_kernel


@pytest.fixture
def kernel() -> Callable[[Sequence[str], str], str]:
    return tile_kernel


@pytest.fixture
def generic() -> Callable[..., str]:
    return linalg_generic


@pytest.fixture
def fill() -> Callable[[Sequence[str], int, str], str]:
    return linalg_fill
