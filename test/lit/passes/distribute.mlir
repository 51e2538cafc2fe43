// RUN: npu-opt %s -p npu-distribute | filecheck %s
// RUN: npu-opt %s -p npu-distribute,npu-distribute | filecheck %s

// A perfect nest of two parallel loops becomes two dimensions; the size between them moves inwards,
// the load that all tiles share stays in front, and the reduction stays a loop.
// CHECK: npu.kernel @nest
// CHECK: npu.copy %bias[0] sizes [12] to %
// CHECK-NOT: scf.for
// CHECK: npu.parallel (%i, %j) = (0, 0) to (20, 12) step (8, 6) {
// CHECK-NEXT: %tm = affine.min affine_map<(d0) -> (8, ((d0 * -1) + 20))> (%i)
// CHECK: scf.for %k =
// CHECK: } {npu.iteration = "reduction"}
// CHECK-NEXT: }
// CHECK-NEXT: npu.return
npu.kernel @nest(%bias: memref<12xf32>, %x: memref<20x12xf32>) {
  %c0 = arith.constant 0 : index
  %c6 = arith.constant 6 : index
  %c8 = arith.constant 8 : index
  %c12 = arith.constant 12 : index
  %c20 = arith.constant 20 : index
  %B = npu.alloc : memref<1x12xf32, "spad">
  %X = npu.alloc : memref<1x8x6xf32, "spad">
  %b = memref.subview %B[0, 0] [1, 12] [1, 1] : memref<1x12xf32, "spad"> to memref<12xf32, strided<[1]>, "spad">
  npu.copy %bias[0] sizes [12] to %b : memref<12xf32> to memref<12xf32, strided<[1]>, "spad">
  scf.for %i = %c0 to %c20 step %c8 {
    %tm = affine.min affine_map<(d0) -> (8, 20 - d0)>(%i)
    scf.for %j = %c0 to %c12 step %c6 {
      scf.for %k = %c0 to %c12 step %c6 {
        %dst = memref.subview %X[0, 0, 0] [1, %tm, 6] [1, 1, 1] : memref<1x8x6xf32, "spad"> to memref<?x6xf32, strided<[6, 1]>, "spad">
        npu.copy %x[%i, %j] sizes [%tm, 6] to %dst : memref<20x12xf32> to memref<?x6xf32, strided<[6, 1]>, "spad">
      } {npu.iteration = "reduction"}
    } {npu.iteration = "parallel"}
  } {npu.iteration = "parallel"}
  npu.return
}

// A load between the loops ends the nest: only the outer one is distributed.
// CHECK: npu.kernel @imperfect
// CHECK: npu.parallel (%i) = (0) to (8) step (4) {
// CHECK: npu.copy
// CHECK: scf.for %j
npu.kernel @imperfect(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %X = npu.alloc : memref<1x4xf32, "spad">
  scf.for %i = %c0 to %c8 step %c4 {
    %dst = memref.subview %X[0, 0] [1, 4] [1, 1] : memref<1x4xf32, "spad"> to memref<4xf32, strided<[1]>, "spad">
    npu.copy %x[%i] sizes [4] to %dst : memref<8xf32> to memref<4xf32, strided<[1]>, "spad">
    scf.for %j = %c0 to %c8 step %c4 {
    } {npu.iteration = "parallel"}
  } {npu.iteration = "parallel"}
  npu.return
}

// Without a parallel loop all the work is one item, so that one core does it and not all of them.
// CHECK: npu.kernel @single
// CHECK: npu.alloc
// CHECK-NEXT: npu.parallel (%{{.*}}) = (0) to (1) step (1) {
// CHECK: npu.copy
// CHECK: npu.return
npu.kernel @single(%x: memref<8xf32>) {
  %X = npu.alloc : memref<1x8xf32, "spad">
  %dst = memref.subview %X[0, 0] [1, 8] [1, 1] : memref<1x8xf32, "spad"> to memref<8xf32, strided<[1]>, "spad">
  npu.copy %x[0] sizes [8] to %dst : memref<8xf32> to memref<8xf32, strided<[1]>, "spad">
  npu.return
}

// A store in front of the loop would be repeated by every core: one item again.
// CHECK: npu.kernel @store_first
// CHECK: npu.parallel (%{{.*}}) = (0) to (1) step (1) {
// CHECK: scf.for
npu.kernel @store_first(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %X = npu.alloc : memref<1x8xf32, "spad">
  %src = memref.subview %X[0, 0] [1, 8] [1, 1] : memref<1x8xf32, "spad"> to memref<8xf32, strided<[1]>, "spad">
  npu.copy %src to %x[0] sizes [8] : memref<8xf32, strided<[1]>, "spad"> to memref<8xf32>
  scf.for %i = %c0 to %c8 step %c4 {
  } {npu.iteration = "parallel"}
  npu.return
}
