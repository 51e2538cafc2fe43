"""What npu-distribute to npu-place refuses, and in which words."""

from typing import Any

import pytest

from npu.configs.errors import UserError

PAD = 'memref<4xf32, strided<[1]>, "spad">'
DYNAMIC = 'memref<?xf32, strided<[1]>, "spad">'
VIEW = f'%v = memref.subview %b[0, 0] [1, 4] [1, 1] : memref<1x4xf32, "spad"> to {PAD}'
BUFFER = '%b = npu.alloc : memref<1x4xf32, "spad">'
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
    "size without a bound": (
        "npu-insert-dma",
        {},
        f"""%c0 = arith.constant 0 : index
        %n = affine.apply affine_map<(d0) -> (d0 + 4)>(%c0)
        {BUFFER}
        %w = memref.subview %b[0, 0] [1, %n] [1, 1] : memref<1x4xf32, "spad"> to {DYNAMIC}
        npu.copy %x[0] sizes [%n] to %w {{subtile = array<i64: 2>}} : memref<4xf32> to {DYNAMIC}""",
        "npu.copy moves a view whose size has no constant bound; expected a constant, an",
    ),
    "copies that are no transfers yet": (
        "npu-double-buffer",
        {"slots": 2},
        f"{BUFFER}\n{VIEW}\nnpu.copy %x[0] sizes [4] to %v : memref<4xf32> to {PAD}",
        "kernel 'k' has npu.copy; expected npu.dma_load and npu.dma_store; run npu-insert-dma",
    ),
    "buffer used whole": (
        "npu-double-buffer",
        {"slots": 2},
        """%b = npu.alloc : memref<1x4xf32, "spad">
        npu.parallel (%i) = (0) to (4) step (1) {
          %t = npu.dma_load %y[0, 0] sizes [1, 4] to %b : memref<1x4xf32> to memref<1x4xf32, "spad">
        }""",
        "is used otherwise than through a memref.subview of slot 0 with slot size 1",
    ),
    "no such machine": ("npu-place", {"machine": "tpu3"}, "", "did you mean 'tpuv3'?"),
}


@pytest.mark.parametrize("case", CASES)
def test_mistake(kernels: Any, case: str):
    name, options, body, expected = CASES[case]
    text = f"npu.kernel @k(%x: memref<4xf32>, %y: memref<1x4xf32>) {{\n{body}\nnpu.return\n}}"
    module = kernels.parse(text)
    with pytest.raises(UserError) as error:
        kernels.apply(module, name, **options)
    assert expected in str(error.value)
