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
    %src = memref.subview %x[%i, 0] [%tm, 12] [1, 1] : memref<20x12xf32> to memref<?x12xf32, strided<[12, 1], offset: ?>>

    // A load in pieces of 4 rows and 5 columns: a tail of rows ends in empty pieces, that of columns
    // is exact, and there is no wait.
    // CHECK: scf.for %[[R:.*]] = %{{.*}} to %{{.*}} step %{{.*}} {
    // CHECK-NEXT: %[[START:.*]] = affine.min affine_map<(d0, d1) -> (d0, d1)> (%[[R]], %tm)
    // CHECK-NEXT: %[[ROWS:.*]] = affine.min affine_map<(d0, d1) -> (4, (d1 + (d0 * -1)))> (%[[START]], %tm)
    // CHECK: scf.for %[[C:.*]] = %{{.*}} to %{{.*}} step %{{.*}} {
    // CHECK-NEXT: %[[COLS:.*]] = affine.min affine_map<(d0) -> (5, ((d0 * -1) + 12))> (%[[C]])
    // CHECK-NEXT: %[[S:.*]] = memref.subview %src[%[[R]], %[[C]]] [%[[ROWS]], %[[COLS]]] [1, 1]
    // CHECK-NEXT: %[[D:.*]] = memref.subview %dst[%[[R]], %[[C]]] [%[[ROWS]], %[[COLS]]] [1, 1]
    // CHECK-NEXT: npu.dma_load %[[S]] to %[[D]] : memref<?x?xf32
    // CHECK-NEXT: } {npu.iteration = "piece"}
    // CHECK-NEXT: } {npu.iteration = "piece"}
    // WHOLE: %[[T:.*]] = npu.dma_load %src to %dst
    // WHOLE-NEXT: npu.wait %[[T]]
    "memref.copy"(%src, %dst) {npu.subtile = array<i64: 4, 5>} : (memref<?x12xf32, strided<[12, 1], offset: ?>>, memref<?x12xf32, strided<[12, 1]>, "spad">) -> ()

    // A transposing load; the piece of destination rows walks source columns.
    // CHECK: %dst2 = memref.subview
    // CHECK: %[[S2:.*]] = memref.subview %src2[0, %[[R2:.*]]] [12, %[[ROWS2:.*]]] [1, 1]
    // CHECK-NEXT: %[[D2:.*]] = memref.subview %dst2[%[[R2]], 0] [%[[ROWS2]], 12] [1, 1]
    // CHECK-NEXT: npu.dma_load %[[S2]] to %[[D2]] {permutation = array<i64: 1, 0>}
    // WHOLE: npu.dma_load %src2 to %dst2 {permutation = array<i64: 1, 0>}
    // WHOLE-NEXT: npu.wait
    %dst2 = memref.subview %Y[0, 0, 0] [1, %tm, 12] [1, 1, 1] {npu.subtile = array<i64: 4, 12>} : memref<1x8x12xf32, "spad"> to memref<?x12xf32, strided<[12, 1]>, "spad">
    %src2 = memref.subview %y[0, %i] [12, %tm] [1, 1] : memref<12x20xf32> to memref<12x?xf32, strided<[20, 1], offset: ?>>
    linalg.transpose ins(%src2 : memref<12x?xf32, strided<[20, 1], offset: ?>>) outs(%dst2 : memref<?x12xf32, strided<[12, 1]>, "spad">) permutation = [1, 0]

    // A store, in one piece and without a wait.
    // CHECK: npu.dma_store %dst to %src
    // CHECK-NOT: npu.wait
    // CHECK: npu.return
    // WHOLE: npu.dma_store %dst to %src
    // WHOLE-NOT: npu.wait
    // WHOLE: npu.return
    "memref.copy"(%dst, %src) {npu.subtile = array<i64: 8, 12>} : (memref<?x12xf32, strided<[12, 1]>, "spad">, memref<?x12xf32, strided<[12, 1], offset: ?>>) -> ()
  }
  npu.return
}
