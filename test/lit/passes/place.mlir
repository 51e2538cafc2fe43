// RUN: npu-opt %s -p 'npu-place{machine=8x8}' | filecheck %s

// The largest first at 0; t and u, which only vector code touches and which never hold a value at the
// same time, share their bytes; v lives across both. Offsets are multiples of 64.
// CHECK: %in = npu.alloc {offset = 0 : i64} : memref<2x100xf32, "spad">
// CHECK-NEXT: %t = npu.alloc {offset = 832 : i64} : memref<1x90xf32, "spad">
// CHECK-NEXT: %u = npu.alloc {offset = 832 : i64} : memref<1x80xf32, "spad">
// CHECK-NEXT: %v = npu.alloc {offset = 1216 : i64} : memref<1x70xf32, "spad">
npu.kernel @share(%x: memref<100xf32>) {
  %in = npu.alloc : memref<2x100xf32, "spad">
  %t = npu.alloc : memref<1x90xf32, "spad">
  %u = npu.alloc : memref<1x80xf32, "spad">
  %v = npu.alloc : memref<1x70xf32, "spad">
  npu.parallel (%i) = (0) to (100) step (100) {
    %inv = memref.subview %in[0, 0] [1, 100] [1, 1] : memref<2x100xf32, "spad"> to memref<100xf32, strided<[1]>, "spad">
    %tv = memref.subview %t[0, 0] [1, 90] [1, 1] : memref<1x90xf32, "spad"> to memref<90xf32, strided<[1]>, "spad">
    %uv = memref.subview %u[0, 0] [1, 80] [1, 1] : memref<1x80xf32, "spad"> to memref<80xf32, strided<[1]>, "spad">
    %vv = memref.subview %v[0, 0] [1, 70] [1, 1] : memref<1x70xf32, "spad"> to memref<70xf32, strided<[1]>, "spad">
    %l = npu.dma_load %x[0] sizes [100] to %inv : memref<100xf32> to memref<100xf32, strided<[1]>, "spad">
    npu.compute @a ins(%inv : memref<100xf32, strided<[1]>, "spad">) outs(%tv, %vv : memref<90xf32, strided<[1]>, "spad">, memref<70xf32, strided<[1]>, "spad">) {
    ^bb0(%p: memref<100xf32, strided<[1]>, "spad">, %q: memref<90xf32, strided<[1]>, "spad">, %r: memref<70xf32, strided<[1]>, "spad">):
      npu.yield
    }
    npu.compute @b ins(%vv : memref<70xf32, strided<[1]>, "spad">) outs(%uv : memref<80xf32, strided<[1]>, "spad">) {
    ^bb0(%p: memref<70xf32, strided<[1]>, "spad">, %q: memref<80xf32, strided<[1]>, "spad">):
      npu.yield
    }
  }
  npu.return
}

// In one inner loop both are live for all of it: no sharing.
// CHECK: npu.kernel @loop
// CHECK: %t = npu.alloc {offset = 0 : i64}
// CHECK-NEXT: %u = npu.alloc {offset = 64 : i64}
npu.kernel @loop() {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %t = npu.alloc : memref<1x4xf32, "spad">
  %u = npu.alloc : memref<1x4xf32, "spad">
  npu.parallel (%i) = (0) to (4) step (4) {
    scf.for %j = %c0 to %c4 step %c4 {
      %tv = memref.subview %t[0, 0] [1, 4] [1, 1] : memref<1x4xf32, "spad"> to memref<4xf32, strided<[1]>, "spad">
      %uv = memref.subview %u[0, 0] [1, 4] [1, 1] : memref<1x4xf32, "spad"> to memref<4xf32, strided<[1]>, "spad">
      npu.compute @c outs(%tv : memref<4xf32, strided<[1]>, "spad">) {
      ^bb0(%p: memref<4xf32, strided<[1]>, "spad">):
        npu.yield
      }
      npu.compute @d outs(%uv : memref<4xf32, strided<[1]>, "spad">) {
      ^bb0(%p: memref<4xf32, strided<[1]>, "spad">):
        npu.yield
      }
    }
  }
  npu.return
}
