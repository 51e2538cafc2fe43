"""``gemm_MxKxN``: one matrix product, C (M, N) = A (M, K) x B (K, N), all of one type."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from npu.frontend.imported import Argument, Imported
from npu.frontend.workloads.halves import TORCH_NAMES, products, rounding
from npu.frontend.workloads.random_values import random_halves
from npu.frontend.workloads.reference import by_rows
from npu.runtime.expected import Expected

GEMM = """\
builtin.module {{
  func.func @main(%a: tensor<{m}x{k}x{t}>, %b: tensor<{k}x{n}x{t}>) -> tensor<{m}x{n}x{t}> {{
    %0 = tensor.empty() : tensor<{m}x{n}xf32>
    %1 = arith.constant 0.000000e+00 : f32
    %2 = linalg.fill ins(%1 : f32) outs(%0 : tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>
    %3 = linalg.generic {{indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, \
affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], \
iterator_types = ["parallel", "parallel", "reduction"]}} \
ins(%a, %b : tensor<{m}x{k}x{t}>, tensor<{k}x{n}x{t}>) outs(%2 : tensor<{m}x{n}xf32>) \
attrs =  {{npu.torch_op = "aten.mm"}} {{
{body}\
    }} -> tensor<{m}x{n}xf32>
{end}\
    func.return {result} : tensor<{m}x{n}x{t}>
  }}
}}
"""


def gemm(m: int, k: int, n: int, element: str = "f32") -> tuple[Imported, Callable[[], Expected]]:
    """The program with random operands, and its reference: the product in float64."""
    a = Argument("a", partial(random_halves, 0, (m, k), element), True, type=TORCH_NAMES[element])
    b = Argument("b", partial(random_halves, 1, (k, n), element), True, type=TORCH_NAMES[element])
    end, result = rounding("%3", (m, n), element, 'npu.torch_op = "aten.mm"')
    text = GEMM.format(m=m, k=k, n=n, t=element, body=products(element), end=end, result=result)
    program = Imported(text, (a, b), (TORCH_NAMES[element],))

    def reference() -> Expected:
        wide = b.value.astype(np.float64)
        return by_rows((m, n), k * n, lambda rows: a.value[rows].astype(np.float64) @ wide)

    return program, reference


def gemm_workspace(_m: int, k: int, n: int) -> int:
    """Bytes of what the reference holds beside operands and product: B in f64."""
    return 8 * k * n
