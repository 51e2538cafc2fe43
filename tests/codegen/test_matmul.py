"""Matrix products on the array: tails in every dimension, transposed loads, several cores."""

import numpy as np
import pytest

rng = np.random.default_rng(11)


def product_kernel(m, k, n, tile, *, transposed=False):
    """c = a b in tiles of (tm, tk, tn), all loads exact; b may be stored n x k."""
    tm, tk, tn = tile
    b_shape = f"{n}x{k}" if transposed else f"{k}x{n}"
    b_box = "%j, %k] sizes [%tn, %tk]" if transposed else "%k, %j] sizes [%tk, %tn]"
    permutation = "{permutation = array<i64: 1, 0>} " if transposed else ""
    b_offset = -(-tm * tk * 4 // 64) * 64
    c_offset = b_offset + -(-tk * tn * 4 // 64) * 64
    a_view = f'memref<?x?xf32, strided<[{tk}, 1]>, "spad">'
    b_view = f'memref<?x?xf32, strided<[{tn}, 1]>, "spad">'
    c_view = f'memref<?x?xf32, strided<[{tn}, 1]>, "spad">'
    a_buffer = f'memref<1x{tm}x{tk}xf32, "spad">'
    b_buffer = f'memref<1x{tk}x{tn}xf32, "spad">'
    c_buffer = f'memref<1x{tm}x{tn}xf32, "spad">'
    a_dram, b_dram, c_dram = (f"memref<{shape}xf32>" for shape in (f"{m}x{k}", b_shape, f"{m}x{n}"))
    return f"""
npu.kernel @mm(%a: {a_dram}, %b: {b_dram}, %c: {c_dram}) {{
  %c0 = arith.constant 0 : index
  %ck = arith.constant {k} : index
  %ctk = arith.constant {tk} : index
  %A = npu.alloc {{offset = 0 : i64}} : {a_buffer}
  %B = npu.alloc {{offset = {b_offset} : i64}} : {b_buffer}
  %C = npu.alloc {{offset = {c_offset} : i64}} : {c_buffer}
  npu.parallel (%i, %j) = (0, 0) to ({m}, {n}) step ({tm}, {tn}) {{
    %tm = affine.min affine_map<(d0) -> ({tm}, {m} - d0)>(%i)
    %tn = affine.min affine_map<(d0) -> ({tn}, {n} - d0)>(%j)
    %sc = memref.subview %C[0, 0, 0] [1, %tm, %tn] [1, 1, 1] : {c_buffer} to {c_view}
    scf.for %k = %c0 to %ck step %ctk {{
      %tk = affine.min affine_map<(d0) -> ({tk}, {k} - d0)>(%k)
      %sa = memref.subview %A[0, 0, 0] [1, %tm, %tk] [1, 1, 1] : {a_buffer} to {a_view}
      %sb = memref.subview %B[0, 0, 0] [1, %tk, %tn] [1, 1, 1] : {b_buffer} to {b_view}
      %t0 = npu.dma_load %a[%i, %k] sizes [%tm, %tk] to %sa : {a_dram} to {a_view}
      %t1 = npu.dma_load %b[{b_box} to %sb {permutation}: {b_dram} to {b_view}
      npu.wait %t0
      npu.wait %t1
      %w = npu.preload %sb : {b_view}
      %more = arith.cmpi ne, %k, %c0 : index
      npu.matmul %sa, %w into %sc accumulate(%more) : {a_view}, {c_view}
    }}
    %t2 = npu.dma_store %sc to %c[%i, %j] sizes [%tm, %tn] : {c_view} to {c_dram}
    npu.wait %t2
  }}
  npu.return
}}
"""


def check(run, machine, m, k, n, tile, *, transposed=False, lanes=128, vlen=4096, cores=1):
    a = rng.standard_normal((m, k), dtype=np.float32)
    b = rng.standard_normal((k, n), dtype=np.float32)
    text = product_kernel(m, k, n, tile, transposed=transposed)
    stored = np.ascontiguousarray(b.T) if transposed else b
    target = machine(lanes=lanes, vlen=vlen)
    _, _, got = run(text, [a, stored, np.full((m, n), 7, np.float32)], target, cores=cores)
    want = a.astype(np.float64) @ b.astype(np.float64)
    assert np.abs(got - want).max() < 1e-6 * k


@pytest.mark.parametrize("vlen", [256, 1024, 4096])
@pytest.mark.parametrize("lanes", [8, 32, 128, 256])
def test_every_array_and_vector_length(run, machine, lanes, vlen):
    # Tails in all dimensions: one row, one column and one inner element over.
    m, k, n = 2 * lanes + 1, lanes + 1, lanes + 1
    check(run, machine, m, k, n, (lanes + 3, lanes, lanes), lanes=lanes, vlen=vlen)


@pytest.mark.parametrize(
    ("m", "k", "n"), [(128, 63, 56), (129, 61, 56), (1, 384, 152), (7, 13, 5), (1, 1, 1)]
)
@pytest.mark.parametrize("transposed", [False, True])
def test_odd_shapes(run, machine, m, k, n, transposed):
    check(run, machine, m, k, n, (64, 128, 128), transposed=transposed)


def test_work_items_go_round_the_cores(run, machine):
    check(run, machine, 100, 40, 90, (32, 32, 32), lanes=32, vlen=1024, cores=3)
