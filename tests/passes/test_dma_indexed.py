"""Copies with indices in pieces: each piece has the indices of its rows."""

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.parser import Parser
from xdsl.universe import Universe

from npu.passes.dma.insert_dma import InsertDmaPass
from npu.passes.universe import UNIVERSE
from npu.runtime.reference import run_module

TYPE = 'memref<7x6xf32, strided<[6, 1]>, "spad">'
IDS = 'memref<7xi32, strided<[1]>, "spad">'

PROGRAM = f"""
npu.kernel @k(%x: memref<20x6xf32>, %i: memref<7xi32>, %y: memref<7x6xf32>, %z: memref<20x6xf32>) {{
  %I = npu.alloc : memref<1x7xi32, "spad">
  %X = npu.alloc : memref<1x7x6xf32, "spad">
  %n = memref.subview %I[0, 0] [1, 7] [1, 1] : memref<1x7xi32, "spad"> to {IDS}
  %v = memref.subview %X[0, 0, 0] [1, 7, 6] [1, 1, 1] : memref<1x7x6xf32, "spad"> to {TYPE}
  npu.copy %i[0] sizes [7] to %n : memref<7xi32> to {IDS}
  npu.copy %x[0, 0] sizes [7, 6] to %v {{subtile = array<i64: 3, 4>}}
    indices(0 by %n : {IDS}) : memref<20x6xf32> to {TYPE}
  npu.copy %v to %y[0, 0] sizes [7, 6] : {TYPE} to memref<7x6xf32>
  npu.copy %v to %z[0, 0] sizes [7, 6] {{subtile = array<i64: 2, 6>}}
    indices(0 by %n : {IDS}) : {TYPE} to memref<20x6xf32>
  npu.return
}}
func.func @main(%x: memref<20x6xf32>, %i: memref<7xi32>) -> (memref<7x6xf32>, memref<20x6xf32>) {{
  %y = memref.alloc() : memref<7x6xf32>
  %z = memref.alloc() : memref<20x6xf32>
  npu.launch @k(%x, %i, %y, %z)
    : (memref<20x6xf32>, memref<7xi32>, memref<7x6xf32>, memref<20x6xf32>)
  func.return %y, %z : memref<7x6xf32>, memref<20x6xf32>
}}
"""


@pytest.mark.parametrize("subtile", [True, False])
def test_pieces_have_the_indices_of_their_rows(subtile):
    context = Context()
    dialects = {**Universe.get_multiverse().all_dialects, **UNIVERSE.all_dialects}
    for name, make in dialects.items():
        context.register_dialect(name, make)
    module = Parser(context, PROGRAM).parse_module()
    InsertDmaPass(subtile=subtile).apply(context, module)
    module.verify()
    table = np.random.default_rng(0).standard_normal((20, 6)).astype(np.float32)
    indices = np.array([3, 19, 0, 3, 7, 7, 1], np.int32)
    gathered, scattered = run_module(module, [table, indices])
    np.testing.assert_array_equal(gathered, table[indices])
    np.testing.assert_array_equal(scattered[indices], table[indices])
    assert np.isnan(scattered[2]).all()
