"""Cores with work items run what stands ahead of `npu.parallel` once, the others nothing."""

import numpy as np
import pytest

VIEW = 'memref<1xf32, strided<[1]>, "spad">'

COUNT = f"""
  %N = npu.alloc {{offset = 0 : i64}} : memref<1x1xf32, "spad">
  %v = memref.subview %N[0, 0] [1, 1] [1, 1] : memref<1x1xf32, "spad"> to {VIEW}
  %t = npu.dma_load %n[0] sizes [1] to %v : memref<1xf32> to {VIEW}
  npu.wait %t
  npu.compute @count outs(%v : {VIEW}) {{
  ^bb0(%o: {VIEW}):
    linalg.generic {{indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}}
        outs(%o : {VIEW}) {{
    ^bb1(%e: f32):
      %one = arith.constant 1.0 : f32
      %sum = arith.addf %e, %one : f32
      linalg.yield %sum : f32
    }}
    npu.yield
  }}
  %u = npu.dma_store %v to %n[0] sizes [1] : {VIEW} to memref<1xf32>
  npu.wait %u
"""
"""Adds 1 to %n, which counts the cores that come here."""

ITEMS = f"""
  npu.parallel (%i) = (0) to (3) step (1) {{
    %s = npu.dma_store %v to %y[%i] sizes [1] : {VIEW} to memref<4xf32>
    npu.wait %s
  }}
"""
"""Three work items that each note what their core has counted."""


def kernel_of(body):
    return f"npu.kernel @k(%n: memref<1xf32>, %y: memref<4xf32>) {{{body}  npu.return\n}}"


@pytest.mark.parametrize(
    ("cores", "counted", "noted"),
    [(1, 1, [1, 1, 1, 7]), (2, 2, [1, 2, 1, 7]), (3, 3, [1, 2, 3, 7]), (5, 3, [1, 2, 3, 7])],
)
def test_cores_with_items_run_the_shared_work_once(run, machine, cores, counted, noted):
    arrays = [np.zeros(1, np.float32), np.full(4, 7, np.float32)]
    n, y = run(kernel_of(COUNT + ITEMS), arrays, machine(lanes=8, vlen=256), cores=cores)
    assert n.tolist() == [counted]
    assert y.tolist() == noted


def test_a_kernel_without_parallel_loops_is_one_work_item(run, machine):
    arrays = [np.zeros(1, np.float32), np.full(4, 7, np.float32)]
    n, _ = run(kernel_of(COUNT), arrays, machine(lanes=8, vlen=256), cores=3)
    assert n.tolist() == [1]
