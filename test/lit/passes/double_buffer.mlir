// RUN: npu-opt %s -p 'npu-double-buffer{machine=8x8}' | filecheck %s
// RUN: npu-opt %s -p 'npu-double-buffer{machine=8x8 slots=3}' | filecheck %s --check-prefix THREE
// RUN: npu-opt %s -p 'npu-double-buffer{machine=tpuv3_c2}' | filecheck %s --check-prefix CORES
// RUN: npu-opt %s -p 'npu-double-buffer{machine=8x8 slots=1}' | filecheck %s --check-prefix ONE

// A is refilled in each k, so it counts both loops; the accumulator and the output count i alone.
// Each buffer has as many slots as it asks for, the output three. Temporaries of vector code (t) stay
// single, and so does what is loaded once (s).
// CHECK: npu.kernel @mm
// CHECK: %A = npu.alloc : memref<2x8x4xf32, "spad">
// CHECK-NEXT: %W = npu.alloc : memref<2x4x8xf32, "spad">
// CHECK-NEXT: %acc = npu.alloc : memref<2x8x8xf32, "spad">
// CHECK-NEXT: %t = npu.alloc : memref<1x8x8xf32, "spad">
// CHECK-NEXT: %out = npu.alloc : memref<3x8x8xf32, "spad">
// CHECK-NEXT: %s = npu.alloc : memref<1x8xf32, "spad">
// CHECK: npu.parallel (%i) = (0) to (32) step (8) {
// CHECK-NEXT: affine.apply affine_map<(d0) -> (((d0 floordiv 8) mod 3))> (%i)
// CHECK-NEXT: %[[I:.*]] = affine.apply affine_map<(d0) -> (((d0 floordiv 8) mod 2))> (%i)
// CHECK-NEXT: %accv = memref.subview %acc[%[[I]], 0, 0] [1, 8, 8] [1, 1, 1] {{.*}} to memref<8x8xf32, strided<[8, 1], offset: ?>, "spad">
// CHECK: scf.for %k =
// CHECK-NEXT: %[[K:.*]] = affine.apply affine_map<(d0, d1) -> (((((d0 floordiv 8) * 3) + (d1 floordiv 4)) mod 2))> (%i, %k)
// CHECK: memref.subview %A[%[[K]], 0, 0]

// The waits moved down, each to the first operation that needs it.
// CHECK: %[[LA:.*]] = npu.dma_load %a[
// CHECK-NEXT: %wv = memref.subview %W[%[[K]], 0, 0]
// CHECK-NEXT: %[[LW:.*]] = npu.dma_load
// CHECK: npu.wait %[[LW]]
// CHECK-NEXT: npu.preload
// CHECK: npu.wait %[[LA]]
// CHECK-NEXT: npu.matmul
// CHECK: npu.compute @mm_c0
// CHECK-NEXT: ^bb0(%{{.*}}: memref<8x8xf32, strided<[8, 1], offset: ?>, "spad">, %{{.*}}: memref<8xf32, strided<[1]>, "spad">, %{{.*}}: memref<8x8xf32, strided<[8, 1]>, "spad">):

// THREE: %A = npu.alloc : memref<3x8x4xf32, "spad">
// THREE: affine_map<(d0) -> (((d0 floordiv 8) mod 3))>

// Items w, w + 2, w + 4, ... belong to one core: numbered w floordiv 2.
// CORES: affine_map<(d0) -> ((((d0 floordiv 8) floordiv 2) mod 2))>
// CORES: affine_map<(d0, d1) -> ((((((d0 floordiv 8) floordiv 2) * 3) + (d1 floordiv 4)) mod 2))>

// ONE-NOT: affine.apply
// ONE: npu.dma_load %w[
// ONE: npu.wait
// ONE-NEXT: npu.preload
npu.kernel @mm(%a: memref<32x12xf32>, %w: memref<12x8xf32>, %b: memref<8xf32>, %c: memref<32x8xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c12 = arith.constant 12 : index
  %A = npu.alloc {buffers = 2 : i64} : memref<1x8x4xf32, "spad">
  %W = npu.alloc {buffers = 2 : i64} : memref<1x4x8xf32, "spad">
  %acc = npu.alloc {buffers = 2 : i64} : memref<1x8x8xf32, "spad">
  %t = npu.alloc {buffers = 2 : i64} : memref<1x8x8xf32, "spad">
  %out = npu.alloc {buffers = 3 : i64} : memref<1x8x8xf32, "spad">
  %s = npu.alloc {buffers = 2 : i64} : memref<1x8xf32, "spad">
  %sv = memref.subview %s[0, 0] [1, 8] [1, 1] : memref<1x8xf32, "spad"> to memref<8xf32, strided<[1]>, "spad">
  %l0 = npu.dma_load %b[0] sizes [8] to %sv : memref<8xf32> to memref<8xf32, strided<[1]>, "spad">
  npu.wait %l0
  npu.parallel (%i) = (0) to (32) step (8) {
    %accv = memref.subview %acc[0, 0, 0] [1, 8, 8] [1, 1, 1] : memref<1x8x8xf32, "spad"> to memref<8x8xf32, strided<[8, 1]>, "spad">
    scf.for %k = %c0 to %c12 step %c4 {
      %av = memref.subview %A[0, 0, 0] [1, 8, 4] [1, 1, 1] : memref<1x8x4xf32, "spad"> to memref<8x4xf32, strided<[4, 1]>, "spad">
      %l1 = npu.dma_load %a[%i, %k] sizes [8, 4] to %av : memref<32x12xf32> to memref<8x4xf32, strided<[4, 1]>, "spad">
      npu.wait %l1
      %wv = memref.subview %W[0, 0, 0] [1, 4, 8] [1, 1, 1] : memref<1x4x8xf32, "spad"> to memref<4x8xf32, strided<[8, 1]>, "spad">
      %l2 = npu.dma_load %w[%k, 0] sizes [4, 8] to %wv : memref<12x8xf32> to memref<4x8xf32, strided<[8, 1]>, "spad">
      npu.wait %l2
      %p = npu.preload %wv : memref<4x8xf32, strided<[8, 1]>, "spad">
      %later = arith.cmpi ne, %k, %c0 : index
      npu.matmul %av, %p into %accv accumulate(%later) : memref<8x4xf32, strided<[4, 1]>, "spad">, memref<8x8xf32, strided<[8, 1]>, "spad">
    } {npu.iteration = "reduction"}
    %tv = memref.subview %t[0, 0, 0] [1, 8, 8] [1, 1, 1] : memref<1x8x8xf32, "spad"> to memref<8x8xf32, strided<[8, 1]>, "spad">
    npu.compute @mm_c0 ins(%accv, %sv : memref<8x8xf32, strided<[8, 1]>, "spad">, memref<8xf32, strided<[1]>, "spad">) outs(%tv : memref<8x8xf32, strided<[8, 1]>, "spad">) {
    ^bb0(%x: memref<8x8xf32, strided<[8, 1]>, "spad">, %y: memref<8xf32, strided<[1]>, "spad">, %z: memref<8x8xf32, strided<[8, 1]>, "spad">):
      npu.yield
    }
    %ov = memref.subview %out[0, 0, 0] [1, 8, 8] [1, 1, 1] : memref<1x8x8xf32, "spad"> to memref<8x8xf32, strided<[8, 1]>, "spad">
    npu.compute @mm_c1 ins(%tv : memref<8x8xf32, strided<[8, 1]>, "spad">) outs(%ov : memref<8x8xf32, strided<[8, 1]>, "spad">) {
    ^bb0(%x: memref<8x8xf32, strided<[8, 1]>, "spad">, %z: memref<8x8xf32, strided<[8, 1]>, "spad">):
      npu.yield
    }
    %l3 = npu.dma_store %ov to %c[%i, 0] sizes [8, 8] : memref<8x8xf32, strided<[8, 1]>, "spad"> to memref<32x8xf32>
  }
  npu.return
}
