"""What npu-distribute to npu-place refuses, and in which words."""

from typing import Any

import pytest

from npu.configs.errors import UserError

PAD = 'memref<4xf32, strided<[1]>, "spad">'
VIEW = f'%v = memref.subview %b[0, 0] [1, 4] [1, 1] : memref<1x4xf32, "spad"> to {PAD}'
BUFFER = '%b = npu.alloc : memref<1x4xf32, "spad">'
COPY = '"memref.copy"(%x, %v) {attribute} : (memref<4xf32>, ' + PAD + ") -> ()"

CASES = {
    "loop with a bound that is no constant": (
        "npu-distribute",
        {},
        """%c0 = arith.constant 0 : index
        %c4 = arith.constant 4 : index
        %n = arith.addi %c0, %c4 : index
        scf.for %i = %c0 to %n step %c4 { }""",
        "kernel 'k': an scf.for has a bound or step that is not an arith.constant",
    ),
    "subtile of another rank": (
        "npu-insert-dma",
        {},
        f"{BUFFER}\n{VIEW}\n{COPY.replace('{attribute}', '{npu.subtile = array<i64: 2, 2>}')}",
        "expected array<i64: ...> of 1 piece sizes, one per destination dimension",
    ),
    "subtile of nothing": (
        "npu-insert-dma",
        {},
        f"{BUFFER}\n{VIEW}\n{COPY.replace('{attribute}', '{npu.subtile = array<i64: 0>}')}",
        "npu.subtile = [0] on memref.copy; expected sizes of at least 1",
    ),
    "buffer used whole": (
        "npu-double-buffer",
        {"slots": 2},
        """%b = npu.alloc : memref<1x4xf32, "spad">
        npu.parallel (%i) = (0) to (4) step (1) {
          %v = memref.subview %x[0] [4] [1] : memref<4xf32> to memref<4xf32, strided<[1]>>
          %e = memref.expand_shape %v [[0, 1]] output_shape [1, 4]
            : memref<4xf32, strided<[1]>> into memref<1x4xf32, strided<[4, 1]>>
          %t = npu.dma_load %e to %b : memref<1x4xf32, strided<[4, 1]>> to memref<1x4xf32, "spad">
        }""",
        "is used otherwise than through a memref.subview of slot 0 with slot size 1",
    ),
    "no such machine": ("npu-place", {"machine": "tpu3"}, "", "did you mean 'tpuv3'?"),
}


@pytest.mark.parametrize("case", CASES)
def test_mistake(kernels: Any, case: str):
    name, options, body, expected = CASES[case]
    text = f"npu.kernel @k(%x: memref<4xf32>) {{\n{body}\nnpu.return\n}}"
    module = kernels.parse(text)
    with pytest.raises(UserError) as error:
        kernels.apply(module, name, **options)
    assert expected in str(error.value)
