"""The products of ResNet-50 (batch 1, 224 x 224) as one linalg program, for graphs of that size.

    python benchmarks/resnet50_products.py > resnet50.mlir
    npu run resnet50.mlir --config tpuv3 --no-functional --dump resnet50

Each convolution is the product of its im2col matrix (output pixels x input channels * k * k) with
its weights, so that the arrays do the network's 4.1 * 10^9 multiply-accumulates; the matrix is read
from DRAM, k * k times the input's traffic. Layers are those of He et al., CVPR 2016, table 1, with
the stride in the 3 x 3 convolution as in torchvision's model; pooling, normalisation, activations
and residual sums are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

Product = tuple[int, int, int]
"""Rows, depth, columns."""

STAGES = ((56, 64, 3), (28, 128, 4), (14, 256, 6), (7, 512, 3))
"""For each stage: output size, width of the bottleneck, blocks."""


def products() -> Iterator[Product]:
    """The products of all layers, in order."""
    yield 112 * 112, 3 * 7 * 7, 64
    channels, size_in = 64, 56
    for size, width, blocks in STAGES:
        for block in range(blocks):
            pixels_in, pixels = size_in**2, size**2
            yield pixels_in, channels, width
            yield pixels, width * 9, width
            yield pixels, width, 4 * width
            if block == 0:
                yield pixels, channels, 4 * width
            channels, size_in = 4 * width, size
    yield 1, channels, 1000


def mlir(shapes: list[Product]) -> str:
    """A function that returns each product of its arguments."""
    arguments = ", ".join(
        f"%a{i}: tensor<{m}x{k}xf32>, %b{i}: tensor<{k}x{n}xf32>"
        for i, (m, k, n) in enumerate(shapes)
    )
    types = ", ".join(f"tensor<{m}x{n}xf32>" for m, _, n in shapes)
    lines = ["module {", f"  func.func @main({arguments}) -> ({types}) {{"]
    lines.append("    %zero = arith.constant 0.0 : f32")
    for i, (m, k, n) in enumerate(shapes):
        both, out = f"tensor<{m}x{k}xf32>, tensor<{k}x{n}xf32>", f"tensor<{m}x{n}xf32>"
        lines += [
            f"    %e{i} = tensor.empty() : {out}",
            f"    %f{i} = linalg.fill ins(%zero : f32) outs(%e{i} : {out}) -> {out}",
            f"    %c{i} = linalg.matmul ins(%a{i}, %b{i} : {both}) outs(%f{i} : {out}) -> {out}",
        ]
    results = ", ".join(f"%c{i}" for i in range(len(shapes)))
    return "\n".join([*lines, f"    return {results} : {types}", "  }", "}"]) + "\n"


if __name__ == "__main__":
    print(mlir(list(products())), end="")
