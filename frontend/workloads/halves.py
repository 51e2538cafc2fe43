"""Products at stage 0 in f32, bf16 or f16: added up in f32, and rounded to the type once."""

from __future__ import annotations

TORCH_NAMES = {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}
"""The types of workloads as PyTorch calls them."""

_F32 = """\
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %4 = arith.mulf %in, %in_1 : f32
      %5 = arith.addf %out, %4 : f32
      linalg.yield %5 : f32
"""
_HALF = """\
    ^bb0(%in: {0}, %in_1: {0}, %out: f32):
      %4 = arith.extf %in : {0} to f32
      %5 = arith.extf %in_1 : {0} to f32
      %6 = arith.mulf %4, %5 : f32
      %7 = arith.addf %out, %6 : f32
      linalg.yield %7 : f32
"""
_ROUNDED = """\
    %rounded = tensor.empty() : {result}
    %r = linalg.generic {{indexing_maps = [affine_map<({loops}) -> ({loops})>, \
affine_map<({loops}) -> ({loops})>], iterator_types = [{kinds}]}} \
ins({value} : {wide}) outs(%rounded : {result}) attrs =  {{{op}}} {{
    ^bb0(%in_2: f32, %out_1: {element}):
      %8 = arith.truncf %in_2 : f32 to {element}
      linalg.yield %8 : {element}
    }} -> {result}
"""


def products(element: str) -> str:
    """The body of a contraction of two operands of a type."""
    return _F32 if element == "f32" else _HALF.format(element)


def rounding(value: str, shape: tuple[int, ...], element: str, op: str) -> tuple[str, str]:
    """What rounds `value`, an f32 tensor, to a type; and the name of the result."""
    if element == "f32":
        return "", value
    extents = "x".join(map(str, shape))
    return _ROUNDED.format(
        loops=", ".join(f"d{i}" for i in range(len(shape))),
        kinds=", ".join(['"parallel"'] * len(shape)),
        value=value,
        wide=f"tensor<{extents}xf32>",
        result=f"tensor<{extents}x{element}>",
        element=element,
        op=op,
    ), "%r"
