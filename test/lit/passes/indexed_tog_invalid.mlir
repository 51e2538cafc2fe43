// RUN: not npu-opt %s -p npu-derive-tog 2>&1 | filecheck %s

// CHECK: R9: indices are what one load brings from an argument of one dimension, one after the other: they are recorded there
npu.kernel @k(%table: memref<300x64xf32>) {
  %I = npu.alloc {offset = 0 : i64} : memref<1x4xi32, "spad">
  %X = npu.alloc {offset = 64 : i64} : memref<1x4x64xf32, "spad">
  npu.parallel (%p) = (0) to (1) step (1) {
    %i = memref.subview %I[0, 0] [1, 4] [1, 1] : memref<1x4xi32, "spad"> to memref<4xi32, strided<[1]>, "spad">
    %x = memref.subview %X[0, 0, 0] [1, 4, 64] [1, 1, 1] : memref<1x4x64xf32, "spad"> to memref<4x64xf32, strided<[64, 1]>, "spad">
    %t = npu.dma_load %table[0, 0] sizes [4, 64] to %x indices(0 by %i : memref<4xi32, strided<[1]>, "spad">) : memref<300x64xf32> to memref<4x64xf32, strided<[64, 1]>, "spad">
  }
  npu.return
}
