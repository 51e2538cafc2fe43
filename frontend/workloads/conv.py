"""``conv_BxHxWxICxOCxKxSxP``: one convolution of B images (IC, H, W) with OC kernels of K x K.

Stride S, padding P on all sides, no bias; tensors lie as PyTorch has them (NCHW and OIHW).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from npu.configs.errors import UserError
from npu.frontend.imported import Argument, Imported
from npu.frontend.stage0.normalise import parse_stage0
from npu.frontend.workloads.halves import TORCH_NAMES, products, rounding
from npu.frontend.workloads.random_values import random_halves
from npu.runtime.expected import Expected

TORCH_OP = 'npu.torch_op = "aten.conv2d"'
PAD = """\
    %padded = tensor.pad %x low[0, 0, {p}, {p}] high[0, 0, {p}, {p}] {{
    ^bb0(%i: index, %j: index, %k: index, %l: index):
      %p = arith.constant 0.000000e+00 : {element}
      tensor.yield %p : {element}
    }} {{{op}}} : {image} to {padded}
"""
FLAT = """\
    %flat = tensor.collapse_shape %weight [[0], [1, 2, 3]] : {kernel} into {flat}
"""
CONVOLUTION = """\
builtin.module {{
  func.func @main(%weight: {kernel}, %x: {image}) -> {rounded} {{
    %0 = tensor.empty() : {result}
    %1 = arith.constant 0.000000e+00 : f32
    %2 = linalg.fill {{{op}}} ins(%1 : f32) outs(%0 : {result}) -> {result}
{before}\
    %3 = linalg.generic {{indexing_maps = [affine_map<({loops}) -> {rows}>, \
affine_map<({loops}) -> {taps}>, affine_map<({loops}) -> (d0, d1, d2, d3)>], \
iterator_types = ["parallel", "parallel", "parallel", "parallel"{reductions}]}} \
ins({x}, {weight} : {padded}, {read}) outs(%2 : {result}) attrs =  {{{op}}} {{
{body}\
    }} -> {result}
{end}\
    func.return {returned} : {rounded}
  }}
}}
"""


@dataclass(frozen=True)
class _Sizes:
    """The numbers of the name."""

    images: int
    height: int
    width: int
    inputs: int
    outputs: int
    kernel: int
    stride: int
    padding: int
    element: str = "f32"

    @property
    def result(self) -> tuple[int, int, int, int]:
        """The shape of the result."""
        rows, columns = (
            (extent + 2 * self.padding - self.kernel) // self.stride + 1
            for extent in (self.height, self.width)
        )
        return self.images, self.outputs, rows, columns

    @property
    def padded(self) -> tuple[int, int, int, int]:
        """The shape of the padded images."""
        around = 2 * self.padding
        return self.images, self.inputs, self.height + around, self.width + around


def conv(*numbers: int, element: str = "f32") -> tuple[Imported, Callable[[], Expected]]:
    """The program with random operands, and its reference in float64.

    Raises:
        UserError: the kernel does not fit into the padded images.
    """
    sizes = _Sizes(*numbers, element)
    if min(sizes.padded[2:]) < sizes.kernel:
        raise UserError(
            f"a kernel of {sizes.kernel} x {sizes.kernel} does not fit into images that are "
            f"{sizes.padded[2]} x {sizes.padded[3]} with their padding; choose a smaller one"
        )
    kernel = (sizes.outputs, sizes.inputs, sizes.kernel, sizes.kernel)
    image = (sizes.images, sizes.inputs, sizes.height, sizes.width)
    name = TORCH_NAMES[element]
    weight = Argument("weight", partial(random_halves, 0, kernel, element), False, type=name)
    x = Argument("x", partial(random_halves, 1, image, element), True, type=name)
    program = Imported(_text(sizes, image, kernel), (weight, x), (name,))
    return program, lambda: _reference(sizes, x, weight)


def conv_workspace(*numbers: int) -> int:
    """Bytes of what the reference holds beside operands and result: the kernels in f64."""
    sizes = _Sizes(*numbers)
    return 8 * sizes.outputs * sizes.inputs * sizes.kernel**2


def _text(sizes: _Sizes, image: tuple[int, ...], kernel: tuple[int, ...]) -> str:
    """Stage 0, as the import of the same convolution gives it: a kernel of 1 has no loops."""
    has_window = sizes.kernel > 1
    element = sizes.element
    flat = _type(kernel[:2], element)
    step = "" if sizes.stride == 1 else f" * {sizes.stride}"
    window = (" + d5", " + d6") if has_window else ("", "")
    padded = _type(sizes.padded, element)
    kinds = {"image": _type(image, element), "kernel": _type(kernel, element), "padded": padded}
    names = {**kinds, "op": TORCH_OP}
    before = PAD.format(p=sizes.padding, element=element, **names) if sizes.padding else ""
    end, returned = rounding("%3", sizes.result, element, TORCH_OP)
    before += "" if has_window else FLAT.format(flat=flat, **names)
    text = CONVOLUTION.format(
        result=_type(sizes.result, "f32"),
        rounded=_type(sizes.result, element),
        body=products(element),
        end=end,
        returned=returned,
        before=before,
        loops=", ".join(f"d{i}" for i in range(7 if has_window else 5)),
        rows=f"(d0, d4, d2{step}{window[0]}, d3{step}{window[1]})",
        taps="(d1, d4, d5, d6)" if has_window else "(d1, d4)",
        reductions=', "reduction"' * (3 if has_window else 1),
        x="%padded" if sizes.padding else "%x",
        weight="%weight" if has_window else "%flat",
        read=names["kernel"] if has_window else flat,
        **names,
    )
    return f"{parse_stage0(text)!s}\n"


def _type(shape: tuple[int, ...], element: str) -> str:
    return f"tensor<{'x'.join(map(str, shape))}x{element}>"


def _reference(sizes: _Sizes, x: Argument, weight: Argument) -> Expected:
    """One image after the other: signals are heard in between."""
    kernels = weight.value.astype(np.float64)
    result = np.zeros(sizes.result, np.float64)
    around = (sizes.padding, sizes.padding)
    for number, image in enumerate(x.value):
        wide = np.pad(image.astype(np.float64), ((0, 0), around, around))
        for row in range(sizes.kernel):
            for column in range(sizes.kernel):
                taps = kernels[:, :, row, column]
                result[number] += np.tensordot(taps, _shifted(wide, sizes, row, column), 1)
    return Expected("numpy", None, [result])


def _shifted(
    wide: NDArray[np.float64], sizes: _Sizes, row: int, column: int
) -> NDArray[np.float64]:
    """The values (ic, oh, ow) that one place of the kernels meets."""
    _, _, rows, columns = sizes.result
    step = sizes.stride
    return wide[:, row::step, column::step][:, :rows, :columns]
