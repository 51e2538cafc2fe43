// RUN: npu-opt %s -p npu-insert-dma | filecheck %s
// RUN: npu-opt %s -p 'npu-insert-dma{subtile=false}' | filecheck %s --check-prefix WHOLE

npu.kernel @moves(%x: memref<20x12xf32>, %y: memref<12x20xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c20 = arith.constant 20 : index
  %X = npu.alloc : memref<1x8x12xf32, "spad">
  %Y = npu.alloc : memref<1x8x12xf32, "spad">
  npu.parallel (%i) = (0) to (20) step (8) {
    %tm = affine.min affine_map<(d0) -> (8, 20 - d0)>(%i)
    %dst = memref.subview %X[0, 0, 0] [1, %tm, 12] [1, 1, 1] : memref<1x8x12xf32, "spad"> to memref<?x12xf32, strided<[12, 1]>, "spad">

    // A load in pieces of 4 rows and 5 columns: a tail of rows ends in empty pieces, that of columns
    // is exact, and there is no wait.
    // CHECK: scf.for %[[R:.*]] = %{{.*}} to %{{.*}} step %{{.*}} {
    // CHECK-NEXT: %[[START:.*]] = affine.min affine_map<(d0, d1) -> (d0, d1)> (%[[R]], %tm)
    // CHECK-NEXT: %[[ROWS:.*]] = affine.min affine_map<(d0, d1) -> (4, (d1 + (d0 * -1)))> (%[[START]], %tm)
    // CHECK: scf.for %[[C:.*]] = %{{.*}} to %{{.*}} step %{{.*}} {
    // CHECK-NEXT: %[[COLS:.*]] = affine.min affine_map<(d0) -> (5, ((d0 * -1) + 12))> (%[[C]])
    // CHECK-NEXT: %[[AT:.*]] = affine.apply affine_map<(d0, d1) -> ((d0 + d1))> (%i, %[[R]])
    // CHECK-NEXT: %[[D:.*]] = memref.subview %dst[%[[R]], %[[C]]] [%[[ROWS]], %[[COLS]]] [1, 1]
    // CHECK-NEXT: npu.dma_load %x[%[[AT]], %[[C]]] sizes [%[[ROWS]], %[[COLS]]] to %[[D]] : memref<20x12xf32>
    // CHECK-NEXT: } {npu.iteration = "piece"}
    // CHECK-NEXT: } {npu.iteration = "piece"}
    // WHOLE: %[[T:.*]] = npu.dma_load %x[%i, 0] sizes [%tm, 12] to %dst
    // WHOLE-NEXT: npu.wait %[[T]]
    npu.copy %x[%i, 0] sizes [%tm, 12] to %dst {subtile = array<i64: 4, 5>} : memref<20x12xf32> to memref<?x12xf32, strided<[12, 1]>, "spad">

    // A transposing load; the piece of destination rows walks source columns.
    // CHECK: %dst2 = memref.subview
    // CHECK: %[[AT2:.*]] = affine.apply affine_map<(d0, d1) -> ((d0 + d1))> (%i, %[[R2:.*]])
    // CHECK-NEXT: %[[D2:.*]] = memref.subview %dst2[%[[R2]], 0] [%[[ROWS2:.*]], 12] [1, 1]
    // CHECK-NEXT: npu.dma_load %y[0, %[[AT2]]] sizes [12, %[[ROWS2]]] to %[[D2]] {permutation = array<i64: 1, 0>}
    // WHOLE: npu.dma_load %y[0, %i] sizes [12, %tm] to %dst2 {permutation = array<i64: 1, 0>}
    // WHOLE-NEXT: npu.wait
    %dst2 = memref.subview %Y[0, 0, 0] [1, %tm, 12] [1, 1, 1] : memref<1x8x12xf32, "spad"> to memref<?x12xf32, strided<[12, 1]>, "spad">
    npu.copy %y[0, %i] sizes [12, %tm] to %dst2 {permutation = array<i64: 1, 0>, subtile = array<i64: 4, 12>} : memref<12x20xf32> to memref<?x12xf32, strided<[12, 1]>, "spad">

    // A store, in one piece and without a wait.
    // CHECK: npu.dma_store %dst to %x[%i, 0] sizes [%tm, 12]
    // CHECK-NOT: npu.wait
    // CHECK: npu.return
    // WHOLE: npu.dma_store %dst to %x[%i, 0] sizes [%tm, 12]
    // WHOLE-NOT: npu.wait
    // WHOLE: npu.return
    npu.copy %dst to %x[%i, 0] sizes [%tm, 12] {subtile = array<i64: 8, 12>} : memref<?x12xf32, strided<[12, 1]>, "spad"> to memref<20x12xf32>
  }
  npu.return
}
