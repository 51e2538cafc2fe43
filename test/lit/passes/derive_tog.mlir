// RUN: npu-opt %s -p npu-derive-tog | filecheck %s --check-prefix=BOTH
// RUN: npu-opt %s -p npu-derive-tog,npu-derive-tog | filecheck %s --check-prefix=BOTH
// RUN: npu-opt %s -p 'npu-derive-tog{only=true}' | filecheck %s
// RUN: npu-opt %s -p 'npu-derive-tog{only=true serial=true}' | filecheck %s --check-prefix=SERIAL

// Kernels stay, the graphs stand behind them; deriving again replaces them.
// BOTH:     npu.kernel @gemm
// BOTH:     func.func @main
// BOTH:     builtin.module @tog attributes {tog.version = 2 : i64} {
// BOTH-NOT: builtin.module
// BOTH:     tog.graph @gemm
// BOTH:     tog.graph @add

// CHECK:      builtin.module attributes {tog.version = 2 : i64} {
// CHECK-NEXT:   tog.graph @gemm(%a: memref<516x244xf32>, %b: memref<224x244xf32>, %c: memref<516x224xf32>) {
npu.kernel @gemm(%a: memref<516x244xf32>, %b: memref<224x244xf32>, %c: memref<516x224xf32>) {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %c244 = arith.constant 244 : index
  %c256 = arith.constant 256 : index
  %c32 = arith.constant 32 : index
  // CHECK-NEXT: %A = tog.buffer at 0 : memref<2x256x128xf32, "spad">
  %A = npu.alloc {offset = 0 : i64} : memref<2x256x128xf32, "spad">
  %B = npu.alloc {offset = 262144 : i64} : memref<2x128x224xf32, "spad">
  %C = npu.alloc {offset = 524288 : i64} : memref<1x256x224xf32, "spad">
  // Sizes of both operands in ABI order: they come from the same tile, so that two cases occur.
  // CHECK:      tog.function @gemm_c0 cases [(4, 4), (256, 256)]
  // A load in front of the parallel loop: each core that has a work item does it once.
  // CHECK-NEXT: %w = tog.load %b at 0 walk [8 : 976, 4 : 4] to %B[0, 0][4, 8]
  %wdst = memref.subview %B[0, 0, 0] [1, 4, 8] [1, 1, 1] : memref<2x128x224xf32, "spad"> to memref<4x8xf32, strided<[224, 1]>, "spad">
  %w = npu.dma_load %b[0, 0] sizes [8, 4] to %wdst {permutation = array<i64: 1, 0>} : memref<224x244xf32> to memref<4x8xf32, strided<[224, 1]>, "spad">
  // CHECK-NEXT: tog.parallel (%i) = (0) to (516) step (256) {
  npu.parallel (%i) = (0) to (516) step (256) {
    %tm = affine.min affine_map<(d0) -> (256, 516 - d0)>(%i)
    %acc = memref.subview %C[0, 0, 0] [1, %tm, 224] [1, 1, 1] : memref<1x256x224xf32, "spad"> to memref<?x224xf32, strided<[224, 1]>, "spad">
    // CHECK-NEXT: tog.loop %k = 0 to 244 step 128 {
    scf.for %k = %c0 to %c244 step %c128 {
      %tk = affine.min affine_map<(d0) -> (128, 244 - d0)>(%k)
      %s = affine.apply affine_map<(d0, d1) -> ((d0 floordiv 256 * 2 + d1 floordiv 128) mod 2)>(%i, %k)
      %ad = memref.subview %A[%s, 0, 0] [1, %tm, %tk] [1, 1, 1] : memref<2x256x128xf32, "spad"> to memref<?x?xf32, strided<[128, 1], offset: ?>, "spad">
      // Pieces of the tile: those past the end of the partial tile are empty (sizes below 0 are 0).
      // CHECK-NEXT: tog.loop %q = 0 to 256 step 32 {
      scf.for %q = %c0 to %c256 step %c32 {
        %start = affine.min affine_map<(d0, d1) -> (d0, d1)>(%q, %tm)
        %piece = affine.min affine_map<(d0, d1) -> (32, d1 - d0)>(%start, %tm)
        %dp = memref.subview %ad[%q, 0] [%piece, %tk] [1, 1] : memref<?x?xf32, strided<[128, 1], offset: ?>, "spad"> to memref<?x?xf32, strided<[128, 1], offset: ?>, "spad">
        // CHECK-NEXT: %t = tog.load %a at %i * 976 + %k * 4 + %q * 976 walk [min(32, 516 - %i - %q) : 976, min(128, 244 - %k) : 4] to %A slot(%k floordiv 128)[%q, 0][min(32, 516 - %i - %q), min(128, 244 - %k)]
        %iq = affine.apply affine_map<(d0, d1) -> (d0 + d1)>(%i, %q)
        %t = npu.dma_load %a[%iq, %k] sizes [%piece, %tk] to %dp : memref<516x244xf32> to memref<?x?xf32, strided<[128, 1], offset: ?>, "spad">
        // CHECK-NEXT: tog.wait %t
        npu.wait %t
      }
      // CHECK:      tog.preload rows min(128, 244 - %k) cols 224 from %B slot(1)[0, 0][min(128, 244 - %k), 224]
      %bv = memref.subview %B[1, 0, 0] [1, %tk, 224] [1, 1, 1] : memref<2x128x224xf32, "spad"> to memref<?x224xf32, strided<[224, 1], offset: 28672>, "spad">
      %v = npu.preload %bv : memref<?x224xf32, strided<[224, 1], offset: 28672>, "spad">
      %p = arith.cmpi ne, %k, %c0 : index
      // CHECK-NEXT: tog.matmul rows min(256, 516 - %i) from %A slot(%k floordiv 128)[0, 0][min(256, 516 - %i), min(128, 244 - %k)] into %C[0, 0][min(256, 516 - %i), 224]
      npu.matmul %ad, %v into %acc accumulate(%p) : memref<?x?xf32, strided<[128, 1], offset: ?>, "spad">, memref<?x224xf32, strided<[224, 1]>, "spad">
    }
    // CHECK:      tog.vector @gemm_c0(min(256, 516 - %i), min(256, 516 - %i)) reads [%A[0, 0][min(256, 516 - %i), 1]] writes [%C[0, 0][min(256, 516 - %i), 224]]
    %row = memref.subview %A[0, 0, 0] [1, %tm, 1] [1, 1, 1] : memref<2x256x128xf32, "spad"> to memref<?xf32, strided<[128]>, "spad">
    npu.compute @gemm_c0 ins(%row : memref<?xf32, strided<[128]>, "spad">) outs(%acc : memref<?x224xf32, strided<[224, 1]>, "spad">) {
    ^bb0(%x: memref<?xf32, strided<[128]>, "spad">, %y: memref<?x224xf32, strided<[224, 1]>, "spad">):
      linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : memref<?xf32, strided<[128]>, "spad">) outs(%y : memref<?x224xf32, strided<[224, 1]>, "spad">) {
      ^bb1(%e: f32, %o: f32):
        linalg.yield %e : f32
      }
      npu.yield
    }
    // CHECK-NEXT: = tog.store %C[0, 0][min(256, 516 - %i), 224] to %c at %i * 896 walk [min(256, 516 - %i) : 896, 224 : 4]
    %t2 = npu.dma_store %acc to %c[%i, 0] sizes [%tm, 224] : memref<?x224xf32, strided<[224, 1]>, "spad"> to memref<516x224xf32>
  }
  npu.return
}

// Without a partial tile, sizes are numbers and the function has one case. An output whose elements
// the body uses is read too.
// CHECK: tog.graph @add(%x: memref<64xf32>, %y: memref<64xf32>) {
npu.kernel @add(%x: memref<64xf32>, %y: memref<64xf32>) {
  %X = npu.alloc {offset = 0 : i64} : memref<1x32xf32, "spad">
  // CHECK: tog.function @add_c0 cases [(32)]
  npu.parallel (%i) = (0) to (64) step (32) {
    %n = affine.min affine_map<(d0) -> (32, 64 - d0)>(%i)
    %d = memref.subview %X[0, 0] [1, %n] [1, 1] : memref<1x32xf32, "spad"> to memref<?xf32, strided<[1]>, "spad">
    // CHECK: %t = tog.load %x at %i * 4 walk [32 : 4] to %X[0][32]
    %t = npu.dma_load %x[%i] sizes [%n] to %d : memref<64xf32> to memref<?xf32, strided<[1]>, "spad">
    npu.wait %t
    // CHECK: tog.vector @add_c0(32) reads [%X[0][32]] writes [%X[0][32]]
    npu.compute @add_c0 outs(%d : memref<?xf32, strided<[1]>, "spad">) {
    ^bb0(%z: memref<?xf32, strided<[1]>, "spad">):
      linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%z : memref<?xf32, strided<[1]>, "spad">) {
      ^bb1(%o: f32):
        %sum = arith.addf %o, %o : f32
        linalg.yield %sum : f32
      }
      npu.yield
    }
    %u = npu.dma_store %d to %y[%i] sizes [%n] : memref<?xf32, strided<[1]>, "spad"> to memref<64xf32>
  }
  npu.return
}

// What may be outside of the tensor has bounds in the walk, and what is known to be inside has none.
// CHECK: tog.graph @halo
npu.kernel @halo(%x: memref<4x56x56xf32>) {
  %c0 = arith.constant 0 : index
  %H = npu.alloc {offset = 0 : i64} : memref<1x10x58xf32, "spad">
  npu.parallel (%n, %i) = (0, -1) to (4, 56) step (1, 8) {
    %h = affine.min affine_map<(d0) -> (10, 57 - d0)>(%i)
    %d = memref.subview %H[0, 0, 0] [1, %h, 58] [1, 1, 1] : memref<1x10x58xf32, "spad"> to memref<?x58xf32, strided<[58, 1]>, "spad">
    // CHECK: %t = tog.load %x at %n * 12544 + %i * 224 - 4 walk [min(10, 57 - %i) : 224 from %i of 56, 58 : 4 from -1 of 56] to %H[0, 0][min(10, 57 - %i), 58]
    %t = npu.dma_load %x[%n, %i, -1] sizes [1, %h, 58] to %d {permutation = array<i64: 1, 2>, fill = 0.0 : f32} : memref<4x56x56xf32> to memref<?x58xf32, strided<[58, 1]>, "spad">
    %e = memref.subview %H[0, 0, 0] [1, 8, 28] [1, 1, 1] : memref<1x10x58xf32, "spad"> to memref<8x28xf32, strided<[58, 1]>, "spad">
    // CHECK: %u = tog.load %x at %n * 12544 + %i * 224 + 216 walk [8 : 448 from %i of 56 by 2, 28 : -8] to %H[0, 0][8, 28] after (%t)
    %u = npu.dma_load %x[%n, %i, 54] sizes [1, 8, 28] steps [1, 2, -2] to %e {permutation = array<i64: 1, 2>, fill = 1.0 : f32} after(%t) : memref<4x56x56xf32> to memref<8x28xf32, strided<[58, 1]>, "spad">
    // CHECK: %s = tog.store %H[0, 0][8, 28] to %x at %n * 12544 + %i * 224 + 120 walk [8 : 224 from %i of 56, 28 : 4 from 30 of 56] after (%t, %u)
    %s = npu.dma_store %e to %x[%n, %i, 30] sizes [1, 8, 28] {permutation = array<i64: 1, 2>, bounds} after(%t, %u) : memref<8x28xf32, strided<[58, 1]>, "spad"> to memref<4x56x56xf32>
    %f = memref.subview %H[0, 0, 0] [1, 1, 28] [1, 1, 1] : memref<1x10x58xf32, "spad"> to memref<1x28xf32, strided<[58, 1]>, "spad">
    // CHECK: %v = tog.load %x at %n * 12544 + 12348 walk [1 : -672, 28 : 0] to %H[0, 0][1, 28]
    %v = npu.dma_load %x[%n, 55, 7] sizes [1, 1, 28] steps [1, -3, 0] to %f {permutation = array<i64: 1, 2>} : memref<4x56x56xf32> to memref<1x28xf32, strided<[58, 1]>, "spad">
  }
  npu.return
}

// Arguments first, then allocations, each at a multiple of 4096; changes of shape are aliases.
// CHECK:      tog.tensor @p at 0x100000000 bytes 256
// CHECK-NEXT: tog.tensor @q at 0x100001000 bytes 256
// CHECK-NEXT: tog.tensor @u at 0x100002000 bytes 256
// CHECK-NEXT: tog.tensor @v at 0x100003000 bytes 256
// CHECK-NEXT: %add_run = tog.launch @add(@p, @u)
// CHECK-NEXT: %add_run_1 = tog.launch @add(@q, @v) ops ["aten.add"] lines ["mlp.py:12"]
// CHECK-NEXT: %add_run_2 = tog.launch @add(@u, @v) after (%add_run, %add_run_1)
// CHECK-NEXT: %add_run_3 = tog.launch @add(@v, @u) after (%add_run_2)
// SERIAL:      %add_run_1 = tog.launch @add(@q, @v) after (%add_run) ops ["aten.add"] lines ["mlp.py:12"]
// SERIAL-NEXT: %add_run_2 = tog.launch @add(@u, @v) after (%add_run_1)
func.func @main(%p: memref<64xf32>, %q: memref<64xf32>) -> memref<64xf32> {
  %u = memref.alloc() : memref<8x8xf32>
  %v = memref.alloc() : memref<64xf32>
  %u1 = memref.collapse_shape %u [[0 : i64, 1 : i64]] : memref<8x8xf32> into memref<64xf32>
  npu.launch @add(%p, %u1) : (memref<64xf32>, memref<64xf32>)
  npu.launch @add(%q, %v) ops ["aten.add"] lines ["mlp.py:12"] : (memref<64xf32>, memref<64xf32>)
  npu.launch @add(%u1, %v) : (memref<64xf32>, memref<64xf32>)
  npu.launch @add(%v, %u1) : (memref<64xf32>, memref<64xf32>)
  func.return %v : memref<64xf32>
}
