"""``gemm_MxKxN``: one matrix product, C (M, N) = A (M, K) x B (K, N)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from npu.frontend.imported import Argument, Imported
from npu.frontend.workloads.random_values import random_values
from npu.frontend.workloads.reference import by_rows
from npu.runtime.expected import Expected

GEMM = """\
builtin.module {{
  func.func @main(%a: tensor<{m}x{k}xf32>, %b: tensor<{k}x{n}xf32>) -> tensor<{m}x{n}xf32> {{
    %0 = tensor.empty() : tensor<{m}x{n}xf32>
    %1 = arith.constant 0.000000e+00 : f32
    %2 = linalg.fill ins(%1 : f32) outs(%0 : tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>
    %3 = linalg.generic {{indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, \
affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], \
iterator_types = ["parallel", "parallel", "reduction"]}} \
ins(%a, %b : tensor<{m}x{k}xf32>, tensor<{k}x{n}xf32>) outs(%2 : tensor<{m}x{n}xf32>) \
attrs =  {{npu.torch_op = "aten.mm"}} {{
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %4 = arith.mulf %in, %in_1 : f32
      %5 = arith.addf %out, %4 : f32
      linalg.yield %5 : f32
    }} -> tensor<{m}x{n}xf32>
    func.return %3 : tensor<{m}x{n}xf32>
  }}
}}
"""


def gemm(m: int, k: int, n: int) -> tuple[Imported, Callable[[], Expected]]:
    """The program with random operands, and its reference: the product in float64."""
    a = Argument("a", partial(random_values, 0, (m, k)), is_input=True)
    b = Argument("b", partial(random_values, 1, (k, n)), is_input=True)
    program = Imported(GEMM.format(m=m, k=k, n=n), (a, b), ("float32",))

    def reference() -> Expected:
        wide = b.value.astype(np.float64)
        return by_rows((m, n), k * n, lambda rows: a.value[rows].astype(np.float64) @ wide)

    return program, reference


def gemm_workspace(_m: int, k: int, n: int) -> int:
    """Bytes of what the reference holds beside operands and product: B in f64."""
    return 8 * k * n
