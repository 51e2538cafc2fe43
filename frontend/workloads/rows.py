"""``layernorm_RxC`` and ``softmax_RxC``: work on rows, the softmax along dimension 1.

The layer normalisation has weight and bias, as PyTorch's module has. Both programs are what the
same model gives when imported (a test compares them).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from npu.frontend.imported import Argument, Imported
from npu.frontend.stage0.normalise import parse_stage0
from npu.frontend.workloads.random_values import random_values
from npu.frontend.workloads.reference import by_rows
from npu.runtime.expected import Expected

Wide = NDArray[np.float64]

STEPS = 16
"""Steps of arithmetic of a reference for each element, about."""

EPSILON = 1e-5
"""PyTorch's default for layer normalisation."""

MATRIX, ROW, COLUMN = "(d0, d1)", "(d0)", "(d1)"
"""Map results of an operand (rows, columns), (rows) and (columns)."""


class _Program:
    """Text of a program on rows, one ``linalg.generic`` at a time."""

    def __init__(self, torch_op: str, rows: int, columns: int) -> None:
        self.torch_op = torch_op
        self.shapes = {MATRIX: f"{rows}x{columns}", ROW: f"{rows}", COLUMN: f"{columns}"}
        self.lines: list[str] = []
        self.count = 0

    def fresh(self) -> str:
        """A new value's name."""
        self.count += 1
        return f"%v{self.count}"

    def type(self, index: str) -> str:
        """Type of a tensor indexed by ``index``."""
        return f"tensor<{self.shapes[index]}xf32>"

    def define(self, expression: str) -> str:
        """Add ``name = expression``; the name."""
        name = self.fresh()
        self.lines.append(f"    {name} = {expression}")
        return name

    def generic(
        self,
        loops: Sequence[str],
        ins: Sequence[tuple[str, str]],
        out: tuple[str, str],
        body: Sequence[str],
    ) -> str:
        """Add a generic of (value, index) operands; the body names ``%in0.., %out, %r``."""
        dims = ", ".join(f"d{i}" for i in range(len(loops)))
        maps = ", ".join(f"affine_map<({dims}) -> {index}>" for _, index in (*ins, out))
        kinds = ", ".join(f'"{loop}"' for loop in loops)
        names = ", ".join(value for value, _ in ins)
        types = ", ".join(self.type(index) for _, index in ins)
        arguments = ", ".join([*(f"%in{i}: f32" for i in range(len(ins))), "%out: f32"])
        head = (
            f"linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}} "
            f"ins({names} : {types}) outs({out[0]} : {self.type(out[1])}) "
            f'attrs =  {{npu.torch_op = "{self.torch_op}"}} {{'
        )
        name = self.define(head)
        self.lines += [f"    ^bb0({arguments}):", *(f"      {line}" for line in body)]
        self.lines += ["      linalg.yield %r : f32", f"    }} -> {self.type(out[1])}"]
        return name

    def elementwise(self, ins: Sequence[tuple[str, str]], index: str, *body: str) -> str:
        """Elementwise work whose result is indexed by ``index`` (the whole matrix or the rows)."""
        empty = self.define(f"tensor.empty() : {self.type(index)}")
        loops = ["parallel"] * (2 if index == MATRIX else 1)
        return self.generic(loops, ins, (empty, index), body)

    def reduce(self, value: str, initial: str, operation: str) -> str:
        """Reduce the columns of ``value`` to one number a row."""
        empty = self.define(f"tensor.empty() : {self.type(ROW)}")
        constant = self.define(f"arith.constant {initial} : f32")
        row = self.type(ROW)
        filled = self.define(f"linalg.fill ins({constant} : f32) outs({empty} : {row}) -> {row}")
        body = (f"%r = {operation} %in0, %out : f32",)
        return self.generic(["parallel", "reduction"], [(value, MATRIX)], (filled, ROW), body)

    def text(self, arguments: Sequence[tuple[str, str]], result: str) -> str:
        """The whole module, as xDSL prints it."""
        listed = ", ".join(f"{name}: {self.type(index)}" for name, index in arguments)
        matrix = self.type(MATRIX)
        head = ["builtin.module {", f"  func.func @main({listed}) -> {matrix} {{"]
        tail = [f"    func.return {result} : {matrix}", "  }", "}", ""]
        module = parse_stage0("\n".join([*head, *self.lines, *tail]))
        return f"{module!s}\n"


def softmax(rows: int, columns: int) -> tuple[Imported, Callable[[], Expected]]:
    """The program on random values, and its reference in float64."""
    p = _Program("aten.softmax", rows, columns)
    largest = p.reduce("%x", "0xff800000", "arith.maximumf")
    shifted = p.elementwise(
        [("%x", MATRIX), (largest, ROW)], MATRIX, "%r = arith.subf %in0, %in1 : f32"
    )
    powers = p.elementwise([(shifted, MATRIX)], MATRIX, "%r = math.exp %in0 : f32")
    total = p.reduce(powers, "0.000000e+00", "arith.addf")
    result = p.elementwise(
        [(powers, MATRIX), (total, ROW)], MATRIX, "%r = arith.divf %in0, %in1 : f32"
    )
    x = Argument("x", partial(random_values, 0, (rows, columns)), is_input=True)

    def of_rows(which: slice) -> Wide:
        wide = x.value[which].astype(np.float64)
        powers: Wide = np.exp(wide - wide.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    program = Imported(p.text([("%x", MATRIX)], result), (x,), ("float32",))
    return program, lambda: by_rows((rows, columns), STEPS * columns, of_rows)


def layernorm(rows: int, columns: int) -> tuple[Imported, Callable[[], Expected]]:
    """The program on random values, and its reference in float64."""
    p = _Program("aten.layer_norm", rows, columns)
    multiply = "%r = arith.mulf %in0, %in1 : f32"
    subtract = "%r = arith.subf %in0, %in1 : f32"
    share = f"%c = arith.constant {float(np.float32(1.0 / columns))!r} : f32"
    shares = p.elementwise([("%x", MATRIX)], MATRIX, share, "%r = arith.mulf %in0, %c : f32")
    about = p.reduce(shares, "0.000000e+00", "arith.addf")
    left = p.elementwise([("%x", MATRIX), (about, ROW)], MATRIX, subtract)
    rest = _mean(p, left, columns)
    centred = p.elementwise([(left, MATRIX), (rest, ROW)], MATRIX, subtract)
    squares = p.elementwise([(centred, MATRIX), (centred, MATRIX)], MATRIX, multiply)
    variance = _mean(p, squares, columns)
    epsilon = f"%c = arith.constant {float(np.float32(EPSILON))!r} : f32"
    safe = p.elementwise([(variance, ROW)], ROW, epsilon, "%r = arith.addf %in0, %c : f32")
    factor = p.elementwise([(safe, ROW)], ROW, "%r = math.rsqrt %in0 : f32")
    normal = p.elementwise([(centred, MATRIX), (factor, ROW)], MATRIX, multiply)
    scaled = p.elementwise([(normal, MATRIX), ("%weight", COLUMN)], MATRIX, multiply)
    add = "%r = arith.addf %in0, %in1 : f32"
    result = p.elementwise([(scaled, MATRIX), ("%bias", COLUMN)], MATRIX, add)
    weight = Argument("weight", partial(random_values, 0, (columns,)), is_input=False)
    bias = Argument("bias", partial(random_values, 1, (columns,)), is_input=False)
    x = Argument("x", partial(random_values, 2, (rows, columns)), is_input=True)

    def of_rows(which: slice) -> Wide:
        wide = x.value[which].astype(np.float64)
        centred = wide - wide.mean(axis=1, keepdims=True)
        variance = (centred * centred).mean(axis=1, keepdims=True)
        normal: Wide = centred / np.sqrt(variance + EPSILON)
        return normal * weight.value + bias.value

    signature = [("%weight", COLUMN), ("%bias", COLUMN), ("%x", MATRIX)]
    program = Imported(p.text(signature, result), (weight, bias, x), ("float32",))
    return program, lambda: by_rows((rows, columns), STEPS * columns, of_rows)


def _mean(p: _Program, value: str, columns: int) -> str:
    """The sum of each row divided by its length, in f32 as the imported model has it."""
    total = p.reduce(value, "0.000000e+00", "arith.addf")
    length = f"%c = arith.constant {float(columns)!r} : f32"
    return p.elementwise([(total, ROW)], ROW, length, "%r = arith.divf %in0, %c : f32")
